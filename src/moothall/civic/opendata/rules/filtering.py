"""What a question of a dataset's rows asks, read out of an address and written into one. Pure.

A filter is `column__op=value`; what begins with an underscore is about the page, not about a row.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from moothall.civic.opendata.rules import UnableToAnswer, Window, read_instant
from moothall.values.observations import Column
from moothall.values.places import Box

Plain = str | int | float | bool | date | datetime
Value = Plain | tuple[Plain, ...] | Box

OPS = ("eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "in", "is_null", "within")
PLACE = "geometry"
"""The column that `within` is asked of, whatever a dataset keeps its places in."""
SIZES = (25, 100, 500)
"""Rows of a page that the page itself offers; an address may ask for any number to the last."""
USUAL = 100
MOST_FILTERS, MOST_ORDERS, MOST_LISTED = 20, 5, 200
LONGEST = 400
"""Characters of a value."""
DEEPEST = 100_000
"""Rows that paging goes past: beyond them, a filter or a download is the quicker way."""

_ANY = frozenset({"eq", "ne", "in", "is_null"})
_ORDERED = _ANY | {"lt", "le", "gt", "ge"}
OPS_OF: Mapping[str, frozenset[str]] = {
    "string": _ORDERED | {"contains", "starts"},
    "integer": _ORDERED,
    "number": _ORDERED,
    "date": _ORDERED,
    "datetime": _ORDERED,
    "boolean": _ANY,
}
"""What can be asked of a column, by its type."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a row; `value` is of the column's type, for `in` a tuple of such."""

    column: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class Order:
    """A column that rows are sorted by; what is missing comes last either way."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which rows are asked for, in which order, with which columns, and which page of them."""

    where: tuple[Filter, ...] = ()
    words: str = ""
    """Each of which some column of a row holds."""
    order: tuple[Order, ...] = ()
    columns: tuple[str, ...] = ()
    """All of them where none is named."""
    box: Box | None = None
    page: int = 1
    size: int = USUAL

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size

    @property
    def narrows(self) -> bool:
        """Whether it leaves rows out."""
        return bool(self.where or self.words or self.box)


def ops_of(column: Column) -> frozenset[str]:
    """Name what can be asked of a column."""
    return OPS_OF.get(column.type, OPS_OF["string"])


def read_question(
    pairs: Iterable[tuple[str, str]],
    columns: Sequence[Column],
    *,
    zone: ZoneInfo,
    placed: bool = False,
    passed: Iterable[str] = (),
) -> Question:
    """Read a question out of the pairs of an address.

    Shape:   a day begins in `zone`; `placed` says that rows have places; `passed` names what the
             address says besides. An empty value asks nothing, as an empty field of a form.
    Errors:  UnableToAnswer, naming what is wrong and what would mend it.
    """
    known = {column.name: column for column in columns}
    skipped = set(passed)
    found: dict[str, Any] = {"where": [], "order": [], "columns": []}
    listed: dict[str, list[Any]] = {}
    for name, given in pairs:
        text = given.strip()
        if name in skipped or not text:
            continue
        if len(text) > LONGEST or "\x00" in text:
            raise UnableToAnswer(name[:40], f"give at most {LONGEST} characters, all of them signs")
        if name in ABOUT_THE_PAGE:
            _read_about(found, name, text, known=known, placed=placed)
            continue
        one = _read_filter(name, text, known, zone=zone, placed=placed)
        if one.op == "in":
            listed.setdefault(one.column, []).append(one.value)
        else:
            found["where"].append(one)
    found["where"] += [Filter(of, "in", tuple(dict.fromkeys(all_))) for of, all_ in listed.items()]
    _refuse_too_much(found["where"], found["order"])
    kept = tuple(dict.fromkeys(found["columns"]))
    found["columns"] = () if set(kept) == set(known) else kept
    found["where"], found["order"] = tuple(found["where"]), tuple(found["order"])
    question = Question(**found)
    if question.offset > DEEPEST:
        raise UnableToAnswer(
            "_page", f"pages go {DEEPEST:,} rows deep: filter further, or download them all"
        )
    return question


ABOUT_THE_PAGE = frozenset({"_q", "_sort", "_columns", "_box", "_page", "_size"})


def _read_about(
    found: dict[str, Any], name: str, text: str, *, known: Mapping[str, Column], placed: bool
) -> None:
    match name:
        case "_q":
            found["words"] = text
        case "_sort":
            found["order"] += _read_orders(text, known)
        case "_columns":
            found["columns"] += _read_names(text, known)
        case "_box" if placed:
            found["box"] = read_box(name, text)
        case "_box":
            raise UnableToAnswer(name, "these rows have no place: leave it out")
        case "_page":
            found["page"] = _read_count(name, text, 10**6)
        case _:
            found["size"] = _read_count(name, text, SIZES[-1])


def _refuse_too_much(where: Sequence[Filter], orders: Sequence[Order]) -> None:
    if len(where) > MOST_FILTERS:
        raise UnableToAnswer(where[MOST_FILTERS].column, f"ask at most {MOST_FILTERS} filters")
    if len(orders) > MOST_ORDERS:
        raise UnableToAnswer("_sort", f"sort by at most {MOST_ORDERS} columns")
    for one in where:
        if isinstance(one.value, tuple) and len(one.value) > MOST_LISTED:
            raise UnableToAnswer(one.column, f"list at most {MOST_LISTED} values")


