"""Seals: moves segments into their stream's Delta table, each exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import blocks, columns, mending
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import micros
from moothall.kernel.observations.shapes import OLD, Shape, newest_wins, ranks
from moothall.values.observations import Origin

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

    from moothall.kernel.observations.sealed import SealedFile, SealedTable

_ROWS_AT_ONCE = 2_000_000
_SIMULATED_KEPT = timedelta(days=1)
_TAILED_FOR = timedelta(minutes=2)
_TAILED_SEGMENTS = 1_000
_RIPE_ROWS = 100_000
_RIPE_SEGMENTS = 200
"""So many are worth a file, and more would be slow to read where they wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What sealing did."""

    segments: int = 0
    rows: int = 0
    """Written; repeats of what was sealed before are not."""
    rewritten: int = 0
    """Sealed files written anew because a revision replaced a row in them."""
    busy: bool = False
    """Whether another process was sealing, so that this one did nothing."""

    def __add__(self, other: "Sealing") -> "Sealing":
        return Sealing(
            segments=self.segments + other.segments,
            rows=self.rows + other.rows,
            rewritten=self.rewritten + other.rewritten,
        )


def list_waiting(database: Database, came_by: datetime) -> tuple[tuple[str, bool], ...]:
    """Name the streams with bodies in the database, and whether to seal each now.

    Shape:   it is time when much waits, or when something waits that came by an instant.
    """
    waits = "CASE WHEN id > coalesce(segment, 0) THEN"
    with database.reading() as cursor:
        cursor.execute(
            f"SELECT segment.stream, count({waits} 1 END), sum({waits} rows END),"
            f" min({waits} received_at END) FROM segment"
            " LEFT JOIN sealed_up_to ON sealed_up_to.stream = segment.stream"
            " WHERE body IS NOT NULL AND origin <> ? GROUP BY segment.stream",
            (int(Origin.SIMULATED),),
        )
        rows = cursor.fetchall()
    return tuple(
        (
            stream,
            count >= _RIPE_SEGMENTS
            or (count > 0 and (rows >= _RIPE_ROWS or oldest <= micros(came_by))),
        )
        for stream, count, rows, oldest in sorted(rows)
    )


def seal_stream(database: Database, table: "SealedTable", stream: str, *, now: datetime) -> Sealing:
    """Seal all of one stream; the caller holds the sealing lock.

    Errors:  UnableToMend.
    """
    if not table.trusted:
        mending.mend(database, table, stream)
        table.trusted = True
    # An earlier sealer may have died before it had seen its files onto the disk.
    watermark = table.snapshot().watermark
    if watermark > _settled(database, stream):
        table.store.settle_all()
        _settle(database, stream, watermark)
    done = Sealing()
    while (step := _seal_some(database, table, stream, now)).segments:
        done += step
    let_go(database, stream, now=now)
    return done


def _settled(database: Database, stream: str) -> int:
    with database.reading() as cursor:
        cursor.execute("SELECT segment FROM sealed_up_to WHERE stream = ?", (stream,))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _settle(database: Database, stream: str, watermark: int) -> None:
    """Note that all up to a segment is sealed and on disk."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO sealed_up_to (stream, segment) VALUES (?, ?) ON CONFLICT (stream)"
            " DO UPDATE SET segment = excluded.segment",
            (stream, watermark),
        )


def let_go(database: Database, stream: str, *, now: datetime) -> None:
    """Let go of sealed segments' bodies, but for the newest: whoever tails the lake needs them."""
    settled = _settled(database, stream)
    chosen = (
        "stream = ? AND id <= ? AND body IS NOT NULL AND origin <> ?"
        " AND (id <= ? OR received_at < ?)"
    )
    which = (
        stream,
        settled,
        int(Origin.SIMULATED),
        settled - _TAILED_SEGMENTS,
        micros(now - _TAILED_FOR),
    )
    with database.reading() as cursor:
        if (
            cursor.execute(f"SELECT 1 FROM segment WHERE {chosen} LIMIT 1", which).fetchone()
            is None
        ):
            return
    with database.transaction() as cursor:
        cursor.execute(f"UPDATE segment SET body = NULL WHERE {chosen}", which)


