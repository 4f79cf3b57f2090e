"""Counts what the lake holds, for lists: cheap enough for a page, from the database alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from moothall.kernel.observations import blocks, schema
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
        feeds: dict[int, str] = dict(cursor.execute("SELECT id, feed FROM series").fetchall())
        stands = blocks.read(cursor)
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
    begins: dict[str, int] = {}
    ends: dict[str, int] = {}
    for number, at, _, _, first_at, *_ in stands:
        feed = feeds[number]
        begins[feed] = min(begins.get(feed, first_at), first_at)
        ends[feed] = max(ends.get(feed, at), at)
    return Counts(
        feeds={
            feed: FeedCount(
                series=number,
                observations=rows.get(feed, 0),
                first_at=instant(begins[feed]) if feed in begins else None,
                last_at=instant(ends[feed]) if feed in ends else None,
            )
            for feed, number in Counter(feeds.values()).items()
        },
        records={kind: int(number) for kind, number in records},
    )
