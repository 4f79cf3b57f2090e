"""When a feed runs next, and when a failing source is left in peace. Pure; instants are in UTC.

Everything is counted in UTC, so the night the clocks change has no hour twice and none missing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 5
SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
JITTER = 0.1
"""A run is put off by up to this share of the feed's cadence, so that feeds drift apart."""
LEASE = timedelta(minutes=5)
CLOCKS_DIFFER_BY = timedelta(minutes=2)
"""A run further ahead than this was not another machine's: our own clock was wrong then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a feed stands between two runs."""

    feed: str
    next_run_at: datetime | None = None
    failures: int = 0
    """Failed runs since the last good one."""
    paused_until: datetime | None = None
    """Set while the circuit breaker is open; the run after it is a probe."""
    last_run_at: datetime | None = None
    last_good_at: datetime | None = None
    last_data_at: datetime | None = None
    """The last good run that brought a real payload, new or unchanged: never a simulated one."""
    last_run: str = ""
    """The name of the last run that was written down."""
    recipe: str = ""
    """Fingerprint of what last good results were made with: parameters, corrections, version."""


def is_due(standing: Standing, now: datetime) -> bool:
    """Test whether a feed should run: never run, its time has come, or the clock was set back."""
    if standing.last_run_at is not None and standing.last_run_at > now + CLOCKS_DIFFER_BY:
        return True
    return standing.next_run_at is None or standing.next_run_at <= now


def after_good_run(
    standing: Standing, *, every: timedelta, now: datetime, spread: float, real: bool
) -> Standing:
    """Say how a feed stands after a run that worked.

    Units:   `spread` is a random share from 0 to 1. A run missed while the house was down is not
             made up for: the next one is counted from now.
    """
    return replace(
        standing,
        next_run_at=now + every * (1 + JITTER * spread),
        failures=0,
        paused_until=None,
        last_run_at=now,
        last_good_at=now,
        last_data_at=now if real else standing.last_data_at,
    )


def after_failed_run(
    standing: Standing,
    *,
    every: timedelta,
    now: datetime,
    spread: float,
    asked_to_wait: timedelta | None = None,
) -> Standing:
    """Say how a feed stands after a run that failed.

    The first failures are tried again sooner than the cadence; from FAILURES_TO_OPEN on the
    breaker is open, and each probe that fails doubles the pause.
    """
    failures = standing.failures + 1
    if failures < FAILURES_TO_OPEN:
        wait = min(every, SHORTEST_PAUSE * 2 ** (failures - 1))
        paused = False
    else:
        doublings = min(failures - FAILURES_TO_OPEN, 16)
        wait = min(max(every, SHORTEST_PAUSE) * 2**doublings, max(LONGEST_PAUSE, every))
        paused = True
    if asked_to_wait is not None and asked_to_wait > wait:
        wait = asked_to_wait
    until = now + wait * (1 + JITTER * spread)
    return replace(
        standing,
        next_run_at=until,
        failures=failures,
        paused_until=until if paused else None,
        last_run_at=now,
    )


def lag(standing: Standing, now: datetime) -> timedelta | None:
    """Say how long ago the source last gave us anything real; None if it never did."""
    return None if standing.last_data_at is None else now - standing.last_data_at
