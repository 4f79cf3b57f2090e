"""What a river level and a flood warning mean. Plain values in, plain values out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from moothall.values.facts import State
from moothall.values.observations import series_key

STALE_AFTER = timedelta(hours=6)
"""A calm gauge may report once a day; after six hours its level says nothing about now."""
AHEAD = timedelta(minutes=30)
"""A clock may run ahead by this much; a reading from further on is not believed."""
STEADY_M = 0.02
"""A change within an hour smaller than this is called steady."""


LOWEST_M, HIGHEST_M = -20.0, 700.0
"""Between these every gauge of England reads, whether its zero is its own or the sea's."""
MOST_RAIN_MM = 100.0
"""In a quarter of an hour; the most ever measured in this country is some 56."""


class LevelState(StrEnum):
    """What a gauge says about its river, beside the range it is usually in."""

    FLOODING_LIKELY = "flooding likely"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    NO_RANGE = "no range"
    UNKNOWN = "unknown"


class Trend(StrEnum):
    """Where a level is going."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"
    UNKNOWN = "unknown"


class Severity(IntEnum):
    """The Environment Agency's severityLevel: the smaller, the worse."""

    SEVERE_WARNING = 1
    WARNING = 2
    ALERT = 3
    NO_LONGER_IN_FORCE = 4


STATES = {
    LevelState.FLOODING_LIKELY: State.BAD,
    LevelState.HIGH: State.WATCH,
    LevelState.NORMAL: State.GOOD,
    LevelState.LOW: State.NEUTRAL,
    LevelState.NO_RANGE: State.NEUTRAL,
    LevelState.UNKNOWN: State.UNKNOWN,
}
SEVERITY_STATES = {
    Severity.SEVERE_WARNING: State.BAD,
    Severity.WARNING: State.BAD,
    Severity.ALERT: State.WATCH,
    Severity.NO_LONGER_IN_FORCE: State.NEUTRAL,
}
WORST_FIRST = (State.BAD, State.WATCH, State.UNKNOWN, State.GOOD, State.NEUTRAL)


def level_series(gauge_id: str, *, downstream: bool = False) -> str:
    """Name the series of a gauge's level in the Agency's readings."""
    return series_key("flood", gauge_id, "downstream_level_m" if downstream else "level_m")


def listed_level_series(rloi_id: str, *, downstream: bool = False) -> str:
    """Name the series of a gauge's level in the Check for flooding list, by its page's number."""
    return series_key("flood", f"rloi_{rloi_id}", "downstream_level_m" if downstream else "level_m")


def rainfall_series(gauge_id: str) -> str:
    """Name the series of a rain gauge's quarter-hour totals."""
    return series_key("flood", gauge_id, "rainfall_mm")


def is_current(read_at: datetime | None, now: datetime) -> bool:
    """Test whether a reading may speak for now: neither stale nor from the future."""
    return read_at is not None and -AHEAD <= now - read_at <= STALE_AFTER


def assess_level(
    level_m: float | None,
    *,
    read_at: datetime | None,
    now: datetime,
    typical_low_m: float | None = None,
    typical_high_m: float | None = None,
    flooding_likely_m: float | None = None,
) -> LevelState:
    """Judge a level against the range its gauge is usually in.

    Units:   metres, all above the same zero. Levels below that zero are real.
    Errors:  none; a missing, stale or future reading is UNKNOWN, and a gauge of which no
             range is known is NO_RANGE: neither is ever NORMAL.
    """
    if level_m is None or not is_current(read_at, now):
        return LevelState.UNKNOWN
    if flooding_likely_m is not None and level_m >= flooding_likely_m:
        return LevelState.FLOODING_LIKELY
    if typical_high_m is not None and level_m > typical_high_m:
        return LevelState.HIGH
    if typical_low_m is not None and level_m < typical_low_m:
        return LevelState.LOW
    return LevelState.NO_RANGE if typical_high_m is None else LevelState.NORMAL


def assess_trend(readings: Sequence[tuple[datetime, float]], *, now: datetime) -> Trend:
    """Say where a level is going: its newest reading beside the one an hour or so before.

    Shape:   readings as (read_at, metres), oldest first.
    Errors:  none; UNKNOWN unless there is a current reading and one 45 to 90 minutes older.
    """
    if not readings or not is_current(readings[-1][0], now):
        return Trend.UNKNOWN
    last_at, last_m = readings[-1]
    for at, level_m in reversed(readings):
        gap = last_at - at
        if gap > timedelta(minutes=90):
            break
        if gap >= timedelta(minutes=45):
            change = last_m - level_m
            if abs(change) < STEADY_M:
                return Trend.STEADY
            return Trend.RISING if change > 0 else Trend.FALLING
    return Trend.UNKNOWN


def worst_state(states: Sequence[State]) -> State:
    """Return the state a summary must show: bad before unknown, unknown before good."""
    return min(states, key=WORST_FIRST.index, default=State.UNKNOWN)
