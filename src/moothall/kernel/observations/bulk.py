"""Writes many rows at once, each database in the way that is quickest there."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from moothall.kernel.observations import blocks
from moothall.kernel.observations.database import Cursor

_ROWS_A_STATEMENT = 100
_NUMBERS = {"int2", "int8", "float8"}


def write_columns(
    cursor: Cursor, sql: str, columns: Sequence[Sequence[Any]], types: Sequence[str]
) -> None:
    """Write many rows, given column by column.

    Shape:   `sql` says `{rows}` where VALUES would stand; `types` are PostgreSQL's names.
    """
    if not columns or not len(columns[0]):
        return
    if cursor.postgres:
        # An array of numbers is quicker said as one text than value by value.
        arrays = (f"?::text::{t}[]" if t in _NUMBERS else f"?::{t}[]" for t in types)
        said = [
            _array(column) if type_ in _NUMBERS else list(column)
            for column, type_ in zip(columns, types, strict=True)
        ]
        cursor.execute(sql.format(rows=f"SELECT * FROM unnest({', '.join(arrays)})"), said)
        return
    row = f"({', '.join('?' * len(columns))})"
    width, count = len(columns), len(columns[0])
    flat = list(chain.from_iterable(zip(*columns, strict=True)))
    for start in range(0, count, _ROWS_A_STATEMENT):
        rows = min(_ROWS_A_STATEMENT, count - start)
        cursor.raw.execute(
            sql.format(rows=f"VALUES {', '.join([row] * rows)}"),
            flat[start * width : (start + rows) * width],
        )


def write_blocks(
    cursor: Cursor, numbers: list[int], segments: list[int], bodies: bytes, texts: list[str | None]
) -> None:
    """Write blocks of what stands as newest, their bodies given end to end."""
    sql = (
        "INSERT INTO newest (block, segment, body, texts) {rows} ON CONFLICT (block) DO UPDATE"
        " SET segment = excluded.segment, body = excluded.body, texts = excluded.texts"
    )
    size = blocks.SIZE
    if cursor.postgres:
        # Cut up over there: to send as many values, each said apart, takes longer than the rest.
        cut = f"substring(?::bytea FROM (n.place - 1)::int * {size} + 1 FOR {size})"
        given = "unnest(?::text::int8[], ?::text::int8[], ?::text[]) WITH ORDINALITY"
        cursor.execute(
            sql.format(
                rows=f"SELECT n.block, n.segment, {cut}, n.said FROM {given}"
                " AS n(block, segment, said, place)"
            ),
            (bodies, _array(numbers), _array(segments), texts),
        )
        return
    cut_up = [bodies[start : start + size] for start in range(0, len(bodies), size)]
    write_columns(cursor, sql, (numbers, segments, cut_up, texts), ())


def _array(column: Sequence[Any]) -> str:
    return "{" + ",".join("NULL" if v is None else repr(v) for v in column) + "}"
