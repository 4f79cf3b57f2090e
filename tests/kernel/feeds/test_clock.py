"""The machine's clock is moved: nothing stalls, nothing runs wild, and what is said is true."""

from datetime import timedelta

import pytest
from django.utils import translation
from tests.kernel.feeds.conftest import NOW, items, make_feed

from moothall.kernel.feeds import health, leases, runner, runs, standings
from moothall.kernel.feeds.schedule import LEASE, Standing, is_due
from moothall.ui import formats

JUMPS = (timedelta(hours=-1), timedelta(days=-365), timedelta(hours=1), timedelta(days=365))


def run(feed, around, clock):
    return runner.run(feed, params={}, around=around, clock=clock)


@pytest.mark.parametrize("jump", JUMPS)
def test_runs_are_listed_as_they_were_whatever_the_clock_says(source, house, around, clock, jump):
    feed = make_feed(source.url)
    made = []
    for value, at in ((1.0, NOW), (2.0, NOW + jump), (3.0, NOW + jump + timedelta(minutes=20))):
        clock.now = at
        source.says(items(value))
        made.append(run(feed, around, clock).id)

    assert [one.id for one in health.list_runs(feed.name)] == made[::-1]
    assert standings.find_standing(feed.name).last_run == made[-1]


def test_a_fault_after_the_clock_was_set_back_is_seen_at_once(source, house, around, clock):
    feed = make_feed(source.url)
    source.says(items(0.5))
    run(feed, around, clock)
    clock.now = NOW - timedelta(hours=1)
    source.says(b"", status=404)
    run(feed, around, clock)

    last = health._list_last_runs()[feed.name]

    assert last.outcome is runs.Outcome.FAILED
    assert "404" in last.words


@pytest.mark.parametrize("jump", JUMPS)
def test_after_a_jump_a_feed_runs_once_and_then_by_its_cadence(source, house, around, clock, jump):
    feed = make_feed(source.url)
    source.says(items(0.5))
    run(feed, around, clock)
    ran = 0
    for second in range(0, 3600, 10):
        clock.now = NOW + jump + timedelta(seconds=second)
        if is_due(standings.find_standing(feed.name), clock.now):
            run(feed, around, clock)
            ran += 1

    assert 4 <= ran <= 5


def test_what_was_held_before_the_clock_was_set_back_is_free(house, clock):
    assert leases.take_lease("made_up.heights", by="other:1:a", now=NOW)

    assert leases.take_lease("made_up.heights", by="me:1:b", now=NOW) is None
    assert leases.take_lease("made_up.heights", by="me:1:b", now=NOW - timedelta(hours=1))


def test_what_is_held_is_still_held_by_clocks_that_differ_a_little(house, clock):
    assert leases.take_lease("made_up.heights", by="other:1:a", now=NOW)

    assert leases.take_lease("made_up.heights", by="me:1:b", now=NOW - LEASE / 4) is None


def test_the_minute_of_messages_goes_on_in_a_run_of_its_own_after_the_clock_was_set_back():
    minute = NOW.replace(second=0)
    first = runs.minute_id(minute, "made_up.heights", last=None)
    held = runs.Run(
        id=first,
        feed="made_up.heights",
        started_at=minute,
        ended_at=NOW,
        outcome=runs.Outcome.GOOD,
    )

    assert runs.minute_id(minute, "made_up.heights", last=held) == first
    assert runs.minute_id(minute - timedelta(hours=1), "made_up.heights", last=held) > first
    assert runs.minute_id(minute + timedelta(minutes=1), "made_up.heights", last=held) > first


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=45), "dated 45 minutes ahead"),
        (timedelta(hours=3), "dated 3 hours ahead"),
        (timedelta(days=365), "dated 365 days ahead"),
        (timedelta(seconds=30), "just now"),
    ],
)
def test_what_came_before_the_clock_was_set_back_is_said_to_be_dated_ahead(ahead, words):
    with translation.override("en-gb"):
        assert formats.age(NOW + ahead, NOW) == words


def test_a_feed_whose_data_is_dated_ahead_is_not_said_to_be_silent_since_then(in_city):
    in_city("leeds")
    feed = make_feed("")
    ahead = Standing(
        feed=feed.name, last_run_at=NOW, last_data_at=NOW + timedelta(hours=1), failures=1
    )
    last = runs.Run(
        id="1", feed=feed.name, started_at=NOW, ended_at=NOW, outcome=runs.Outcome.FAILED
    )

    with translation.override("en-gb"):
        _state, words = health._state(feed, ahead, last, on=True, now=NOW)

    assert words == "its last data is dated ahead of our clock, which was set back"
