"""Reads what is newest: the latest of each series and the current records. No Arrow needed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any

from moothall.kernel.observations import blocks
from moothall.kernel.observations.catalogue import COLUMNS, conditions, series_of
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Latest, RecordEntry, Shown, instant
from moothall.values.observations import Origin, Record, Series
from moothall.values.places import Box

_CURRENT = "id, from_at, fields, geometry, gone, origin, feed, segment"
Source = tuple[str, str, int | None]
_NOBODY: Source = ("", "", None)


def list_latest(
    cursor: Cursor,
    *,
    keys: Iterable[str] | None = None,
    prefix: str | None = None,
    feed: str | None = None,
    after: int | None = None,
) -> tuple[Latest, ...]:
    """Return the latest of the series meant, in the order of their keys."""
    where, parameters = conditions(key=None, feed=feed, prefix=prefix)
    asked: list[Any] = list(parameters)
    if keys is not None:
        condition, parameter = cursor.among("series.key", list(keys))
        where += f" {'AND' if where else 'WHERE'} {condition}"
        asked.append(parameter)
    cursor.execute(f"SELECT id, {COLUMNS} FROM series {where} ORDER BY key", asked)
    series = {row[0]: series_of(row[1:]) for row in cursor.fetchall()}
    stands = {row[0]: row for row in blocks.read(cursor, numbers=series, after=after)}
    numbers = [number for number in series if number in stands]
    sources = sources_of(cursor, {row[5] for row in stands.values()})
    return made_of(numbers, series, stands, sources)


def made_of(
    numbers: Sequence[int],
    series: Mapping[int, Series],
    stands: Mapping[int, blocks.Row],
    sources: Mapping[int, Source],
) -> tuple[Latest, ...]:
    """Put together what is known of some series, which have all been observed."""
    rows = [stands[number] for number in numbers]
    known = [series[number] for number in numbers]
    came = map(sources.get, [row[5] for row in rows], repeat(_NOBODY))
    parts = zip(known, rows, came, repeat(Shown(known, rows)), range(len(rows)))
    return tuple(map(partial(tuple.__new__, Latest), parts))


def state_of(cursor: Cursor) -> tuple[int, int, int]:
    """Return the newest segment's number, and two that change when facts or series do otherwise."""
    cursor.execute(
        "SELECT (SELECT max(id) FROM segment), count(*), max(CASE WHEN feed = '' THEN at END)"
        " FROM spoken"
    )
    row = cursor.fetchone() or (0, 0, 0)
    return (int(row[0] or 0), int(row[1]), int(row[2] or 0))


def sources_of(cursor: Cursor, segments: Iterable[int]) -> dict[int, Source]:
    """Return who brought each segment: feed, raw payload's hash, when."""
    condition, parameter = cursor.among("id", segments)
    cursor.execute(
        f"SELECT id, feed, raw, received_at FROM segment WHERE {condition}", (parameter,)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def list_current(
    cursor: Cursor,
    kind: str,
    *,
    box: Box | None = None,
    ids: Iterable[str] | None = None,
    limit: int | None = None,
    gone: bool = False,
    after: int | None = None,
) -> tuple[RecordEntry, ...]:
    """Return the current records of a kind in the order of their ids, those gone only if asked.

    Shape:   `after` leaves out what came in that segment or before it.
    """
    where, parameters = "kind = ?", [kind]
    asked: list[Any] = list(parameters)
    if after is not None:
        where += " AND segment > ?"
        asked.append(after)
    if not gone:
        where += " AND gone = 0"
    if ids is not None:
        condition, parameter = cursor.among("id", list(ids))
        where += f" AND {condition}"
        asked.append(parameter)
    if box is not None:
        where += " AND west <= ? AND east >= ? AND south <= ? AND north >= ?"
        asked += [box.east, box.west, box.north, box.south]
    if limit is not None:
        where += " ORDER BY id LIMIT ?"
        asked.append(limit)
    else:
        where += " ORDER BY id"
    cursor.execute(f"SELECT {_CURRENT} FROM record_current WHERE {where}", asked)
    rows = cursor.fetchall()
    sources = sources_of(cursor, {row[7] for row in rows})
    return tuple(_entry(kind, row, sources) for row in rows)


def read_current(cursor: Cursor, kind: str) -> Sequence[tuple[str, int, str, str | None, int]]:
    """Return the current records of a kind as they are kept: nothing is made of each."""
    cursor.execute(
        "SELECT id, from_at, fields, geometry, origin FROM record_current"
        " WHERE kind = ? AND gone = 0",
        (kind,),
    )
    return cursor.fetchall()


def _entry(kind: str, row: Sequence[Any], sources: Mapping[int, Source]) -> RecordEntry:
    id_, from_at, fields, geometry, is_gone, origin, feed, segment = row
    _, raw, received_at = sources.get(segment, (feed, "", from_at))
    return RecordEntry(
        record=Record(
            kind=kind,
            id=id_,
            from_at=instant(from_at),
            fields=json.loads(fields),
            geometry=None if geometry is None else json.loads(geometry),
            gone=bool(is_gone),
            origin=Origin(origin),
        ),
        until_at=None,
        feed=feed,
        received_at=instant(from_at if received_at is None else received_at),
        raw=raw,
        segment=segment,
    )
