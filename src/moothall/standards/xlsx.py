"""Office Open XML workbooks: one table, as many sheets as its rows need, and a sheet about it."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import IO, TYPE_CHECKING, Any

from moothall.values.observations import Column

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.worksheet import Worksheet

ROWS = 1_048_575
"""How many rows a sheet holds below its heading."""
COLUMNS = 16_384
_CELL = 32_767
"""How many signs a cell holds."""
_EXACT = 2**53
_EARLIEST = date(1900, 3, 1)
"""Before it a spreadsheet's calendar has a day that never was."""
_WIDEST = 40


def write(
    file: IO[bytes],
    tables: "Iterable[pa.Table]",
    *,
    columns: Sequence[Column],
    about: Mapping[str, str],
    rows: int = ROWS,
) -> None:
    """Write a workbook into a file: its rows first, then what it is.

    Shape:   a text is a text, whatever it begins with; instants are UTC, and times of day are kept;
             numbers that a spreadsheet would round are written as text; what no cell can hold is
             cut, and the sheet about it says so.
    Errors:  ValueError, for more columns than a sheet has.
    """
    from xlsxwriter import Workbook

    if len(columns) > COLUMNS:
        raise ValueError(f"a sheet has {COLUMNS:,} columns, and this has {len(columns):,}")
    book = Workbook(file, {"constant_memory": True, "in_memory": False, "remove_timezone": True})
    bold = book.add_format({"bold": True})
    forms = {
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    sheet, used, sheets, cut = None, 0, 0, 0
    for table in tables:
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            if sheet is None or used == rows:
                sheets += 1
                sheet = _begin(book, f"Data {sheets}" if sheets > 1 else "Data", columns, bold)
                used = 0
            used += 1
            for place, cell in enumerate(row):
                cut += _write(sheet, used, place, cell, forms)
    if sheet is None:
        _begin(book, "Data", columns, bold)
    if cut:
        about = {**about, "Cut": f"{cut:,} texts, to the {_CELL:,} signs that a cell holds"}
    _describe(book.add_worksheet("About"), about, columns, bold)
    book.close()


def _begin(book: Any, name: str, columns: Sequence[Column], bold: Any) -> "Worksheet":
    sheet: Worksheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        wide = 20 if column.type == "datetime" else min(max(len(column.name) + 2, 10), _WIDEST)
        sheet.set_column(place, place, wide)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name[:_CELL], bold)
    return sheet


def _write(sheet: "Worksheet", row: int, place: int, cell: Any, forms: Mapping[str, Any]) -> bool:
    """Write a cell; return whether it had to be cut."""
    if cell is None:
        return False
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell)
    elif isinstance(cell, int | float):
        if math.isfinite(cell) and abs(cell) <= _EXACT:
            sheet.write_number(row, place, cell)
        else:
            sheet.write_string(row, place, str(cell))
    elif isinstance(cell, datetime):
        at = cell if cell.tzinfo is None else cell.astimezone(UTC)
        if at.date() >= _EARLIEST:
            sheet.write_datetime(row, place, at, forms["datetime"])
        else:
            sheet.write_string(row, place, at.isoformat())
    elif isinstance(cell, date):
        if cell >= _EARLIEST:
            sheet.write_datetime(row, place, cell, forms["date"])
        else:
            sheet.write_string(row, place, cell.isoformat())
    else:
        text = str(cell)
        sheet.write_string(row, place, text[:_CELL])
        return len(text) > _CELL
    return False


def _describe(
    sheet: "Worksheet", about: Mapping[str, str], columns: Sequence[Column], bold: Any
) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    lines = [*about.items(), ("", ""), ("Column", "Meaning"), *_meanings(columns)]
    for row, (name, said) in enumerate(lines):
        sheet.write_string(row, 0, name[:_CELL], bold)
        sheet.write_string(row, 1, said[:_CELL])


def _meanings(columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    for column in columns:
        unit = f" ({column.unit})" if column.unit else ""
        yield column.name, f"{column.meaning}{unit}".strip() or column.type
