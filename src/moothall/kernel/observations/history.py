"""Reads what was: a series over a span, the versions of a record, hot and sealed together."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import columns, schema
from moothall.kernel.observations.entries import RecordEntry, instant, micros
from moothall.kernel.observations.latest import sources_of
from moothall.kernel.observations.shapes import newest_wins
from moothall.values.observations import Observation

if TYPE_CHECKING:
    from moothall.kernel.observations.holdings import Holdings


def list_observations(
    lake: "Holdings", key: str, *, from_at: datetime, until_at: datetime, limit: int
) -> tuple[Observation, ...]:
    """Return one series' observations in [from_at, until_at), oldest first."""
    rows = series_rows(lake, key, from_at=from_at, until_at=until_at)
    number = rows["series"][0].as_py() if len(rows) else 0
    return columns.observations_of(rows.slice(0, limit), {number: key})


def series_rows(lake: "Holdings", key: str, *, from_at: datetime, until_at: datetime) -> pa.Table:
    """Return one series' rows in [from_at, until_at), oldest first, as they are kept."""
    start, end = micros(from_at), micros(until_at)
    with lake.database.reading() as cursor:
        number = lake.catalogue.numbers(cursor, [key]).get(key)
        if number is None:
            return columns.KEPT.empty_table()
        hot = lake.hot.read(cursor, schema.OBSERVATIONS, from_at=start, until_at=end)
    sealed = lake.sealed(schema.OBSERVATIONS)
    snapshot = sealed.snapshot()
    parts = []
    for file in snapshot.reaching(start, end):
        if file.who[0] <= number <= file.who[1]:
            parts.append(_slice(sealed.read(file, who=number), number, start, end))
    parts += [
        _slice(segment.rows, number, start, end)
        for segment in hot
        if segment.beyond(snapshot.watermark)
    ]
    if not parts:
        return columns.KEPT.empty_table()
    return newest_wins(pa.concat_tables(parts), sealed.shape)


def _slice(table: pa.Table, number: int, start: int, end: int) -> pa.Table:
    """Cut one series and span out of rows that are sorted by series and instant."""
    series, at = columns.int64s(table["series"]), columns.int64s(table["at"])
    first, last = np.searchsorted(series, [number, number + 1])
    from_, to = first + np.searchsorted(at[first:last], [start, end])
    return table.slice(int(from_), int(to - from_))


def version_rows(lake: "Holdings", kind: str, *, ids: Iterable[str] | None = None) -> pa.Table:
    """Return the versions of a kind's records, or of some, by id and then oldest first."""
    stream = schema.record_stream(kind)
    with lake.database.reading() as cursor:
        hot = lake.hot.read(cursor, stream)
    sealed = lake.sealed(stream)
    snapshot = sealed.snapshot()
    wanted = None if ids is None else sorted(set(ids))
    parts = [
        sealed.read(file, who=wanted[0] if wanted is not None and len(wanted) == 1 else None)
        for file in snapshot.files
        if wanted is None or any(file.who[0] <= id_ <= file.who[1] for id_ in wanted)
    ]
    parts += [segment.rows for segment in hot if segment.beyond(snapshot.watermark)]
    rows: Any = pa.concat_tables(parts) if parts else columns.RECORDS.empty_table()
    if wanted is not None:
        rows = rows.filter(pc.is_in(rows["id"], pa.array(wanted, pa.string())))
    return newest_wins(rows, sealed.shape)


def list_versions(
    lake: "Holdings", kind: str, *, ids: Iterable[str] | None = None
) -> tuple[RecordEntry, ...]:
    """Return versions as entries, each with the instant the next one took its place."""
    found = columns.records_of(version_rows(lake, kind, ids=ids), kind)
    with lake.database.reading() as cursor:
        sources = sources_of(cursor, {segment for _, segment in found})
    entries = []
    for index, (record, segment) in enumerate(found):
        after = found[index + 1][0] if index + 1 < len(found) else None
        feed, raw, received_at = sources.get(segment, ("", "", None))
        entries.append(
            RecordEntry(
                record=record,
                until_at=after.from_at if after is not None and after.id == record.id else None,
                feed=feed,
                received_at=record.from_at if received_at is None else instant(received_at),
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
