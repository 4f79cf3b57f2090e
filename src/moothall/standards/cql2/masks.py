"""Tests a filter of every row at once: true, false, or null where what it asks for is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.standards.cql2 import places, times
from moothall.standards.cql2.places import Shapes
from moothall.standards.cql2.reading import UnableToFilter
from moothall.standards.ogcapi.parameters import read_day, read_instant

Mask = Any
"""An Arrow array of booleans, null where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a filter is tested of."""

    count: int
    columns: Mapping[str, Any]
    """Arrow arrays, by name."""
    place: str
    """The name the shapes are asked for by."""
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class _Value:
    """What a part of a filter says: of each row, or one thing of all."""

    kind: str
    """text, number, truth, day, instant."""
    data: Any


def test(tree: Any, rows: Rows) -> Any:
    """Say of each row whether it meets a filter: what is not known does not.

    Errors:  UnableToFilter.
    """
    try:
        return np.asarray(pc.fill_null(_truth(tree, rows), False))
    except pa.ArrowException as fault:
        raise UnableToFilter("it asks for what cannot be worked out of these columns") from fault


def _truth(tree: Any, rows: Rows) -> Mask:
    if isinstance(tree, bool):
        return _all(tree, rows)
    if isinstance(tree, dict) and "op" in tree:
        name = str(tree["op"])
        args = tree.get("args")
        if not isinstance(args, list):
            raise UnableToFilter(f"{name[:40]} needs a list of args")
        found = _CONDITIONS.get(name.lower())
        if found is None:
            raise UnableToFilter(f"{name[:40]!r} is no condition that is known here")
        fewest, most, condition = found
        if not fewest <= len(args) <= most:
            raise UnableToFilter(f"{name} takes {fewest} arguments, not {len(args)}")
        return condition(name.lower(), args, rows)
    value = _value(tree, rows)
    if value.kind != "truth":
        raise UnableToFilter("a condition must be true or false, not " + value.kind)
    return _spread(value.data, rows)


def _all(value: bool | None, rows: Rows) -> Mask:
    return pa.repeat(pa.scalar(value, pa.bool_()), rows.count)


def _spread(data: Any, rows: Rows) -> Any:
    if isinstance(data, pa.Scalar):
        return pa.repeat(data, rows.count)
    return data.combine_chunks() if isinstance(data, pa.ChunkedArray) else data


# --- what is compared --------------------------------------------------------------------------
def _value(tree: Any, rows: Rows) -> _Value:
    if isinstance(tree, bool):
        return _Value("truth", pa.scalar(tree))
    if isinstance(tree, int | float):
        return _Value("number", pa.scalar(float(tree)))
    if isinstance(tree, str):
        return _Value("text", pa.scalar(tree))
    if isinstance(tree, dict):
        if set(tree) == {"property"}:
            return _column(tree["property"], rows)
        if set(tree) == {"date"}:
            return _Value("day", pa.scalar(times.day_of(tree["date"])))
        if set(tree) == {"timestamp"}:
            at = times.instant_of(tree["timestamp"])
            return _Value("instant", pa.scalar(at, times.INSTANT))
        if "op" in tree:
            return _worked_out(tree, rows)
    raise UnableToFilter("what is compared must be a property, a number, a text, a date or a time")


def _column(name: Any, rows: Rows) -> _Value:
    if name == rows.place:
        raise UnableToFilter(f"{name} is a place: ask of it with s_intersects and its like")
    if not isinstance(name, str) or name not in rows.columns:
        known = ", ".join([*rows.columns, rows.place])[:500]
        raise UnableToFilter(f"there is no {str(name)[:60]!r}; there are {known}")
    data = rows.columns[name]
    kind = data.type
    if pa.types.is_boolean(kind):
        return _Value("truth", data)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _Value("number", data)
    if pa.types.is_date(kind):
        return _Value("day", data)
    if pa.types.is_timestamp(kind):
        return _Value("instant", pc.cast(pc.cast(data, pa.timestamp("us", kind.tz)), times.INSTANT))
    return _Value("text", data)


def _worked_out(tree: Mapping[str, Any], rows: Rows) -> _Value:
    name, args = str(tree["op"]).lower(), tree.get("args")
    if not isinstance(args, list):
        raise UnableToFilter(f"{name[:40]} needs a list of args")
    if name in _LETTERS and len(args) == 1:
        text = _value(args[0], rows)
        if text.kind != "text":
            raise UnableToFilter(f"{name} is asked of a text")
        return _Value("text", _LETTERS[name](text.data))
    if name in _SUMS and len(args) == 2:
        left, right = (_number(one, rows) for one in args)
        worked = _SUMS[name](left, right)
        # What cannot be worked out, as a division by nothing, is not known.
        return _Value(
            "number", pc.if_else(pc.is_finite(worked), worked, pa.scalar(None, pa.float64()))
        )
    if name in _CONDITIONS:
        return _Value("truth", _truth(tree, rows))
    raise UnableToFilter(f"{name[:40]!r} is no function that is known here")


def _number(tree: Any, rows: Rows) -> Any:
    value = _value(tree, rows)
    if value.kind != "number":
        raise UnableToFilter(f"a sum is made of numbers, not of {value.kind}")
    return pc.cast(value.data, pa.float64())


def _without_accents(text: Any) -> Any:
    return pc.replace_substring_regex(pc.utf8_normalize(text, form="NFD"), r"\p{Mn}", "")


_LETTERS: Mapping[str, Callable[[Any], Any]] = {
    "casei": pc.utf8_lower,
    "accenti": _without_accents,
}
_SUMS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": pc.add,
    "-": pc.subtract,
    "*": pc.multiply,
    "/": pc.divide,
    "^": pc.power,
    "div": lambda a, b: pc.trunc(pc.divide(a, b)),
    "%": lambda a, b: pc.subtract(a, pc.multiply(b, pc.trunc(pc.divide(a, b)))),
}


def _alike(left: _Value, right: _Value) -> tuple[Any, Any]:
    """Return two values as they can be compared; errors: UnableToFilter."""
    if left.kind != right.kind:
        left, right = _turned(left, right), _turned(right, left)
    if left.kind != right.kind:
        raise UnableToFilter(f"a {left.kind} cannot be compared with a {right.kind}")
    if left.kind == "number":
        return pc.cast(left.data, pa.float64()), pc.cast(right.data, pa.float64())
    return left.data, right.data


def _turned(one: _Value, other: _Value) -> _Value:
    """Take a day for its first instant, and a written text for the time it says."""
    if one.kind == "day" and other.kind == "instant":
        return _Value("instant", pc.cast(one.data, times.INSTANT))
    if one.kind == "text" and isinstance(one.data, pa.Scalar) and other.kind in {"day", "instant"}:
        text = one.data.as_py()
        day, at = read_day(text), read_instant(text)
        if other.kind == "day" and day is not None:
            return _Value("day", pa.scalar(day))
        if other.kind == "instant" and (at or day):
            return _Value("instant", pc.cast(pa.scalar(at or day), times.INSTANT))
    return one


# --- conditions --------------------------------------------------------------------------------
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


def _compare(name: str, args: list[Any], rows: Rows) -> Mask:
    left, right = _alike(*(_value(one, rows) for one in args))
    return _spread(_COMPARED[name](left, right), rows)


def _join(name: str, args: list[Any], rows: Rows) -> Mask:
    joined = {"and": pc.and_kleene, "or": pc.or_kleene}[name]
    return reduce(joined, (_truth(one, rows) for one in args))


def _not(name: str, args: list[Any], rows: Rows) -> Mask:
    return pc.invert(_truth(args[0], rows))


def _between(name: str, args: list[Any], rows: Rows) -> Mask:
    value, low, high = args
    return pc.and_kleene(
        _compare(">=", [value, low], rows),
        _compare("<=", [value, high], rows),
    )


def _in(name: str, args: list[Any], rows: Rows) -> Mask:
    if not isinstance(args[1], list):
        raise UnableToFilter("in needs a list")
    value = _value(args[0], rows)
    wanted = []
    for one in args[1]:
        data, other = _alike(value, _value(one, rows))
        if not isinstance(other, pa.Scalar):
            return reduce(pc.or_kleene, (_compare("=", [args[0], each], rows) for each in args[1]))
        wanted.append(other.as_py())
    if not wanted:
        return _all(False, rows)
    column = _spread(data, rows)
    met = pc.is_in(column, value_set=pa.array(wanted, column.type))
    return pc.if_else(pc.is_valid(column), met, pa.scalar(None, pa.bool_()))


def _is_null(name: str, args: list[Any], rows: Rows) -> Mask:
    if args[0] == {"property": rows.place}:
        return pa.array(rows.shapes.missing())
    return _spread(pc.is_null(_value(args[0], rows).data), rows)


def _like(name: str, args: list[Any], rows: Rows) -> Mask:
    text, pattern = (_value(one, rows) for one in args)
    if text.kind != "text" or pattern.kind != "text" or not isinstance(pattern.data, pa.Scalar):
        raise UnableToFilter("like asks of a text whether it is like a pattern")
    return _spread(pc.match_like(text.data, pattern.data.as_py()), rows)


def _lie(name: str, args: list[Any], rows: Rows) -> Mask:
    return places.test(name, args, rows.shapes, rows.place, rows.count)


def _happen(name: str, args: list[Any], rows: Rows) -> Mask:
    left, right = (_span(one, rows) for one in args)
    return times.test(name, left, right, rows.count)


def _span(tree: Any, rows: Rows) -> times.Span:
    if not isinstance(tree, dict) or set(tree) != {"interval"}:
        value = _value(tree, rows)
        return times.span_of(value.kind, _spread(value.data, rows))
    ends = tree["interval"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise UnableToFilter("an interval has two ends")
    first, last = (times.end_of(end) if isinstance(end, str) else _span(end, rows) for end in ends)
    return times.between(first, last)


Condition = Callable[[str, list[Any], Rows], Mask]
_CONDITIONS: Mapping[str, tuple[int, int, Condition]] = {
    **dict.fromkeys(_COMPARED, (2, 2, _compare)),
    **dict.fromkeys(("and", "or"), (2, 200, _join)),
    "not": (1, 1, _not),
    "between": (3, 3, _between),
    "in": (2, 2, _in),
    "isnull": (1, 1, _is_null),
    "like": (2, 2, _like),
    **dict.fromkeys(places.TESTS, (2, 2, _lie)),
    **dict.fromkeys(times.TESTS, (2, 2, _happen)),
}
"""Every condition: how few and how many arguments it takes."""
