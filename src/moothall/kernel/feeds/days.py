"""How a feed did day by day, for the record of its promise."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from moothall.kernel.feeds import tables
from moothall.kernel.feeds.runs import Outcome
from moothall.kernel.observations.entries import micros
from moothall.values.observations import Origin

_DAY = 86_400_000_000
_CAME = ", ".join(f"'{one.value}'" for one in Outcome if one is not Outcome.FAILED)
_REAL = f"outcome IN ({_CAME}) AND origin <> {int(Origin.SIMULATED)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a feed, in UTC; a day without a run is none."""

    on: date
    runs: int
    good: int
    """Runs in which the source answered."""
    longest_wait: timedelta
    """The longest between two answers of which the later came on this day."""


def list_days(feed: str, *, from_at: datetime) -> tuple[Day, ...]:
    """Return the days of a feed since an instant, newest first."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT started_at / {_DAY}, count(*), sum(good),"
            " max(CASE WHEN good = 1 THEN wait END)"
            f" FROM (SELECT started_at, CASE WHEN {_REAL} THEN 1 ELSE 0 END AS good,"
            f" started_at - max(CASE WHEN {_REAL} THEN started_at END) OVER (ORDER BY started_at"
            " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS wait"
            " FROM feed_run WHERE feed = ? AND started_at >= ?) told GROUP BY 1 ORDER BY 1 DESC",
            (feed, micros(from_at)),
        ).fetchall()
    return tuple(
        Day(
            on=(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(number))).date(),
            runs=int(runs),
            good=int(good),
            longest_wait=timedelta(microseconds=int(wait or 0)) if good else timedelta.max,
        )
        for number, runs, good, wait in rows
    )
