"""Where the headings of a table stand, and what they are."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moothall.standards.tables.faults import Faults

LOOK_AT = 40
"""How many rows of a file are looked at."""
MOST_HEADING_ROWS = 3
MOST_OF_A_NAME = 200
_VALUE = re.compile(
    r"[£$€(+\-−]?\s*\d[\d,. ]*(?:[eE][+-]?\d+)?\s*[%)]?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"
)
_YEAR = re.compile(r"(?:19|20)\d\d(?:\s*[-/–]\s*(?:19|20)?\d\d)?")
_SPACE = re.compile("[\\s\ufeff\u200b]+")


@dataclass(frozen=True, slots=True)
class Headings:
    """What the columns are called, and how many rows stand before the first row of the table."""

    names: tuple[str, ...]
    rows: int


def find(rows: Sequence[Sequence[str]], faults: Faults) -> Headings:
    """Find the headings among the first rows of a file.

    Shape:   what stands above them (a title, a note) is told and left out; headings in several
             rows, whose upper cells were merged over several columns, become one each.
    """
    if not rows:
        return Headings((), 0)
    width = _width(rows)
    top = _first_full(rows, width)
    for number, row in enumerate(rows[:top], start=1):
        text = " ".join(cell.strip() for cell in row if cell.strip())
        if text:
            faults.add("text-above", row=number, value=text)
    if not _is_heading(rows[top], rows[top + 1 :]):
        faults.add("no-headings")
        return Headings(tuple(f"column_{n}" for n in range(1, width + 1)), top)
    count = _count(rows[top:])
    if count > 1:
        faults.add("headings-merged", row=top + 1)
    width = max(width, *map(_filled_until, rows[top : top + count]))
    names = _join([_padded(row, width) for row in rows[top : top + count]])
    return Headings(_told_apart(names, faults), top + count)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _filled_until(row: Sequence[str]) -> int:
    return max((n for n, cell in enumerate(row, start=1) if cell.strip()), default=0)


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Tell how many columns most rows have, by their last cell that is not empty."""
    widths = Counter(_filled_until(row) for row in rows if _filled(row))
    return max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]


def _first_full(rows: Sequence[Sequence[str]], width: int) -> int:
    """Tell which row is the first that is more than a title: not one cell of a wide table."""
    for number, row in enumerate(rows):
        filled = _filled(row)
        if filled and (filled > max(1, width // 3) or width == 1):
            return number
    return 0


def _is_value(cell: str) -> bool:
    return _VALUE.fullmatch(cell.strip()) is not None


def _is_heading(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row heads a table: no values in it, or only years after a first text."""
    cells = [cell.strip() for cell in row if cell.strip()]
    values = [cell for cell in cells if _is_value(cell)]
    if not values:
        return True
    if all(_YEAR.fullmatch(cell) for cell in values) and len(values) < len(cells):
        # Years head columns of figures; a row of the table would repeat below in kind.
        rows = [r for r in below if _filled(r)]
        return not rows or not all(
            _YEAR.fullmatch(cell.strip())
            for r in rows[:5]
            for cell, over in zip(r, row, strict=False)
            if _YEAR.fullmatch(over.strip()) and cell.strip()
        )
    return len(values) * 5 < len(cells) or _is_ladder(values)


def _is_ladder(values: Sequence[str]) -> bool:
    """Tell whether values count up by one, as ages that head columns do."""
    figures = [int(value) for value in values if value.isdecimal()]
    return len(figures) >= max(3, len(values) - 1) and all(
        after == before + 1 for before, after in pairwise(figures)
    )


def _count(rows: Sequence[Sequence[str]]) -> int:
    """Tell in how many rows the headings stand.

    A row with gaps that the next row fills was merged over it, if that next one has no values and
    the rows under it have some.
    """
    for count in range(1, min(MOST_HEADING_ROWS, len(rows) - 1)):
        upper, lower = rows[count - 1], rows[count]
        gaps = [
            n
            for n, cell in enumerate(lower)
            if cell.strip() and not "".join(upper[n : n + 1]).strip()
        ]
        below = [row for row in rows[count + 1 :] if _filled(row)]
        under = sum(1 for row in below[:5] for n in gaps if n < len(row) and _is_value(row[n]))
        if (
            not gaps
            or not under
            or any(_is_value(c) and not _YEAR.fullmatch(c.strip()) for c in lower)
        ):
            return count
    return min(MOST_HEADING_ROWS, max(1, len(rows) - 1))


def _padded(row: Sequence[str], width: int) -> list[str]:
    cells = [_SPACE.sub(" ", cell).strip() for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _join(rows: Sequence[list[str]]) -> list[str]:
    for row in rows[:-1]:
        for n in range(1, len(row)):
            # A merged cell stands in its first column only.
            row[n] = row[n] or row[n - 1]
    return [
        " ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*rows, strict=True)
    ]


def _told_apart(names: Sequence[str], faults: Faults) -> tuple[str, ...]:
    """Give each column a name of its own: by number where it has none, numbered where it is one
    of several."""
    taken: set[str] = set()
    apart = []
    for number, name in enumerate(names, start=1):
        chosen = name[:MOST_OF_A_NAME]
        if not chosen:
            chosen = f"column_{number}"
            faults.add("unnamed-column", column=chosen)
        if chosen.casefold() in taken:
            first, count = chosen, 2
            while f"{first}_{count}".casefold() in taken:
                count += 1
            chosen = f"{first}_{count}"
            faults.add("duplicate-column", column=chosen, value=first)
        taken.add(chosen.casefold())
        apart.append(chosen)
    return tuple(apart)
