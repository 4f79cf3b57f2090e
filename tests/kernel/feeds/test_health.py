"""How a feed does, in words a person reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.feeds.conftest import NOW, items, make_feed, simulate

from moothall.kernel import packs, registry
from moothall.kernel.feeds import duty, health, http, runner
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.feeds.fetching import UnableToFetch
from moothall.kernel.feeds.health import FeedState
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.replay import Recordings
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.feeds.schedule import Standing
from moothall.kernel.registry import Arrival
from moothall.values.requests import Request

LONDON = "Europe/London"


@pytest.fixture
def known(source, monkeypatch, settings, tmp_path):
    """A city whose pack switches one made-up feed on."""
    (tmp_path / "city.toml").write_text(
        'name = "X"\ntime_zone = "Europe/London"\n'
        "box = { west = -1.8, south = 53.6, east = -1.2, north = 53.9 }\n"
    )
    (tmp_path / "made_up.toml").write_text("[feeds.heights]\nx = 1\n[feeds.later]\n")
    pack = packs.Pack(folder=tmp_path)
    monkeypatch.setattr(packs, "current", lambda: pack)
    feeds = (make_feed(source.url), make_feed(source.url, name="made_up.off"))
    monkeypatch.setattr(registry.house, "_feeds", {feed.name: feed for feed in feeds})
    return feeds[0]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-01-05T08:05", "no data since 08:05"),
        ("2026-01-04T23:00", "no data since 23:00 on 4 January"),
        ("2025-12-31T23:00", "no data since 23:00 on 31 December 2025"),
        ("2025-07-01T23:30", "no data since 00:30 on 2 July 2025"),
    ],
)
def test_it_says_since_when_there_is_no_data_by_the_citys_clock(at, words):
    assert health.since(datetime.fromisoformat(f"{at}+00:00"), NOW, LONDON) == words


def test_in_the_hour_that_comes_twice_it_says_which():
    now = datetime(2026, 10, 25, 12, tzinfo=UTC)

    said = [
        health.since(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), now, LONDON)
        for hour in (0, 1, 2)
    ]

    assert said == [
        "no data since 01:30 BST",
        "no data since 01:30 GMT",
        "no data since 02:30",
    ]


def test_a_feed_is_told_from_its_first_run_to_its_silence(known, source, house, around, clock):
    def state():
        found = health.get_feed(known.name, clock())
        return found.state, found.words

    def run(status=200, body=b""):
        source.says(body, status=status)
        runner.run(known, params={}, around=around, clock=clock)
        clock.now += timedelta(seconds=1)

    assert state() == (FeedState.WAITING, "not run yet")
    run(404)
    assert state() == (FeedState.FAILING, "no data yet")
    run(200, items(0.5))
    assert state() == (FeedState.WORKING, "working")
    clock.now += timedelta(minutes=30)
    run(404)
    assert state() == (FeedState.FAILING, "no data since 09:30")
    clock.now += timedelta(minutes=90)
    assert state() == (FeedState.STALE, "no data since 09:30")
    for _ in range(4):
        run(404)
    assert state() == (FeedState.PAUSED, "no data since 09:30")
    found = health.get_feed(known.name, clock())
    assert found.lag > timedelta(hours=2)
    assert found.failures == 5
    assert found.next_run_at > clock()


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    "case",
    [
        ((403, b""), Fault.REFUSED),
        ((404, b""), Fault.REFUSED),
        ((501, b""), Fault.BUSY),
        ((200, b"<html><body>Sign in"), Fault.UNREADABLE),
        ((200, b"[]"), Fault.BROKEN),
    ],
)
def test_a_word_says_what_went_wrong(known, source, around, clock, case):
    (status, body), fault = case
    source.says(body, status=status)
    runner.run(known, params={}, around=around, clock=clock)
    assert health.get_feed(known.name, clock()).last.fault is fault
    source.says(items(0.5))
    clock.now += timedelta(minutes=5)
    runner.run(known, params={}, around=around, clock=clock)
    assert health.get_feed(known.name, clock()).last.fault is None


def test_a_source_that_does_not_answer_is_told_from_a_key_that_is_not_set(known, house, clock):
    class Away:
        def fetch(self, request, **_):
            raise UnableToFetch("nobody there")

        def further(self, feed, *, asked):
            return ()

    def fault(fetcher):
        clock.now += timedelta(hours=1)
        around = Surroundings(fetcher=fetcher, city=City())
        return runner.run(known, params={}, around=around, clock=clock).fault

    assert fault(Away()) is Fault.UNREACHABLE
    assert fault(Recordings(())) is Fault.UNRECORDED
    keyed = replace(known, requests=lambda params: [Request(url="https://a.example/{env:NO_KEY}")])
    around = Surroundings(fetcher=http.Client(environment={}), city=City())
    clock.now += timedelta(hours=1)
    assert runner.run(keyed, params={}, around=around, clock=clock).fault is Fault.BROKEN


def test_a_stand_in_is_never_called_data(known, source, house, around, clock):
    feed = replace(known, simulate=simulate)
    source.says(b"", status=404)
    runner.run(feed, params={}, around=replace(around, may_simulate=True), clock=clock)

    found = health.get_feed(known.name, clock())
    assert found.state is FeedState.SIMULATED
    assert found.words.startswith("simulated")
    assert found.lag is None
    assert found.last_data_at is None


def test_only_feeds_that_are_on_are_listed(known, house, clock):
    assert [one.name for one in health.list_feeds(clock())] == [known.name]
    assert health.get_feed("made_up.off", clock()).state is FeedState.OFF
    with pytest.raises(KeyError):
        health.get_feed("no.such", clock())


def test_what_moves_by_the_minute_is_run_before_what_moves_by_the_month(around):
    slow = make_feed("", name="made_up.slow", every=timedelta(days=30))
    fast = make_feed("", name="made_up.fast", every=timedelta(minutes=1))
    waits = make_feed("", name="made_up.waits", every=timedelta(0), arrives=Arrival.PUSH)
    everything = Duty(feeds=(slow, waits, fast), around=around)

    due = everything.list_due({}, NOW)
    assert [feed.name for feed in due] == ["made_up.fast", "made_up.slow"]
    later = {"made_up.fast": Standing(feed="made_up.fast", next_run_at=NOW + timedelta(hours=1))}
    assert [feed.name for feed in everything.list_due(later, NOW)] == ["made_up.slow"]


def test_a_feed_that_waits_is_run_for_its_stand_in_until_it_has_spoken(around):
    waits = make_feed("", arrives=Arrival.PUSH, simulate=simulate)
    demo = Duty(feeds=(waits,), around=replace(around, may_simulate=True))

    assert demo.list_due({}, NOW) == (waits,)
    spoken = {waits.name: Standing(feed=waits.name, last_data_at=NOW)}
    assert demo.list_due(spoken, NOW) == ()


def test_sources_never_reached_are_named():
    feeds = tuple(make_feed("", name=f"made_up.{name}") for name in ("new", "silent", "well"))
    standings = {
        "made_up.silent": Standing(feed="made_up.silent", last_run_at=NOW),
        "made_up.well": Standing(feed="made_up.well", last_run_at=NOW, last_data_at=NOW),
    }

    assert duty.list_unreachable(standings, feeds) == ("made_up.silent",)
