"""What a column of texts says: whole numbers, numbers, dates, instants, yes and no, or text.

A column is of a type when nine in ten of its values are; the others stand empty in it, and are told
with what they said. Each distinct value is looked at once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.standards.tables import dates, figures
from moothall.standards.tables.faults import Faults
from moothall.values.observations import Column

ENOUGH = 0.9
NO_DATA = (
    "n/a", "na", "#n/a", "nan", "nil", "none", "null", "-", "--", "–", "—", "..", "...", ":", "*",
    "c", "x", "z", "[c]", "[x]", "[z]", "[u]", "[low]", "no data", "nodata", "no value",
    "not available", "not applicable", "not recorded", "missing", "unknown", "suppressed", "tbc",
    "?",
)  # fmt: skip
"""Words and signs that stand for no value in a column of figures, dates or yes and no; the ones in
brackets are the Government Statistical Service's. In a column of texts they are texts."""
ERRORS = ("#ref!", "#value!", "#name?", "#div/0!", "#num!", "#null!", "#getting_data", "#spill!")
BLANK = "\u00a0\u2007\u202f\ufeff \t\r\n\v\f"
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_FORMULA = r"^[=@]|^[+\-][^0-9.\s]"
_NAMES = (
    r"^\+?0[0-9 ]+$|^[0-9]{16,}$"
    r"|^[0-9]{3,}[A-Za-z]+[0-9A-Za-z]*$|^[A-Za-z]{1,4}[0-9]{2,}[0-9A-Za-z]*$"
)
_TRUE, _FALSE = ("true", "yes", "y", "t"), ("false", "no", "n", "f")


SAMPLE = 1000
"""Of how many distinct values it is looked which types they might have."""


@dataclass(frozen=True, slots=True)
class Read:
    """Distinct values, read as one type."""

    values: pa.Array
    """As typed; null where a value is not of the type."""
    unit: str = ""
    odd: tuple[tuple[str, "np.ndarray[Any, Any]"], ...] = ()
    """Sorts of fault that values have which could be read all the same, and which have them."""
    about: tuple[str, ...] = ()
    """Sorts of fault of the column as a whole."""


def _booleans(texts: pa.Array) -> Read:
    low = pc.utf8_lower(texts)
    yes, no = pc.is_in(low, pa.array(_TRUE)), pc.is_in(low, pa.array(_FALSE))
    return Read(pc.if_else(pc.or_(yes, no), yes, pa.scalar(None, pa.bool_())))


def _integers(texts: pa.Array) -> Read:
    read = figures.read(texts)
    return Read(figures.whole(read.values), read.unit, (("number-style", read.odd),))


def _numbers(texts: pa.Array) -> Read:
    read = figures.read(texts)
    return Read(read.values, read.unit, (("number-style", read.odd),))


def _dates(texts: pa.Array) -> Read:
    read = dates.read_dates(texts)
    return Read(read.values, "", (("date-style", read.odd),), read.about)


def _datetimes(texts: pa.Array) -> Read:
    read = dates.read_datetimes(texts)
    return Read(read.values, "", (("date-style", read.odd),), read.about)


def _strings(texts: pa.Array) -> Read:
    return Read(texts)


READERS: dict[str, Callable[[pa.Array], Read]] = {
    "boolean": _booleans,
    "integer": _integers,
    "number": _numbers,
    "date": _dates,
    "datetime": _datetimes,
    "string": _strings,
}
"""How each type is read, in the order in which they are tried."""
_NOT_A = {
    "boolean": "not-a-boolean",
    "integer": "not-an-integer",
    "number": "not-a-number",
    "date": "not-a-date",
    "datetime": "not-a-datetime",
}


