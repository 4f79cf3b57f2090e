"""Our extension: observations brought together in equal spans of time, by the lake itself.

A span begins at a whole number of widths since 1970, in UTC, and holds its beginning only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.civic.opendata.queries.sensorthings.observations import (
    USUAL,
    Asking,
    read_token,
)
from moothall.kernel.observations.entries import instant
from moothall.standards.sensorthings.model import UnableToRead
from moothall.standards.sensorthings.query import MOST_AT_ONCE, Query
from moothall.standards.sensorthings.times import read_duration, write_instant
from moothall.values.observations import Origin

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one stream came to over one span."""

    series: str
    start: datetime
    end: datetime
    mean: float
    least: float
    most: float
    count: int
    origin: Origin
    """The least like live of all that it is made of."""


def read_width(text: str) -> timedelta:
    """Read how long a span is; errors: UnableToRead."""
    try:
        width = read_duration(text)
    except ValueError as fault:
        raise UnableToRead("$bucket", str(fault)) from fault
    if not SHORTEST <= width <= LONGEST:
        raise UnableToRead("$bucket", "give a duration from PT1S to P366D")
    return width


def page(
    keys: Sequence[str] | None, query: Query, width: timedelta, moment: Moment
) -> tuple[list[Bucket], bool]:
    """Return a page of buckets by stream and time, and whether more follow.

    Errors:  UnableToRead for options that say nothing of a bucket.
    """
    for name, _ in query.asked:
        if name in {"$orderby", "$expand", "$select", "$count", "$resultFormat"}:
            raise UnableToRead(name, "goes not with $bucket: its spans are by stream and time")
    micros = width // timedelta(microseconds=1)
    top = min(USUAL if query.top is None else query.top, MOST_AT_ONCE)
    asking = Asking(keys, query, moment)
    where = f"{asking.where} AND value IS NOT NULL"
    after = read_token(query)
    if after is not None:
        # The token names the beginning of the last span shown.
        where += f" AND {asking.beyond(after[0], after[1] + width - timedelta(microseconds=1))}"
    table = asking.run(
        f"""SELECT series, epoch_us("at") // {micros} * {micros} AS start, avg(value) AS mean,
        min(value) AS least, max(value) AS most, count(*) AS n, max(origin) AS origin
        FROM {asking.source} WHERE {where} GROUP BY ALL ORDER BY series, start
        LIMIT {top + 1} OFFSET {query.skip}"""
    )
    columns = [table[name].to_pylist() for name in table.column_names]
    found = [
        Bucket(key, instant(start), instant(start + micros), mean, least, most, n, Origin(origin))
        for key, start, mean, least, most, n, origin in zip(*columns, strict=True)
    ]
    return found[:top], len(found) > top


def id_of(bucket: Bucket) -> str:
    """Name the bucket that a page ended with, for the next."""
    return f"{bucket.series}@{write_instant(bucket.start)}"


def lay(bucket: Bucket, moment: Moment) -> dict[str, Any]:
    """Write a bucket as the observation of its mean."""
    return {
        "phenomenonTime": f"{write_instant(bucket.start)}/{write_instant(bucket.end)}",
        "result": bucket.mean,
        "parameters": {
            "mean": bucket.mean,
            "min": bucket.least,
            "max": bucket.most,
            "count": bucket.count,
            "origin": bucket.origin.name.lower(),
        },
        "Datastream@iot.navigationLink": moment.stream_address(bucket.series),
    }
