"""Spreadsheets: the rows of the one sheet that has the most, as texts.

Source:   ECMA-376 (XLSX), OASIS OpenDocument 1.3 (ODS), read with calamine
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from moothall.standards.tables.faults import Faults
from moothall.standards.zipped import Archive, is_zip

MOST_CELLS = 40_000_000


def read_rows(body: bytes, faults: Faults, *, most_bytes: int) -> Iterator[list[str]]:
    """Read the sheet with the most cells; errors: ValueError if it cannot be opened."""
    if is_zip(body):
        # Unpacked once within bounds, before a reader that has none is given it.
        archive = Archive(body, max_bytes=most_bytes)
        for name in archive.names():
            archive.read(name)
    sheets = _open(body)
    best = max(sheets, key=_size)
    if _size(best) > MOST_CELLS:
        raise ValueError(f"The sheet has more than {MOST_CELLS:,} cells.")
    for sheet in sheets:
        if sheet is not best:
            faults.add("other-sheets", value=sheet.name)
    return ([_words(cell) for cell in row] for row in best.iter_rows())


def _size(sheet: CalamineSheet) -> int:
    return sheet.total_height * sheet.total_width


def _open(body: bytes) -> list[CalamineSheet]:
    """Open the sheets that have something in them; errors: ValueError."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        names = [m.name for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
        sheets = [sheet for sheet in map(book.get_sheet_by_name, names) if _size(sheet)]
    except (CalamineError, ValueError, OSError, KeyError) as fault:
        raise ValueError(f"The workbook cannot be read: {str(fault).rstrip('.')}.") from fault
    except BaseException as fault:
        # What the reader, which is not written in Python, raises when it gives up.
        if type(fault).__name__ != "PanicException":
            raise
        raise ValueError("The workbook cannot be read: it is damaged.") from None
    if not sheets:
        raise ValueError("The workbook has no sheet with anything in it.")
    return sheets


def _words(cell: Any) -> str:
    """Write a cell as a person would type it; a day at midnight as a day."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta | int) else ""
