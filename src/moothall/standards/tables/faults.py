"""What can be wrong with a table, and who must mend it. Faults are kept in columns: a file may
have half a million."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from moothall.values.observations import Mender, Severity

MOST_OF_A_VALUE = 500
"""How many characters of a value at fault are kept with it."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of fault."""

    severity: Severity
    mender: Mender
    words: str


def _publisher(severity: Severity, words: str) -> Sort:
    return Sort(severity, Mender.PUBLISHER, words)


SORTS: Mapping[str, Sort] = {
    # The file as a whole.
    "wrong-extension": _publisher(Severity.INFO, "The file is not what its name says it is"),
    "encoding-guessed": _publisher(Severity.INFO, "The file is not UTF-8: read as Windows-1252"),
    "encoding-mixed": _publisher(Severity.WARNING, "Read as Windows-1252, unlike the other rows"),
    "mojibake": _publisher(Severity.WARNING, "Looks like UTF-8 that was read as Windows-1252"),
    "unreadable-character": _publisher(Severity.WARNING, "Has characters that nobody can read"),
    "other-sheets": _publisher(Severity.INFO, "The workbook has other sheets, which are not read"),
    "empty": _publisher(Severity.ERROR, "There is no row in it"),
    # Its shape.
    "text-above": _publisher(
        Severity.INFO, "Stands above the heading, and is not part of the table"
    ),
    "headings-merged": _publisher(Severity.INFO, "Headings stand in several rows: read as one"),
    "no-headings": _publisher(Severity.WARNING, "The columns have no headings: named by number"),
    "unnamed-column": _publisher(Severity.WARNING, "A column has no heading: named by its number"),
    "duplicate-column": _publisher(Severity.WARNING, "Two columns share a heading: numbered"),
    "blank-row": _publisher(Severity.INFO, "The row is empty, and left out"),
    "missing-cells": _publisher(
        Severity.WARNING, "The row has fewer cells than there are headings"
    ),
    "extra-cells": _publisher(Severity.ERROR, "The row has more cells than there are headings"),
    "unclosed-quote": _publisher(Severity.ERROR, "A quotation mark is opened and never closed"),
    "repeated-headings": _publisher(Severity.INFO, "The row repeats the headings, and is left out"),
    # Its cells.
    "no-data-word": _publisher(Severity.INFO, "A word or sign that means no value"),
    "spreadsheet-error": _publisher(Severity.WARNING, "A formula of the spreadsheet failed"),
    "not-an-integer": _publisher(Severity.ERROR, "Not a whole number"),
    "not-a-number": _publisher(Severity.ERROR, "Not a number"),
    "not-a-date": _publisher(Severity.ERROR, "Not a date that exists"),
    "not-a-datetime": _publisher(Severity.ERROR, "Not a date and time that exist"),
    "not-a-boolean": _publisher(Severity.ERROR, "Neither yes nor no"),
    "number-style": _publisher(
        Severity.WARNING, "A number written unlike the others of its column"
    ),
    "date-style": _publisher(Severity.WARNING, "A date written unlike the others of its column"),
    "date-ambiguous": _publisher(Severity.WARNING, "May be day and month, or month and day"),
    "no-time-zone": _publisher(Severity.INFO, "The times do not say their zone"),
    "formula": _publisher(Severity.WARNING, "A spreadsheet may take the text for a formula"),
    "control-character": _publisher(Severity.WARNING, "Has characters that cannot be seen"),
    "too-long": _publisher(Severity.WARNING, "The text is longer than a cell may be: cut"),
    "not-a-geometry": _publisher(Severity.ERROR, "Not a place that can be drawn"),
    "no-projection": _publisher(Severity.WARNING, "Does not say its projection: read as WGS 84"),
}
"""Every sort of fault, by its code."""

SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("column", pa.string()),
        ("sort", pa.string()),
        ("value", pa.string()),
    ]
)
"""One fault a row. `row` is counted as a spreadsheet counts: the first line of the file is 1; null
where it is about the whole column or file."""


class Faults:
    """Gathers the faults of one file."""

    def __init__(self) -> None:
        self._single: list[tuple[int | None, str, str, str]] = []
        self._parts: list[pa.Table] = []

    def add(self, sort: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        """Note one fault; errors: KeyError for a sort there is none of."""
        SORTS[sort]
        self._single.append((row, column, sort, value[:MOST_OF_A_VALUE]))

    def add_rows(self, sort: str, *, rows: Any, values: Any, column: str = "") -> None:
        """Note a fault of one sort in many rows of a column.

        Shape:   `rows` whole numbers, `values` texts, as long as each other.
        Errors:  KeyError for a sort there is none of.
        """
        SORTS[sort]
        count = len(rows)
        if not count:
            return
        texts = pa.array(values, pa.string()) if isinstance(values, Sequence) else values
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        self._parts.append(
            pa.table(
                [
                    pa.array(rows, pa.int64()),
                    pa.repeat(pa.scalar(column, pa.string()), count),
                    pa.repeat(pa.scalar(sort, pa.string()), count),
                    pc.utf8_slice_codeunits(texts, 0, MOST_OF_A_VALUE),
                ],
                schema=SCHEMA,
            )
        )

    def table(self) -> pa.Table:
        """Return them all, those of the whole file first, then row by row."""
        whole = pa.table(
            [
                pa.array(part, field.type)
                for part, field in zip(self._columns(), SCHEMA, strict=True)
            ],
            schema=SCHEMA,
        )
        faults = pa.concat_tables([whole, *self._parts]).combine_chunks()
        order = pc.sort_indices(pc.fill_null(faults["row"], 0))
        return faults.take(order)

    def _columns(self) -> Sequence[Sequence[Any]]:
        return list(zip(*self._single, strict=True)) if self._single else [[], [], [], []]
