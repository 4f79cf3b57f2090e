"""CSV as strangers write it: in any of three encodings, with rows that cannot be read among others.

Source:   RFC 4180
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence

from moothall.values.issues import Issues

_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WINDOWS = [bytes([byte]).decode("cp1252", errors="replace") for byte in range(256)]


def _as_windows(fault: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not UTF-8 as Excel writes them; those that are nothing show as such."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    # Of a payload that is no text this is asked for every other byte.
    return "".join([_WINDOWS[byte] for byte in fault.object[fault.start : fault.end]]), fault.end


codecs.register_error("moothall-cp1252", _as_windows)


def decode(body: bytes) -> str:
    """Read bytes as text: UTF-8, UTF-16 where they begin as such, Windows-1252 where neither."""
    encoding = next((name for mark, name in _ENCODINGS if body.startswith(mark)), "utf-8")
    return body.decode(encoding, errors="moothall-cp1252")


MOST_SIGNS = 131_072
"""Of one cell: one that is longer has lost its closing quotation mark."""
MOST_COLUMNS = 16_384
"""As many as a spreadsheet has. Whoever looks for a column's name looks through them all."""


class Rows:
    """The rows of a file, one after another, each with the number of its last line.

    A row that cannot be read is passed over, and is one of the issues when all have been given.
    """

    def __init__(self, body: bytes, *, delimiter: str = ",") -> None:
        csv.field_size_limit(MOST_SIGNS)  # one for the whole process, which a library may move
        # Without newline="" a line end within quotation marks would be changed.
        self._rows = csv.reader(io.StringIO(decode(body), newline=""), delimiter=delimiter)
        self._issues = Issues()

    def heading(self) -> list[str]:
        """Read the first row, as names without blanks; errors: ValueError if it is no row."""
        try:
            names = next(self._rows, [])
        except csv.Error as fault:
            raise ValueError(f"not a CSV file: {fault}") from fault
        if len(names) > MOST_COLUMNS:
            raise ValueError(f"not a table: its first row has {len(names):,} columns")
        return [name.strip() for name in names]

    def issues(self) -> Issues:
        """Say which of the rows given so far could not be read."""
        return self._issues

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        rows = self._rows
        while True:
            try:
                for cells in rows:
                    yield rows.line_num, cells
            except csv.Error as fault:
                # The reader goes on with the next line.
                self._issues.note(f"line {rows.line_num}", f"it cannot be read: {fault}")
            else:
                return


def find_column(heading: Sequence[str], *names: str) -> int | None:
    """Find the column that has the first of these names there is; None if there is none.

    Errors:  ValueError if two columns have it: nobody knows which is meant.
    """
    for name in names:
        if name in heading:
            if heading.count(name) > 1:
                raise ValueError(f"two columns are called {name}")
            return heading.index(name)
    return None
