"""Delimited text, as spreadsheets and scripts write it: RFC 4180 and everything near it.

Source:   https://www.rfc-editor.org/rfc/rfc4180
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from moothall.standards.tables.faults import Faults

DELIMITERS = ",;\t|"
MOST_LINES = 500
"""A quoted cell of more lines than this is a quotation mark that was never closed."""
MOST_OF_A_CELL = 1_000_000
"""Characters of one cell; what is longer is cut, and told."""
_SAMPLE = 64 * 1024


class _RunsAway(Exception):
    """A quotation mark opened in this record has not been closed for too long."""


class _Lines:
    """Hands out lines, and can take those of the record at hand back."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._again: list[str] = []
        self.given: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.given) >= MOST_LINES:
            raise _RunsAway
        line = self._again.pop() if self._again else next(self._lines)
        self.given.append(line)
        return line

    def take_back(self) -> str:
        """Return the first line of the record at hand; the others will be handed out again."""
        first, *others = self.given
        self._again.extend(reversed(others))
        self.given.clear()
        return first


def find_delimiter(text: str) -> str:
    """Tell what divides the cells: that by which most rows of a sample have equally many, >1."""
    first = text[: text.find("\n") if "\n" in text else len(text)].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4]
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in rows if row)
        except csv.Error:
            continue
        several = {width: count for width, count in widths.items() if width > 1}
        if several:
            width, count = max(several.items(), key=lambda item: (item[1], item[0]))
            score = (round(count / sum(widths.values()), 1), width)
            if score > best:
                best, found = score, delimiter
    return found


def read_records(text: str, delimiter: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Read text as records: the number of each record's row, and its cells.

    Shape:   rows are counted as a spreadsheet counts them: a cell of several lines is one row.
    """
    lines = _Lines(text)
    number = 0
    while True:
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            for cells in reader:
                if len(lines.given) > 1 and "".join(lines.given).count('"') % 2:
                    raise _RunsAway  # The text ended before the cell did.
                number += 1
                yield number, _within(cells, number, faults)
                lines.given.clear()
        except (_RunsAway, csv.Error) as fault:
            number += 1
            record = "".join(lines.given)
            if isinstance(fault, csv.Error) and record.count('"') % 2 == 0:
                # A cell longer than Python's reader takes: the outline of a ward, say.
                lines.given.clear()
                yield number, _within(_split(record, delimiter), number, faults)
                continue
            line = lines.take_back().rstrip("\r\n")
            faults.add("unclosed-quote", row=number, value=line)
            cells = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
            yield number, _within(cells, number, faults)
            continue
        return


def _split(record: str, delimiter: str) -> list[str]:
    """Divide one record of whole cells, however long they are."""
    cell = re.compile(
        rf'(?:"((?:[^"]|"")*)"[^{re.escape(delimiter)}]*|([^{re.escape(delimiter)}]*))'
    )
    cells, at, record = [], 0, record.rstrip("\r\n")
    while (found := cell.match(record, at)) is not None:
        quoted, bare = found.groups()
        cells.append(bare if quoted is None else quoted.replace('""', '"'))
        at = found.end() + 1
        if at > len(record):
            break
    return cells


def _within(cells: list[str], number: int, faults: Faults) -> list[str]:
    if max(map(len, cells), default=0) <= MOST_OF_A_CELL:
        return cells
    for cell in cells:
        if len(cell) > MOST_OF_A_CELL:
            faults.add("too-long", row=number, value=cell)
    return [cell[:MOST_OF_A_CELL] for cell in cells]
