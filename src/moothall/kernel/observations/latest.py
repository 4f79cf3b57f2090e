"""Reads what is newest: the latest of each series and the current records. No Arrow needed."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from moothall.kernel.observations.catalogue import COLUMNS, WIDTH, conditions, series_of
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Latest, RecordEntry, instant
from moothall.values.observations import Observation, Origin, Quality, Record
from moothall.values.places import Box

_LATEST = "at, until, value, text, quality, origin, segment"
_CURRENT = "id, from_at, fields, geometry, gone, origin, feed, segment"


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
    for condition, value in _further(cursor, keys, after):
        where += f" {'AND' if where else 'WHERE'} {condition}"
        asked.append(value)
    cursor.execute(
        f"SELECT {COLUMNS}, {_LATEST} FROM series JOIN latest ON latest.series = series.id"
        f"{' ' if where else ''}{where} ORDER BY key",
        asked,
    )
    rows = cursor.fetchall()
    sources = sources_of(cursor, {row[WIDTH + 6] for row in rows})
    nobody = ("", "", None)
    return tuple(_latest(row, sources.get(row[WIDTH + 6], nobody)) for row in rows)


def state_of(cursor: Cursor) -> tuple[int, int, int]:
    """Return the newest segment's number, and two that change when facts or series do otherwise."""
    cursor.execute(
        "SELECT (SELECT max(id) FROM segment), count(*), max(CASE WHEN feed = '' THEN at END)"
        " FROM spoken"
    )
    row = cursor.fetchone() or (0, 0, 0)
    return (int(row[0] or 0), int(row[1]), int(row[2] or 0))


def keys_of(cursor: Cursor, feed: str) -> set[str]:
    """Return the keys of a feed's series."""
    cursor.execute("SELECT key FROM series WHERE feed = ?", (feed,))
    return {row[0] for row in cursor.fetchall()}


def _further(
    cursor: Cursor, keys: Iterable[str] | None, after: int | None
) -> Iterable[tuple[str, Any]]:
    if keys is not None:
        yield cursor.among("series.key", list(keys))
    if after is not None:
        yield "latest.segment > ?", after


def sources_of(cursor: Cursor, segments: Iterable[int]) -> dict[int, tuple[str, str, int]]:
    """Return who brought each segment: feed, raw payload's hash, when."""
    condition, parameter = cursor.among("id", segments)
    cursor.execute(
        f"SELECT id, feed, raw, received_at FROM segment WHERE {condition}", (parameter,)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


# Pages ask the same again and again between two readings, and what a row says never changes.
@lru_cache(maxsize=8192)
def _latest(row: tuple[Any, ...], source: tuple[str, str, int | None]) -> Latest:
    at, until, value, text, quality, origin, segment = row[WIDTH:]
    feed, raw, received_at = source
    series = series_of(row)
    return Latest(
        series=series,
        observation=Observation(
            series=series.key,
            at=instant(at),
            until=None if until is None else instant(until),
            result=value if text is None else text,
            quality=Quality(quality),
            origin=Origin(origin),
        ),
        feed=feed,
        received_at=instant(at if received_at is None else received_at),
        segment=segment,
        raw=raw,
    )


def list_current(
    cursor: Cursor,
    kind: str,
    *,
    box: Box | None = None,
    ids: Iterable[str] | None = None,
    limit: int | None = None,
    gone: bool = False,
) -> tuple[RecordEntry, ...]:
    """Return the current records of a kind in the order of their ids, those gone only if asked."""
    where, parameters = "kind = ?", [kind]
    asked: list[Any] = list(parameters)
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


def _entry(kind: str, row: Sequence[Any], sources: dict[int, tuple[str, str, int]]) -> RecordEntry:
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
        received_at=instant(received_at),
        raw=raw,
        segment=segment,
    )
