"""Counts what the lake holds, for lists: cheap enough for a page, from the database alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from moothall.kernel.observations import schema
from moothall.kernel.observations.entries import instant
from moothall.kernel.observations.lake import Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """What one feed has brought in observations."""

    series: int = 0
    observations: int = 0
    """Received, revisions of the same reading included."""
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What there is of each feed, and of each kind of record."""

    feeds: Mapping[str, FeedCount]
    records: Mapping[str, int]


def count(lake: Lake) -> Counts:
    """Count what there is."""
    with lake.database.reading() as cursor:
        spans = cursor.execute(
            "SELECT feed, count(*), min(first_at), max(at) FROM series"
            " LEFT JOIN latest ON latest.series = series.id GROUP BY feed"
        ).fetchall()
        rows: dict[str, int] = {
            feed: int(number)
            for feed, number in cursor.execute(
                "SELECT feed, sum(rows) FROM segment WHERE stream = ? GROUP BY feed",
                (schema.OBSERVATIONS,),
            ).fetchall()
        }
        records = cursor.execute(
            "SELECT kind, count(*) FROM record_current WHERE gone = 0 GROUP BY kind"
        ).fetchall()
    return Counts(
        feeds={
            feed: FeedCount(
                series=int(number),
                observations=rows.get(feed, 0),
                first_at=None if first is None else instant(first),
                last_at=None if last is None else instant(last),
            )
            for feed, number, first, last in spans
        },
        records={kind: int(number) for kind, number in records},
    )
