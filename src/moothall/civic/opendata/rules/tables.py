"""What an officer says of a table, laid upon what was read of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from moothall.standards.tables.reading import Reading, name_file_row
from moothall.values.observations import Column

TYPES = ("string", "integer", "number", "boolean", "date", "datetime")
HALF = 0.5
PROMISES = (1, 7, 30, 91, 182, 365, 1826)
"""How often a table may be promised anew, in days."""

Said = Mapping[str, Mapping[str, Any]]
"""By column: type, unit, meaning, people, out. What is not said is left as it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A table as it would be published."""

    table: pa.Table
    columns: tuple[Column, ...]
    faults: pa.Table


def declare(said: Said) -> tuple[Column, ...]:
    """Name the columns whose type is said, and so not guessed."""
    return tuple(
        Column(name=name, type=about["type"]) for name, about in said.items() if about.get("type")
    )


def say(columns: Sequence[Column]) -> dict[str, dict[str, str]]:
    """Say of columns what a schema does: type, meaning and unit."""
    return {
        one.name: {"type": one.type, "meaning": one.meaning, "unit": one.unit} for one in columns
    }


def merge(before: Said, said: Said) -> dict[str, dict[str, Any]]:
    """Lay what is said of columns upon what was said of them before."""
    merged = {name: dict(about) for name, about in before.items()}
    for name, about in said.items():
        merged[name] = {**merged.get(name, {}), **about}
    return merged


def shape(found: Reading, said: Said) -> Shaped:
    """Leave out the columns that are to be left out, and describe the others as an officer does.

    Leaves:  with a column go its faults, and what was told of whole rows it stood in.
    """
    out = {name for name, about in said.items() if about.get("out")}
    kept = tuple(column for column in found.columns if column.name not in out)
    table = found.table.drop_columns([c.name for c in found.columns if c.name in out])
    number = name_file_row(column.name for column in found.columns)
    told_by = name_file_row(column.name for column in kept)
    table = table.rename_columns([told_by if n == number else n for n in table.column_names])
    faults = found.faults
    if out:
        faults = faults.filter(pc.invert(pc.is_in(faults["column"], pa.array(sorted(out)))))
        of_rows = pc.equal(faults["column"], "")
        told = pc.if_else(of_rows, pa.scalar("", pa.string()), faults["value"])
        faults = faults.set_column(faults.column_names.index("value"), "value", told)
    return Shaped(table=table, columns=tuple(_said(column, said) for column in kept), faults=faults)


def _said(column: Column, said: Said) -> Column:
    about = said.get(column.name, {})
    return replace(
        column,
        unit=about.get("unit") or column.unit,
        meaning=about.get("meaning") or column.meaning,
        people=bool(about.get("people", column.people)),
    )


def ask_twice(
    *, rows_before: int, rows_after: int, before: Sequence[Column], after: Sequence[Column]
) -> tuple[str, ...]:
    """Name what in a new version should be meant: "half-gone", "columns-changed"."""
    asked = []
    if rows_after < rows_before * HALF:
        asked.append("half-gone")
    if {(c.name, c.type) for c in before} != {(c.name, c.type) for c in after}:
        asked.append("columns-changed")
    return tuple(asked)
