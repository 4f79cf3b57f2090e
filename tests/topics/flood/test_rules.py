"""What a level and a warning mean."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.flood import rules
from moothall.topics.flood.rules import LevelState, Trend
from moothall.values.facts import State

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CROWN_POINT = {"typical_low_m": 0.532, "typical_high_m": 1.35, "flooding_likely_m": 1.4}

levels_m = st.floats(-5, 30)


def assess(level_m, age=timedelta(minutes=5), **usual):
    return rules.assess_level(level_m, read_at=NOW - age, now=NOW, **usual)


def test_crown_point_is_normal_then_high_then_flooding_is_likely():
    assert assess(0.657, **CROWN_POINT) is LevelState.NORMAL
    assert assess(1.35, **CROWN_POINT) is LevelState.NORMAL
    assert assess(1.36, **CROWN_POINT) is LevelState.HIGH
    assert assess(1.40, **CROWN_POINT) is LevelState.FLOODING_LIKELY
    assert assess(2.55, **CROWN_POINT) is LevelState.FLOODING_LIKELY
    assert assess(0.5, **CROWN_POINT) is LevelState.LOW


@given(levels_m, st.timedeltas(timedelta(hours=6, seconds=1), timedelta(days=4000)))
def test_a_stale_reading_is_unknown_whatever_it_says(level_m, age):
    assert assess(level_m, age, **CROWN_POINT) is LevelState.UNKNOWN


def test_a_missing_or_future_reading_is_unknown():
    assert rules.assess_level(None, read_at=None, now=NOW, **CROWN_POINT) is LevelState.UNKNOWN
    assert assess(0.6, timedelta(minutes=-31), **CROWN_POINT) is LevelState.UNKNOWN
    assert assess(0.6, timedelta(minutes=-29), **CROWN_POINT) is LevelState.NORMAL


@given(levels_m)
def test_a_gauge_without_a_range_is_never_called_normal(level_m):
    assert assess(level_m) is LevelState.NO_RANGE
    assert rules.STATES[LevelState.NO_RANGE] is State.NEUTRAL


@given(levels_m, levels_m)
def test_a_higher_level_is_never_a_better_state(one, other):
    order = [LevelState.LOW, LevelState.NORMAL, LevelState.HIGH, LevelState.FLOODING_LIKELY]
    lower, higher = sorted((one, other))

    assert order.index(assess(lower, **CROWN_POINT)) <= order.index(assess(higher, **CROWN_POINT))


def series(*levels, step=timedelta(minutes=15)):
    last = len(levels) - 1
    return [(NOW - step * (last - number), level) for number, level in enumerate(levels)]


def test_a_trend_compares_the_newest_reading_with_one_about_an_hour_before():
    assert rules.assess_trend(series(0.5, 0.51, 0.52, 0.53, 0.55), now=NOW) is Trend.RISING
    assert rules.assess_trend(series(0.55, 0.5, 0.5, 0.5, 0.5), now=NOW) is Trend.STEADY
    assert rules.assess_trend(series(0.55, 0.54, 0.52, 0.51, 0.5), now=NOW) is Trend.FALLING


def test_a_trend_is_unknown_without_a_reading_to_compare_or_with_a_stale_one():
    assert rules.assess_trend([], now=NOW) is Trend.UNKNOWN
    assert rules.assess_trend(series(0.5, 0.9), now=NOW) is Trend.UNKNOWN
    assert rules.assess_trend(series(0.5, 0.9, step=timedelta(hours=2)), now=NOW) is Trend.UNKNOWN
    old = [(at - timedelta(days=1), level) for at, level in series(0.5, 0.5, 0.5, 0.5, 0.9)]
    assert rules.assess_trend(old, now=NOW) is Trend.UNKNOWN


def test_a_summary_shows_the_worst_and_an_unknown_before_a_good():
    assert rules.worst_state([State.GOOD, State.UNKNOWN]) is State.UNKNOWN
    assert rules.worst_state([State.GOOD, State.UNKNOWN, State.WATCH]) is State.WATCH
    assert rules.worst_state([]) is State.UNKNOWN
