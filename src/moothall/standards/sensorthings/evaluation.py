"""What an expression is of one entity: each question is made into a function once, and asked often.

What is missing, or of another sort than the question supposes, makes a comparison false and a
value None: nothing here fails on data.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Any, TypeAlias

from moothall.standards.sensorthings import geometry
from moothall.standards.sensorthings.filters import Call, Expression, Literal, Path
from moothall.standards.sensorthings.functions import FUNCTIONS
from moothall.standards.sensorthings.model import ENTITIES, Entity, UnableToRead
from moothall.standards.sensorthings.temporal import RELATIONS
from moothall.standards.sensorthings.times import Span, read_duration, read_span

Look: TypeAlias = Callable[[tuple[str, ...]], Any]
"""Gives what a path leads to from one entity: a value, or Many where a link leads to several."""
Asked: TypeAlias = Callable[[Look], Any]

CONDITIONS = frozenset(
    {"and", "or", "not", "in", "substringof", "contains", "endswith", "startswith"}
    | set(RELATIONS)
    | {name for name in FUNCTIONS if name.startswith("st_") or name == "geo.intersects"}
)
"""What is true or false."""
_MAYBE_TRUE = frozenset({"properties", "parameters"})
"""What holds values of any sort, of which one may be true."""


class Many(tuple[Any, ...]):
    """Values of several entities: a condition holds if it holds of one."""

    __slots__ = ()


def is_true(value: Any) -> bool:
    """Test whether a condition holds: of one of them, where there are many."""
    return any(one is True for one in value) if isinstance(value, Many) else value is True


def condition(expression: Expression, *, now: datetime) -> Callable[[Look], bool]:
    """Make a condition into a function.

    Errors:  UnableToRead for what is no condition, and for a literal that says nothing.
    """
    if isinstance(expression, Literal) and expression.kind != "boolean":
        raise UnableToRead("$filter", "is no condition: compare the value with something")
    if isinstance(expression, Call) and expression.name not in CONDITIONS:
        raise UnableToRead("$filter", f"is no condition: compare {expression.name} with something")
    if isinstance(expression, Path) and not set(expression.steps) & _MAYBE_TRUE:
        raise UnableToRead("$filter", f"is no condition: compare {expression.steps[-1][:60]}")
    asked = value_of(expression, now=now)
    return lambda look: is_true(asked(look))


def value_of(expression: Expression, *, now: datetime) -> Asked:
    """Make an expression into a function; errors: UnableToRead for a literal that says nothing."""
    if isinstance(expression, Path):
        steps = expression.steps
        return lambda look: look(steps)
    if isinstance(expression, Literal):
        constant = read_literal(expression)
        return lambda look: constant
    return _call(expression, now)


def _call(call: Call, now: datetime) -> Asked:
    name = call.name
    if name == "now":
        instant = Span(now, now)
        return lambda look: instant
    if name == "in":
        return _among(call, now)
    parts = [value_of(argument, now=now) for argument in call.arguments]
    if name == "and":
        return lambda look: all(is_true(part(look)) for part in parts)
    if name == "or":
        return lambda look: any(is_true(part(look)) for part in parts)
    if name == "not":
        return lambda look: not is_true(parts[0](look))
    function = compare(name) if name in RELATIONS else FUNCTIONS[name]
    return lambda look: _apply(function, [part(look) for part in parts])


def _among(call: Call, now: datetime) -> Asked:
    left, listed = call.arguments
    items = listed.arguments if isinstance(listed, Call) else ()
    asked = value_of(left, now=now)
    if all(isinstance(item, Literal) and item.kind == "string" for item in items):
        words = frozenset(item.text for item in items if isinstance(item, Literal))
        return lambda look: _apply(lambda value: value in words, [_hashable(asked(look))])
    parts, equal = [value_of(item, now=now) for item in items], compare("eq")
    return lambda look: any(is_true(_apply(equal, [asked(look), part(look)])) for part in parts)


def _hashable(value: Any) -> Any:
    return None if isinstance(value, dict | list) else value


def _apply(function: Callable[..., Any], values: list[Any]) -> Any:
    """Ask of each, where one of the values is of many."""
    if any(isinstance(value, Many) for value in values):
        each = [value if isinstance(value, Many) else (value,) for value in values]
        return Many(function(*some) for some in product(*each))
    return function(*values)


def read_literal(literal: Literal) -> Any:
    """Read a value as it was written; errors: UnableToRead."""
    kind, text = literal.kind, literal.text
    try:
        if kind == "number":
            return float(text) if set(text) & set(".eE") else int(text)
        if kind in {"time", "interval"}:
            return read_span(text)
        if kind == "duration":
            return read_duration(text)
        if kind == "geometry":
            return geometry.read(text)
    except ValueError as fault:
        raise UnableToRead("$filter", str(fault)) from fault
    if kind == "boolean":
        return text == "true"
    return None if kind == "null" else text


def compare(name: str) -> Callable[[Any, Any], bool]:
    """Return one comparison; of two things that are not of one sort, only `ne` holds."""
    of_spans = RELATIONS[name]

    def test(a: Any, b: Any) -> bool:
        if a is None or b is None:
            return (a is b) if name == "eq" else (a is not b) if name == "ne" else False
        a, b = _alike(a, b)
        if isinstance(a, Span) and isinstance(b, Span):
            return of_spans(a, b)
        if type(a) is not type(b) and not (_is_number(a) and _is_number(b)):
            return name == "ne"
        return _plain(name, a, b)

    return test


def _plain(name: str, a: Any, b: Any) -> bool:
    if name == "eq":
        return bool(a == b)
    if name == "ne":
        return bool(a != b)
    if not isinstance(a, int | float | str | timedelta):
        return False
    if name == "lt":
        return bool(a < b)
    if name == "le":
        return bool(a <= b)
    if name == "gt":
        return bool(a > b)
    return bool(a >= b) if name == "ge" else False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Read a text as the sort of thing it stands beside: an instant, or a number."""
    if isinstance(a, str) and not isinstance(b, str):
        return _as(a, b), b
    if isinstance(b, str) and not isinstance(a, str):
        return a, _as(b, a)
    return a, b


def _as(text: str, other: Any) -> Any:
    try:
        if isinstance(other, Span):
            return read_span(text)
        return float(text) if _is_number(other) else text
    except ValueError:
        return text


def check(entity: Entity, expressions: Iterable[Expression], where: str) -> None:
    """See that every path leads somewhere; errors: UnableToRead, naming what there is."""
    for expression in expressions:
        if isinstance(expression, Path):
            _check_path(entity, expression.steps, where)
        elif isinstance(expression, Call):
            check(entity, expression.arguments, where)


def _check_path(entity: Entity, steps: tuple[str, ...], where: str) -> None:
    for place, step in enumerate(steps):
        if step in entity.links and place + 1 < len(steps):
            entity = ENTITIES[entity.links[step].target]
            continue
        rest = len(steps) - place - 1
        known = step == "id" or step in entity.properties
        if known and (not rest or step in entity.open):
            return
        if known:
            raise UnableToRead(where, f"{step} of {entity.name} has no parts")
        if step in entity.links:
            raise UnableToRead(where, f"say which property of {step} is meant: {step}/id")
        there = ", ".join(("id", *entity.properties, *entity.links))
        raise UnableToRead(where, f"{entity.name} has no {step[:60]!r}; it has {there}")
