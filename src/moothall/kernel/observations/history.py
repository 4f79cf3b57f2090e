"""Reads what was: a series over a span, the versions of a record, hot and sealed together."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import columns, schema
from moothall.kernel.observations.catalogue import Catalogue
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import RecordEntry, instant, micros
from moothall.kernel.observations.hot import HotSegments
from moothall.kernel.observations.latest import sources_of
from moothall.values.observations import Observation


def newest_wins(table: pa.Table, *names: str) -> pa.Table:
    """Sort rows by some columns; of rows alike in all of them, keep the one that came last.

    Shape:   rows of equal keys stand in the order they came; instants and numbers sort as such.
    """
    if not len(table):
        return table
    ranks = [_ranks(table[name]) for name in names]
    order = np.lexsort((columns.int64s(table["segment"]), *reversed(ranks)))
    alike = np.ones(len(order) - 1, dtype=bool)
    for rank in ranks:
        ordered = rank[order]
        alike &= ordered[1:] == ordered[:-1]
    return table.take(pa.array(order[np.r_[~alike, True]]))


def _ranks(column: Any) -> "np.ndarray[Any, Any]":
    if pa.types.is_string(column.type):
        return np.asarray(pc.rank(column, tiebreaker="dense"))
    return columns.int64s(column)


def list_observations(
    database: Database,
    catalogue: Catalogue,
    hot: HotSegments,
    key: str,
    *,
    from_at: datetime,
    until_at: datetime,
    limit: int,
) -> tuple[Observation, ...]:
    """Return one series' observations in [from_at, until_at), oldest first."""
    start, end = micros(from_at), micros(until_at)
    with database.reading() as cursor:
        number = catalogue.numbers(cursor, [key]).get(key)
        if number is None:
            return ()
        tables = hot.tables(schema.OBSERVATIONS, from_at=start, until_at=end, cursor=cursor)
    parts = [_slice(table, number, start, end) for _, table in tables]
    rows = newest_wins(pa.concat_tables(parts), "at") if parts else columns.KEPT.empty_table()
    return columns.observations_of(rows.slice(0, limit), {number: key})


def _slice(table: pa.Table, number: int, start: int, end: int) -> pa.Table:
    """Cut one series and span out of a segment, which is sorted by series and instant."""
    series, at = columns.int64s(table["series"]), columns.int64s(table["at"])
    first, last = np.searchsorted(series, [number, number + 1])
    from_, to = first + np.searchsorted(at[first:last], [start, end])
    return table.slice(int(from_), int(to - from_))


def list_versions(
    database: Database, hot: HotSegments, kind: str, *, ids: Iterable[str] | None = None
) -> tuple[RecordEntry, ...]:
    """Return every version of a kind's records, or of some, by id and then oldest first."""
    with database.reading() as cursor:
        parts = [table for _, table in hot.tables(schema.record_stream(kind), cursor=cursor)]
        if not parts:
            return ()
        rows = pa.concat_tables(parts)
        if ids is not None:
            rows = rows.filter(pc.is_in(rows["id"], pa.array(list(ids), pa.string())))
        rows = newest_wins(rows, "id", "from_at")
        found = columns.records_of(rows, kind)
        sources = sources_of(cursor, {segment for _, segment in found})
    entries = []
    for index, (record, segment) in enumerate(found):
        after = found[index + 1][0] if index + 1 < len(found) else None
        feed, raw, received_at = sources.get(segment, ("", "", micros(record.from_at)))
        entries.append(
            RecordEntry(
                record=record,
                until_at=after.from_at if after is not None and after.id == record.id else None,
                feed=feed,
                received_at=instant(received_at),
                raw=raw,
                segment=segment,
            )
        )
    return tuple(entries)


def as_of(versions: Iterable[RecordEntry], at: datetime) -> tuple[RecordEntry, ...]:
    """Return the versions that held at an instant."""
    return tuple(
        entry
        for entry in versions
        if entry.record.from_at <= at
        and (entry.until_at is None or at < entry.until_at)
        and not entry.record.gone
    )