def _seal_some(database: Database, table: "SealedTable", stream: str, now: datetime) -> Sealing:
    """Seal the oldest segments, as many as fit in memory with ease, in one commit."""
    shape = table.shape
    snapshot = table.snapshot()
    chosen: list[int] = []
    certain: list[pa.Table] = []
    late_rows = 0
    with database.reading() as cursor:
        listed = cursor.execute(
            "SELECT id, rows FROM segment WHERE stream = ? AND id > ? AND body IS NOT NULL"
            " AND origin <> ? ORDER BY id",
            (stream, snapshot.watermark, int(Origin.SIMULATED)),
        ).fetchall()
        total = 0
        for number, rows in listed:
            total += rows
            if chosen and total > _ROWS_AT_ONCE:
                break
            chosen.append(number)
        if not chosen:
            return Sealing()
        condition, parameter = cursor.among("id", chosen)
        cursor.execute(
            f"SELECT id, late, body FROM segment WHERE {condition} ORDER BY id", (parameter,)
        )
        for number, late, body in cursor:
            late_rows += late
            certain.append(columns.unpack(bytes(body), segment=number, schema=shape.rows))
    fresh = newest_wins(pa.concat_tables(certain), shape)
    removed: list[SealedFile] = []
    added: list[AddAction] = []
    if late_rows:
        fresh, replaced = _settle_with_sealed(table, snapshot.files, fresh)
        for file, remaining in replaced:
            removed.append(file)
            if len(remaining):
                added.append(table.write(file.period, remaining))
    parts = shape.by_period(fresh, old_before=micros(now - OLD))
    added += [table.write(period, rows) for period, rows in parts]
    table.commit(added, removed, watermark=chosen[-1])
    _settle(database, stream, chosen[-1])
    return Sealing(segments=len(chosen), rows=len(fresh), rewritten=len(removed))


Replaced = "list[tuple[SealedFile, pa.Table]]"


def _settle_with_sealed(
    table: "SealedTable", files: "Sequence[SealedFile]", fresh: pa.Table
) -> "tuple[pa.Table, list[tuple[SealedFile, pa.Table]]]":
    """Weigh fresh rows against sealed ones for the same who and when.

    Shape:   fresh rows that repeat a sealed one are dropped; sealed rows that fresh ones revise
             are taken out of their file, which is returned with the rows it is left with.
    """
    shape = table.shape
    repeats = np.zeros(len(fresh), dtype=bool)
    replaced: list[tuple[SealedFile, pa.Table]] = []
    at = columns.int64s(fresh[shape.when])
    for file in files:
        near = np.flatnonzero((at >= file.from_at) & (at <= file.until_at))
        if not len(near):
            continue
        some = fresh.take(pa.array(near))
        keys = table.read(file, (shape.who, shape.when))
        mine, theirs = _meeting(some, keys, shape)
        if not len(mine):
            continue
        whole = table.read(file)
        alike = _say_the_same(some.take(pa.array(mine)), whole.take(pa.array(theirs)), shape)
        repeats[near[mine[alike]]] = True
        revised = theirs[~alike]
        if len(revised):
            stays = np.ones(len(whole), dtype=bool)
            stays[revised] = False
            replaced.append((file, whole.filter(pa.array(stays))))
    return fresh.filter(pa.array(~repeats)), replaced


def _meeting(
    mine: pa.Table, theirs: pa.Table, shape: Shape
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return the row numbers of two tables, pairwise, that share who and when."""
    who = ranks(pa.chunked_array([*mine[shape.who].chunks, *theirs[shape.who].chunks]))
    when = ranks(pa.chunked_array([*mine[shape.when].chunks, *theirs[shape.when].chunks]))
    # One number for both: the instants of a file lie within one period, under 2**42 µs.
    code = (who.astype(np.uint64) << np.uint64(42)) + (when - when.min()).astype(np.uint64)
    _, left, right = np.intersect1d(
        code[: len(mine)], code[len(mine) :], assume_unique=True, return_indices=True
    )
    return left, right


def _say_the_same(left: pa.Table, right: pa.Table, shape: Shape) -> "np.ndarray[Any, Any]":
    """Test row by row whether two tables of equal length say the same."""
    same = np.ones(len(left), dtype=bool)
    for name in shape.says:
        a, b = left[name], right[name]
        equal = pc.equal(a, b).fill_null(False)
        both_missing = pc.and_(a.is_null(), b.is_null())
        same &= np.asarray(pc.or_(equal, both_missing))
    return same


def forget_old_simulations(database: Database, *, now: datetime) -> int:
    """Forget segments of made-up facts from before yesterday; what they left as latest stays."""
    chosen = f"origin = {int(Origin.SIMULATED)} AND received_at < ?"
    which = (micros(now - _SIMULATED_KEPT),)
    with database.reading() as cursor:
        cursor.execute(f"SELECT id FROM segment WHERE {chosen} LIMIT 1", which)
        if cursor.fetchone() is None:
            return 0
    with database.transaction() as cursor:
        database.lock_writing(cursor)
        stands = {row[5] for row in blocks.read(cursor)}
        cursor.execute("SELECT DISTINCT segment FROM record_current")
        stands |= {row[0] for row in cursor.fetchall()}
        cursor.execute(f"SELECT id FROM segment WHERE {chosen}", which)
        condition, parameter = cursor.among("id", {row[0] for row in cursor.fetchall()} - stands)
        cursor.execute(f"DELETE FROM segment WHERE {condition}", (parameter,))
        return cursor.rowcount