def read_column(
    texts: pa.ChunkedArray,
    *,
    name: str,
    rows: pa.Array,
    faults: Faults,
    declared: Column | None = None,
) -> tuple[Column, pa.Array]:
    """Read one column of texts.

    Shape:   `rows` says in which row of the file each text stands; `declared` what the column is
             said to be, which is then not guessed.
    """
    coded = pc.utf8_trim(texts, BLANK).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    distinct = coded.dictionary
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    blank = pc.equal(distinct, "").to_numpy(zero_copy_only=False)
    low = pc.utf8_lower(distinct)
    broken = pc.is_in(low, pa.array(ERRORS)).to_numpy(zero_copy_only=False)
    wordless = pc.is_in(low, pa.array(NO_DATA)).to_numpy(zero_copy_only=False)
    silent = blank | broken | wordless

    chosen, read = _choose(distinct, counts, silent, declared)
    note = _Noting(name=name, rows=rows, codes=codes, distinct=distinct, faults=faults)
    if chosen == "string":
        # Here a dash is a text like any other.
        empty = blank | broken
        note.of("control-character", pc.match_substring_regex(distinct, _CONTROLS))
        note.of("formula", pc.match_substring_regex(distinct, _FORMULA))
    else:
        empty = silent
        note.of("no-data-word", wordless)
        for sort, odd in read.odd:
            note.of(sort, odd & ~silent)
        unread = pc.is_null(read.values).to_numpy(zero_copy_only=False) & ~silent
        note.of(_NOT_A[chosen], unread)
        for sort in read.about:
            faults.add(sort, column=name)
    note.of("spreadsheet-error", broken)
    kept = pc.if_else(pa.array(empty), pa.scalar(None, read.values.type), read.values)
    taken = kept.take(pa.array(codes, mask=codes < 0))
    unit = declared.unit if declared and declared.unit else read.unit
    meaning = declared.meaning if declared else ""
    return Column(name=name, type=chosen, unit=unit, meaning=meaning), taken


def _choose(
    distinct: pa.Array,
    counts: "np.ndarray[Any, Any]",
    silent: "np.ndarray[Any, Any]",
    declared: Column | None,
) -> tuple[str, Read]:
    """Choose the first type that nine in ten of the values have."""
    if declared is not None and declared.type in READERS:
        return declared.type, READERS[declared.type](distinct)
    speaking = int(counts[~silent].sum())
    if speaking and not _is_of_names(distinct, counts, silent, speaking):
        for name in _worth_trying(distinct, silent):
            read = READERS[name](distinct)
            fits = ~pc.is_null(read.values).to_numpy(zero_copy_only=False) & ~silent
            if name == "integer" and not _all_whole(distinct, fits, silent):
                continue
            if int(counts[fits].sum()) >= ENOUGH * speaking:
                return name, read
    return "string", _strings(distinct)


def _all_whole(
    distinct: pa.Array, whole: "np.ndarray[Any, Any]", silent: "np.ndarray[Any, Any]"
) -> bool:
    """Tell whether every number is a whole one: else the column is of numbers."""
    others = distinct.filter(pa.array(~whole & ~silent))
    return not len(others) or bool(len(others) == figures.read(others).values.null_count)


def _worth_trying(distinct: pa.Array, silent: "np.ndarray[Any, Any]") -> Iterator[str]:
    """Name the types a sample does not rule out, so that a column of prose costs little."""
    names = (name for name in READERS if name != "string")
    if len(distinct) <= SAMPLE:
        # Of few values a sample would be all of them, read twice.
        yield from names
        return
    sample = distinct.filter(pa.array(~silent)).slice(0, SAMPLE)
    for name in names:
        if len(sample) - READERS[name](sample).values.null_count > 0:
            yield name


def _is_of_names(
    distinct: pa.Array,
    counts: "np.ndarray[Any, Any]",
    silent: "np.ndarray[Any, Any]",
    speaking: int,
) -> bool:
    """Tell whether digits are names, not amounts: telephone numbers, codes with leading zeros, or
    with a letter here and there."""
    named = pc.match_substring_regex(distinct, _NAMES).to_numpy(zero_copy_only=False) & ~silent
    return int(counts[named].sum()) > 0.001 * speaking


@dataclass(slots=True, kw_only=True)
class _Noting:
    """Tells the faults of distinct values for each row they stand in."""

    name: str
    rows: pa.Array
    codes: "np.ndarray[Any, Any]"
    distinct: pa.Array
    faults: Faults

    def of(self, sort: str, which: Any) -> None:
        """Note one sort of fault of the distinct values that have it."""
        mask = which if isinstance(which, np.ndarray) else which.to_numpy(zero_copy_only=False)
        if not mask.any():
            return
        where = np.flatnonzero(np.append(mask, False)[self.codes])
        self.faults.add_rows(
            sort,
            rows=self.rows.take(pa.array(where)),
            values=self.distinct.take(pa.array(self.codes[where])),
            column=self.name,
        )
