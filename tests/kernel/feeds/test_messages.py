"""Messages: durable before they are acknowledged, and one bad one never holds up the rest."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.kernel.feeds.conftest import BOX, items, make_feed, parse

from moothall.kernel.feeds import health, messages, mqtt, raw, rebuild
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.messages import Message, Taker
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.observations.lake import Lake, UnableToAppend
from moothall.kernel.registry import Arrival
from moothall.values.observations import Batch

FEED = make_feed("", arrives=Arrival.MQTT)
KEY = "made_up.aire.height_m"


class Listening(Duty):
    def params(self, feed):
        return {}


def duty(feed=FEED):
    return Listening(feeds=(feed,), around=Surroundings(fetcher=None, city=City(box=BOX)))


def message(body, topic="weir/1"):
    return Message(feed=FEED.name, topic=topic, body=body)


def test_many_messages_are_one_batch_with_its_raw_bytes(house, clock):
    assert Taker(duty=duty(), clock=clock).take([message(items(0.5)), message(items(0.6))])

    [run] = health.list_runs(FEED.name)
    assert (run.observations + run.duplicates, run.issues) == (2, 0)
    found = house.find_latest(KEY)
    assert messages.unpack(raw.open_raw(found.raw)) == (
        ("weir/1", items(0.5)),
        ("weir/1", items(0.6)),
    )


def test_a_minutes_batches_are_one_run_that_grows(house, clock):
    taker = Taker(duty=duty(), clock=clock)
    taker.take([message(items(0.5))])
    clock.now += timedelta(seconds=10)
    taker.take([message(items(0.1, 0.2)), message(b"bad")])
    clock.now += timedelta(minutes=1)
    taker.take([message(items(0.1, 0.2, 0.3))])

    runs = health.list_runs(FEED.name)
    assert [run.issues for run in runs] == [0, 1]
    assert len(health.list_raw(FEED.name)) == 3


def test_a_message_that_cannot_be_read_is_an_issue_and_the_others_are_kept(house, clock):
    Taker(duty=duty(), clock=clock).take([message(b"\xff<html>", "weir/2"), message(items(0.5))])

    assert house.find_latest(KEY).observation.result == 0.5
    [issue] = health.list_issues(FEED.name)
    assert (issue.where, "<html>" in issue.item) == ("weir/2", True)


def test_a_message_that_breaks_our_code_is_left_out_alone(house, clock):
    def poison(payload, params):
        batch = parse(payload, params)
        if batch.observations[0].result == 13:
            return Batch(records=(object(),))
        return batch

    taker = Taker(duty=duty(make_feed("", arrives=Arrival.MQTT, parse=poison)), clock=clock)
    batch = [message(items(n, thing=f"t{n}")) for n in (1, 2, 13, 4, 5)]

    assert taker.take(batch)
    assert len(house.list_latest(feed=FEED.name)) == 4
    assert [issue.mender for issue in health.list_issues(FEED.name)] == ["us"]


def test_what_cannot_be_kept_now_is_not_acknowledged(house, clock, monkeypatch):
    def full(*args, **more):
        raise UnableToAppend("disk full")

    monkeypatch.setattr(type(house), "append", full)

    assert not Taker(duty=duty(), clock=clock).take([message(items(0.5))])


def test_a_topic_nobody_reads_is_let_go(house, clock):
    assert Taker(duty=duty(), clock=clock).take([Message(feed="", topic="x", body=b"y")])
    assert health.list_runs(FEED.name) == ()


def test_a_pack_says_which_feed_reads_which_topics():
    section = {"topic": [{"filter": "weir/+", "feed": "a.b"}]}
    assert mqtt.read_subscriptions(section) == (mqtt.Subscription(filter="weir/+", feed="a.b"),)
    with pytest.raises(ValueError, match="topic 2"):
        mqtt.read_subscriptions({"topic": [section["topic"][0], {"filter": "x"}]})


def test_a_lake_is_rebuilt_from_the_raw_bytes_of_messages_too(house, clock, tmp_path):
    Taker(duty=duty(), clock=clock).take([message(items(0.5, 0.6)), message(b"bad")])
    again = Lake(database_url=f"sqlite:///{tmp_path / 'again.sqlite3'}", store=str(tmp_path / "a"))

    assert again.rebuild(rebuild.deliveries(duty())) == 1
    assert again.find_latest(KEY).observation == house.find_latest(KEY).observation
    assert again.find_latest(KEY).raw == house.find_latest(KEY).raw


@pytest.fixture
def broker(mosquitto, tmp_path):
    """A Mosquitto of this test's own, so that its limits are the ones we ask for."""
    sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
    import mqtt_durable

    port = mqtt_durable.free_port()
    running = mqtt_durable.start_broker(tmp_path, port)
    yield port
    running.kill()
    running.wait()


@pytest.mark.mosquitto
def test_killing_the_consumer_again_and_again_loses_and_doubles_nothing(broker, tmp_path):
    import mqtt_durable

    how_many, home = 6000, tmp_path / "home"
    home.mkdir()
    report = home / "kept"
    environment = {
        name: value for name, value in os.environ.items() if name not in {"REPLAY", "MOOTHALL_HOME"}
    }

    def start():
        return subprocess.Popen(
            [sys.executable, mqtt_durable.__file__, "consume", home, str(broker), report],
            env=environment,
        )

    running = start()
    until = time.monotonic() + 60
    while not report.is_file() and time.monotonic() < until:
        time.sleep(0.05)
    publisher = subprocess.Popen(
        [sys.executable, mqtt_durable.__file__, "publish", str(broker), "0", str(how_many)]
    )
    kills = 0
    while publisher.poll() is None or kills < 2:
        # Each time it has kept something since it began, it is killed in the middle of the next.
        before = report.read_text()
        until = time.monotonic() + 20
        while report.read_text() == before and time.monotonic() < until:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait()
        kills += 1
        running = start()
        if kills == 4:
            break
    publisher.wait(60)
    until = time.monotonic() + 90
    while mqtt_durable.count_lake(home)[1] < how_many and time.monotonic() < until:
        time.sleep(0.5)
    quiet, seen = time.monotonic(), ""
    while time.monotonic() - quiet < 5:
        if report.read_text() != seen:
            seen, quiet = report.read_text(), time.monotonic()
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()

    rows, distinct = mqtt_durable.count_lake(home)
    assert (rows, distinct) == (how_many, how_many)
    assert kills >= 2
