"""When feeds run: in step with nothing, through failures and over the clock changes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.feeds.conftest import NOW

from moothall.kernel.feeds import schedule
from moothall.kernel.feeds.schedule import Standing

HOUR = timedelta(hours=1)
NEW = Standing(feed="made_up.heights")


def good(standing, now, *, every=HOUR, spread=0.0, real=True):
    return schedule.after_good_run(standing, every=every, now=now, spread=spread, real=real)


def failed(standing, now, *, every=HOUR, spread=0.0, asked=None):
    return schedule.after_failed_run(
        standing, every=every, now=now, spread=spread, asked_to_wait=asked
    )


def test_a_feed_never_run_is_due():
    assert schedule.is_due(NEW, NOW)


def test_runs_missed_while_the_house_was_down_are_not_made_up_for():
    down = good(NEW, NOW - timedelta(days=30))
    assert schedule.is_due(down, NOW)

    assert good(down, NOW).next_run_at == NOW + HOUR


@given(st.floats(0, 1))
def test_feeds_drift_apart_but_keep_their_pace(spread):
    following = good(NEW, NOW, spread=spread).next_run_at

    assert NOW + HOUR <= following <= NOW + HOUR * 1.1


def test_an_hourly_feed_runs_once_in_each_hour_of_the_day_the_clocks_go_back():
    london = ZoneInfo("Europe/London")
    at = datetime(2026, 10, 25, tzinfo=london).astimezone(UTC)
    end = datetime(2026, 10, 26, tzinfo=london).astimezone(UTC)
    ran, standing = [], NEW
    while at < end:
        if schedule.is_due(standing, at):
            ran.append(at)
            standing = good(standing, at)
        at += timedelta(minutes=1)

    assert len(ran) == 25
    assert {after - before for before, after in pairwise(ran)} == {HOUR}
    assert [at.astimezone(london).strftime("%H%Z") for at in ran[:3]] == ["00BST", "01BST", "01GMT"]


def test_the_first_failures_are_tried_again_sooner_and_then_ever_later():
    standing, now, waits = NEW, NOW, []
    for _ in range(12):
        standing = failed(standing, now)
        waits.append(standing.next_run_at - now)
        now = standing.next_run_at

    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert waits[4:8] == [HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR]
    assert max(waits) == schedule.LONGEST_PAUSE


def test_the_breaker_opens_after_five_and_one_good_probe_closes_it():
    standing = NEW
    for number in range(1, 6):
        standing = failed(standing, NOW)
        assert (standing.paused_until is not None) == (number == 5)

    assert not schedule.is_due(standing, standing.paused_until - timedelta(seconds=1))
    assert schedule.is_due(standing, standing.paused_until)
    closed = good(standing, standing.paused_until)
    assert (closed.failures, closed.paused_until) == (0, None)


@given(st.integers(1, 10_000), st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_no_wait_overflows_or_is_shorter_than_asked(failures, every):
    standing = failed(
        Standing(feed="made_up.heights", failures=failures), NOW, every=every, asked=HOUR
    )

    assert standing.next_run_at >= NOW + HOUR


def test_a_stand_in_is_no_data():
    standing = good(NEW, NOW, real=False)

    assert standing.last_good_at == NOW
    assert schedule.lag(standing, NOW) is None
    assert schedule.lag(good(NEW, NOW), NOW + HOUR) == HOUR


def test_a_clock_that_was_set_back_does_not_keep_a_feed_waiting_for_the_time_it_had():
    ahead = good(NEW, NOW + HOUR)
    assert schedule.is_due(ahead, NOW)
    assert not schedule.is_due(good(ahead, NOW), NOW + timedelta(minutes=1))


def test_another_machine_whose_clock_is_a_little_ahead_is_believed():
    assert not schedule.is_due(good(NEW, NOW + timedelta(minutes=1)), NOW)