def _read_filter(
    name: str, text: str, known: Mapping[str, Column], *, zone: ZoneInfo, placed: bool
) -> Filter:
    column_name, divided, op = name.rpartition("__")
    if not divided or op not in OPS:
        column_name, op = name, "eq"
    if op == "within":
        if not placed:
            raise UnableToAnswer(name[:40], "these rows have no place: leave it out")
        return Filter(PLACE, op, read_box(name[:40], text))
    column = known.get(column_name)
    if column is None:
        names = ", ".join(list(known)[:30])
        raise UnableToAnswer(column_name[:40], f"there is no such column; there are {names}")
    if op not in ops_of(column):
        can = ", ".join(one for one in OPS if one in ops_of(column))
        raise UnableToAnswer(name[:80], f"of this column can be asked {can}")
    if op == "is_null":
        return Filter(column_name, op, _read_truth(column_name, text))
    if op in {"contains", "starts"}:
        return Filter(column_name, op, text)
    return Filter(column_name, op, read_value(column, text, zone=zone))


def read_value(column: Column, text: str, *, zone: ZoneInfo) -> Plain:
    """Read one value as its column's type says; errors: UnableToAnswer naming the column."""
    return READERS.get(column.type, _read_text)(column.name, text.strip(), zone)


def _read_text(name: str, text: str, zone: ZoneInfo) -> Plain:
    return text


def _read_number(name: str, text: str, zone: ZoneInfo) -> Plain:
    if not (text.isascii() and len(text) <= 60 and _NUMBER.fullmatch(text)):
        raise UnableToAnswer(name, "give a number like 12.5")
    number = float(text)
    if text.lstrip("+-").isdigit() and -(2**63) <= int(text) < 2**63:
        return int(text)
    if not isfinite(number):
        raise UnableToAnswer(name, "give a smaller number")
    return number


def _read_date(name: str, text: str, zone: ZoneInfo) -> Plain:
    mend = "give a day like 2026-01-05"
    if len(text) != 10 or not text.isascii():
        raise UnableToAnswer(name, mend)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnableToAnswer(name, mend) from None


def _read_at(name: str, text: str, zone: ZoneInfo) -> Plain:
    at = read_instant(name, text, zone)
    if at is None:
        raise UnableToAnswer(name, "give a day like 2026-01-05")
    return at


def _read_truth(name: str, text: str, zone: ZoneInfo | None = None) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise UnableToAnswer(name, "give yes or no")


READERS: Mapping[str, Callable[[str, str, ZoneInfo], Plain]] = {
    "integer": _read_number,
    "number": _read_number,
    "date": _read_date,
    "datetime": _read_at,
    "boolean": _read_truth,
}
"""How a value is read, by the type of its column; all others are texts."""


def read_box(name: str, text: str) -> Box:
    """Read west,south,east,north in degrees; errors: UnableToAnswer."""
    mend = "give west,south,east,north in degrees, like -1.6,53.7,-1.4,53.9"
    parts = text.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part.strip()) for part in parts):
        raise UnableToAnswer(name, mend)
    west, south, east, north = map(float, parts)
    try:
        return Box(west=west, south=south, east=east, north=north)
    except ValueError:
        raise UnableToAnswer(name, mend) from None


def _read_orders(text: str, known: Mapping[str, Column]) -> list[Order]:
    whole = _read_order(text, known)
    if whole is not None:
        return [whole]
    found = [_read_order(part.strip(), known) for part in text.split(",")]
    kept = [one for one in found if one is not None]
    if len(kept) < len(found):
        raise UnableToAnswer("_sort", f"sort by columns, like -{next(iter(known), 'name')}")
    return kept


def _read_order(text: str, known: Mapping[str, Column]) -> Order | None:
    if text in known:
        return Order(text)
    return Order(text[1:], descending=True) if text[:1] == "-" and text[1:] in known else None


def _read_names(text: str, known: Mapping[str, Column]) -> list[str]:
    found = [text] if text in known else [part.strip() for part in text.split(",")]
    for name in found:
        if name not in known:
            raise UnableToAnswer("_columns", f"there is no column {name[:40]!r}")
    return found


def _read_count(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise UnableToAnswer(name, f"give a whole number from 1 to {most:,}")
    return int(text)


def between(column: str, window: Window) -> tuple[Filter, ...]:
    """Say as filters that a column lies in a half-open span; none where no column is named."""
    found = []
    if column and window.from_at:
        found.append(Filter(column, "ge", window.from_at))
    if column and window.until_at:
        found.append(Filter(column, "lt", window.until_at))
    return tuple(found)


def write_question(question: Question, *, paged: bool = True) -> list[tuple[str, str]]:
    """Write a question as the pairs of an address; `read_question` reads the same out of them."""
    pairs = [("_q", question.words)] if question.words else []
    for one in question.where:
        values = one.value if isinstance(one.value, tuple) else (one.value,)
        pairs += [(f"{one.column}__{one.op}", write_value(value)) for value in values]
    if question.box is not None:
        pairs.append(("_box", write_value(question.box)))
    pairs += [("_sort", f"{'-' * one.descending}{one.column}") for one in question.order]
    pairs += [("_columns", name) for name in question.columns]
    if paged and question.size != USUAL:
        pairs.append(("_size", str(question.size)))
    if paged and question.page != 1:
        pairs.append(("_page", str(question.page)))
    return pairs


def write_value(value: Plain | Box) -> str:
    """Write a value as it is read."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Box():
            return f"{value.west},{value.south},{value.east},{value.north}"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case float():
            return repr(value)
        case _:
            return str(value)
