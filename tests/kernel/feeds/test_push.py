"""Payloads pushed with a key."""

import pytest
from tests.kernel.feeds.conftest import BOX, NOW, items, make_feed

from moothall.kernel.feeds import push
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.identity.models import Attempts
from moothall.kernel.observations.lake import UnableToAppend
from moothall.kernel.registry import Arrival

pytestmark = pytest.mark.django_db

FEED = make_feed("", arrives=Arrival.PUSH, max_bytes=5000)
PULLED = make_feed("", name="made_up.pulled")


class Pushed(Duty):
    def params(self, feed):
        return {}


@pytest.fixture
def send(house, clock):
    duty = Pushed(feeds=(FEED, PULLED), around=Surroundings(fetcher=None, city=City(box=BOX)))
    key = push.make_key(FEED.name, label="the weir", now=NOW)

    def sending(body, *, key=key, feed=FEED.name, sender="192.0.2.1"):
        return push.receive(
            feed,
            body,
            key=key,
            sender=sender,
            media_type="application/json",
            duty=duty,
            clock=clock,
        )

    return sending


def test_a_payload_is_taken_in_and_told_what_became_of_it(send, house):
    reply = send(items(0.5, 0.6))

    assert reply.status == 201
    assert reply.body["observations"] == 2
    assert house.find_latest("made_up.aire.height_m").observation.result == 0.6


def test_the_same_bytes_again_change_nothing_and_are_told_so(send):
    send(items(0.5))
    again = send(items(0.5))

    assert (again.status, again.body["outcome"]) == (200, "unchanged")


def test_one_bad_item_is_told_with_the_rest_kept(send):
    reply = send(items(0.5).replace(b"0.5}", b'0.5}, {"thing": "ouse"}'))

    assert (reply.status, reply.body["observations"], reply.body["issues"]) == (201, 1, 1)
    assert reply.body["first_issues"][0]["where"] == "items[1]"


def test_a_payload_that_cannot_be_read_is_told_and_may_be_sent_again_mended(send):
    assert send(b"<html>").status == 422
    assert send(b"<html>").status == 422


@pytest.mark.parametrize("key", ["", "wrong", "\ud800", "x" * 10_000])
def test_a_wrong_key_is_refused(send, house, key):
    assert send(items(0.5), key=key).status == 401
    assert house.find_latest("made_up.aire.height_m") is None


def test_a_key_opens_its_own_feed_alone_and_says_nothing_of_others(send):
    other = send(items(0.5), feed=PULLED.name)
    none = send(items(0.5), feed="no.such")

    assert other.status == none.status == 401
    assert other.body == none.body


def test_a_feed_that_is_fetched_cannot_be_pushed_to(send):
    key = push.make_key(PULLED.name, label="x", now=NOW)

    assert send(items(0.5), feed=PULLED.name, key=key).status == 401


def test_a_key_may_come_from_the_environment_as_its_hash(house):
    environment = {push.KEYS: f"a.b:{'0' * 64}, {FEED.name}:{push._hash('opensesame').upper()}"}

    assert push.is_key(FEED.name, "opensesame", environment=environment)
    assert not push.is_key("a.b", "opensesame", environment=environment)
    assert not push.is_key(FEED.name, "", environment=environment)


def test_a_key_is_kept_only_as_its_hash_and_can_be_taken_away(house):
    key = push.make_key(FEED.name, label="the weir", now=NOW)
    with house.database.reading() as cursor:
        kept = str(cursor.execute("SELECT * FROM feed_key").fetchall())
    assert key not in kept

    assert push.forget_key(FEED.name, label="the weir") == 1
    assert not push.is_key(FEED.name, key, environment={})


def test_too_large_is_refused(send):
    assert send(bytes(5001)).status == 413


def test_guessing_keys_is_slowed_down_for_who_guesses_alone(send):
    for _ in range(push.WRONG_PER_MINUTE.amount):
        assert send(items(0.5), key="guess").status == 401

    assert send(items(0.5), key="guess").status == 429
    assert send(items(0.5), sender="192.0.2.2").status == 201


def test_guesses_are_counted_for_all_processes_together_and_no_address_is_kept(send):
    for _ in range(push.WRONG_PER_MINUTE.amount):
        # Another process has nothing of what this one remembers.
        push._limiter.cache_clear()
        assert send(items(0.5), key="guess").status == 401

    assert send(items(0.5), key="guess").status == 429
    assert not any("192.0.2" in kept.key for kept in Attempts.objects.all())


def test_a_key_has_so_many_turns_a_minute(send):
    for number in range(push.PER_MINUTE.amount):
        assert send(b"<html>" + bytes([number])).status == 422

    assert send(items(0.5)).status == 429


def test_when_nothing_can_be_kept_the_sender_is_told_to_come_again(send, house, monkeypatch):
    def full(*args, **more):
        raise UnableToAppend("disk full")

    monkeypatch.setattr(type(house), "append", full)

    assert send(items(0.5)).status == 503


def test_a_reply_is_json(send):
    assert send(items(0.5)).as_json().startswith(b'{"outcome": "good"')
