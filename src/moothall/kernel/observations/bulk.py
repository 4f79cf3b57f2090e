"""Writes many rows at once, each database in the way that is quickest there."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from moothall.kernel.observations.database import Cursor

_ROWS_A_STATEMENT = 100
_NUMBERS = {"int2", "int8", "float8"}
# Binary COPY: a signature, flags and a header's length; each row a count, each field its length.
_COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_ENDS = b"\xff\xff"
_RAISED = [
    ("fields", ">i2"),
    ("series_is", ">i4"), ("series", ">i8"),
    ("at_is", ">i4"), ("at", ">i8"),
    ("value_is", ">i4"), ("value", ">f8"),
]  # fmt: skip


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
    _in_statements(cursor, sql, row, columns)


def raise_latest(cursor: Cursor, series: Any, at: Any, value: Any, *, segment: int) -> None:
    """Set what changes in a steady stream: instant, value and segment of series that are there.

    Shape:   arrays of equal length; every series has its row in `latest`.
    """
    if cursor.postgres:
        _copy_latest(cursor, series, at, value, segment)
        return
    # Each row is there, so that the zeros never stand: an upsert of many rows is one statement.
    _in_statements(
        cursor,
        "INSERT INTO latest (segment, series, at, value, quality, origin, first_at) {rows}"
        " ON CONFLICT (series) DO UPDATE SET"
        " segment = excluded.segment, at = excluded.at, value = excluded.value",
        "(?1, ?, ?, ?, 0, 0, 0)",
        (series.tolist(), at.tolist(), value.tolist()),
        first=(segment,),
    )


def begin_earlier(cursor: Cursor, series: list[int], first_at: list[int]) -> None:
    """Set from when on series that are there have observations."""
    write_columns(
        cursor,
        "INSERT INTO latest (series, first_at, at, quality, origin, segment)"
        " SELECT s.*, 0, 0, 0, 0 FROM ({rows}) s WHERE true"
        " ON CONFLICT (series) DO UPDATE SET first_at = excluded.first_at",
        (series, first_at),
        ("int8", "int8"),
    )


def _in_statements(
    cursor: Cursor,
    sql: str,
    row: str,
    columns: Sequence[Sequence[Any]],
    first: tuple[Any, ...] = (),
) -> None:
    width, count = len(columns), len(columns[0])
    flat = list(chain.from_iterable(zip(*columns, strict=True)))
    for start in range(0, count, _ROWS_A_STATEMENT):
        rows = min(_ROWS_A_STATEMENT, count - start)
        cursor.raw.execute(
            sql.format(rows=f"VALUES {', '.join([row] * rows)}"),
            [*first, *flat[start * width : (start + rows) * width]],
        )


def _copy_latest(cursor: Cursor, series: Any, at: Any, value: Any, segment: int) -> None:
    rows = np.empty(len(series), dtype=_RAISED)
    rows["fields"] = 3
    for name, given in (("series", series), ("at", at), ("value", value)):
        rows[f"{name}_is"], rows[name] = 8, given
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS arriving"
        " (series BIGINT, at BIGINT, value DOUBLE PRECISION) ON COMMIT DELETE ROWS"
    )
    with cursor.raw.copy("COPY arriving FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_COPY_BEGINS + rows.tobytes() + _COPY_ENDS)
    cursor.execute(
        "UPDATE latest SET at = a.at, value = a.value, segment = ? FROM arriving a"
        " WHERE latest.series = a.series",
        (segment,),
    )
    cursor.execute("DELETE FROM arriving")


def _array(column: Sequence[Any]) -> str:
    return "{" + ",".join("NULL" if v is None else repr(v) for v in column) + "}"
