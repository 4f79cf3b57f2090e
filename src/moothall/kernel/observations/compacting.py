"""Keeps sealed tables tidy: merges a period's files, lets go of what is past its keeping."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import columns, schema
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import micros
from moothall.kernel.observations.shapes import OLD, SPARSE_ROWS, Shape, newest_wins

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

    from moothall.kernel.observations.sealed import SealedFile, SealedTable

_FILES_IN_AN_OPEN_PERIOD = 12
_ROWS_A_FILE = 4_000_000
_FILES_ALIKE = 8
_MONTH = len("2026-01")
_DAY = 86_400_000_000
_EMPTY_KEPT = timedelta(days=35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What compaction did."""

    merged: int = 0
    """Files that became fewer."""
    written: int = 0
    expired: int = 0
    """Rows past their keeping, in files that were dropped or written anew."""
    deleted: int = 0
    """Files no version names any more, taken off the disk."""
    busy: bool = False

    def __add__(self, other: "Compaction") -> "Compaction":
        return Compaction(
            merged=self.merged + other.merged,
            written=self.written + other.written,
            expired=self.expired + other.expired,
            deleted=self.deleted + other.deleted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long the past is kept; None is for good."""

    observations: timedelta | None = None
    kinds: Mapping[str, timedelta | None] = field(default_factory=dict)
    """How long superseded versions are kept, by kind."""
    hours: int = 24
    """How long a file that was replaced stays for readers that began before."""

    def of(self, stream: str) -> timedelta | None:
        """Return how long one stream's past is kept."""
        if stream == schema.OBSERVATIONS:
            return self.observations
        return self.kinds.get(stream.partition(":")[2])


def compact_table(
    table: "SealedTable", *, now: datetime, keep: timedelta | None, keep_hours: int
) -> Compaction:
    """Merge the files of each period; the caller holds the sealing lock.

    Shape:   a period that is over becomes one sorted file (several if it is large), the present
             one is merged when its files have become many. `keep` is how long observations, or
             superseded versions of records, are kept.
    """
    merged, written, expired = 0, 0, 0
    today = str(np.datetime64(micros(now), "us").astype(f"datetime64[{table.shape.period_unit}]"))
    cutoff = None if keep is None else micros(now - keep)
    if cutoff is not None:
        expired += _expire(table, cutoff)
    for period, files in _by_month(table, micros(now - OLD)):
        rows = sum(file.rows for file in files)
        enough = -(-rows // _ROWS_A_FILE)
        most = enough if period < today else max(enough, _FILES_IN_AN_OPEN_PERIOD)
        if len(files) <= most:
            continue
        added: list[AddAction] = [
            table.write(period, part) for part in _merged(table, files, enough)
        ]
        table.commit(added, files)
        merged, written = merged + len(files), written + len(added)
    deleted = table.tidy(keep_hours=keep_hours)
    return Compaction(merged=merged, written=written, expired=expired, deleted=deleted)


def gather(table: "SealedTable") -> Compaction:
    """Merge what many seals left, so that reading a day is never reading a file a seal.

    Shape:   of one period, eight files of about a size become one of the next size, so that each
             row is written anew but a few times.
    """
    alike: dict[tuple[str, int], list[SealedFile]] = defaultdict(list)
    for file in table.snapshot().files:
        alike[file.period, file.rows.bit_length() // 3].append(file)
    merged, written = 0, 0
    for (period, _), files in sorted(alike.items()):
        if len(files) < _FILES_ALIKE or sum(file.rows for file in files) > _ROWS_A_FILE:
            continue
        added = [table.write(period, part) for part in _merged(table, files, 1)]
        table.commit(added, files)
        merged, written = merged + len(files), written + len(added)
    return Compaction(merged=merged, written=written)


def _by_month(table: "SealedTable", old_before: int) -> "Iterator[tuple[str, list[SealedFile]]]":
    """Put together the files of each period; those of a month long past that has few rows too."""
    months: dict[str, list[SealedFile]] = defaultdict(list)
    for file in table.snapshot().files:
        months[file.period[:_MONTH]].append(file)
    for month, files in sorted(months.items()):
        over = (np.datetime64(month) + 1).astype("datetime64[us]").astype(np.int64) <= old_before
        if over and sum(file.rows for file in files) <= SPARSE_ROWS:
            yield month, files
            continue
        periods: dict[str, list[SealedFile]] = defaultdict(list)
        for file in files:
            periods[file.period].append(file)
        yield from sorted(periods.items())


def _merged(table: "SealedTable", files: "list[SealedFile]", parts: int) -> Iterator[pa.Table]:
    """Merge files into so many sorted parts, no more than one of them in memory at a time."""
    shape = table.shape
    if parts == 1:
        yield newest_wins(pa.concat_tables([table.read(file) for file in files]), shape)
        return
    names = pa.concat_tables([table.read(file, (shape.who,)) for file in files])
    counted = names[shape.who].value_counts()
    values, counts = counted.field("values"), counted.field("counts")
    order = pc.sort_indices(values)
    running = np.cumsum(np.asarray(counts.take(order)))
    ends = np.searchsorted(running, running[-1] * np.arange(1, parts) / parts)
    fences = [values[order[int(end)].as_py()] for end in ends]
    for low, high in zip([None, *fences], [*fences, None], strict=True):
        some = []
        for file in files:
            rows = table.read(file)
            chosen = pc.is_valid(rows[shape.who])
            if low is not None:
                chosen = pc.and_(chosen, pc.greater(rows[shape.who], low))
            if high is not None:
                chosen = pc.and_(chosen, pc.less_equal(rows[shape.who], high))
            some.append(rows.filter(chosen))
        part = newest_wins(pa.concat_tables(some), shape)
        if len(part):
            yield part


def _expire(table: "SealedTable", cutoff: int) -> int:
    """Drop what is past its keeping: whole days of observations, superseded versions of records."""
    if table.shape.rows is columns.KEPT:
        return _expire_days(table, cutoff)
    files = table.snapshot().files
    stays = _still_needed(table, files, cutoff)
    added, removed, expired = [], [], 0
    for file in files:
        rows = table.read(file)
        kept = rows.filter(_named(rows, stays))
        if len(kept) == len(rows):
            continue
        removed.append(file)
        expired += len(rows) - len(kept)
        if len(kept):
            added.append(table.write(file.period, kept))
    if removed:
        table.commit(added, removed)
    return expired


def _expire_days(table: "SealedTable", cutoff: int) -> int:
    day = cutoff // _DAY * _DAY
    added, removed, expired = [], [], 0
    for file in table.snapshot().files:
        if file.until_at < cutoff:
            removed.append(file)
            expired += file.rows
        elif file.from_at < day:
            # A month's file: its days are let go of one by one.
            rows = table.read(file)
            kept = rows.filter(pa.array(columns.int64s(rows["at"]) >= day))
            removed.append(file)
            expired += len(rows) - len(kept)
            added.append(table.write(file.period, kept))
    if removed:
        table.commit(added, removed)
    return expired


def _still_needed(
    table: "SealedTable", files: "tuple[SealedFile, ...]", cutoff: int
) -> set[tuple[str, int]]:
    """Name the versions that held at `cutoff` or later; the sealed last one of each thing stays."""
    names = [table.read(file, ("id", "from_at", "segment")) for file in files]
    if not names:
        return set()
    rows = newest_wins(pa.concat_tables(names), Shape("", columns.RECORDS, "id", "from_at", "", ""))
    ids, instants = rows["id"].to_pylist(), columns.int64s(rows["from_at"]).tolist()
    return {
        (ids[i], instants[i])
        for i in range(len(ids))
        if i + 1 == len(ids) or ids[i + 1] != ids[i] or instants[i + 1] > cutoff
    }


def _named(rows: pa.Table, stays: set[tuple[str, int]]) -> pa.Array:
    pairs = zip(rows["id"].to_pylist(), columns.int64s(rows["from_at"]).tolist(), strict=True)
    return pa.array([pair in stays for pair in pairs], pa.bool_())


def forget_empty_deliveries(database: Database, *, now: datetime) -> int:
    """Forget deliveries that brought nothing new, once nobody would send them again."""
    with database.transaction() as cursor:
        cursor.execute(
            "DELETE FROM segment WHERE rows = 0 AND received_at < ?", (micros(now - _EMPTY_KEPT),)
        )
        return cursor.rowcount


def sealed_streams(database: Database) -> tuple[str, ...]:
    """Name every stream that may have a sealed table."""
    with database.reading() as cursor:
        cursor.execute("SELECT DISTINCT stream FROM segment WHERE rows > 0")
        return tuple(sorted(row[0] for row in cursor.fetchall()))
