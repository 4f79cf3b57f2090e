"""`$filter` and `$orderby`: OData's expressions, with the functions the standard adds.

Shape:    an expression is a tree of the classes below. Nothing is looked up or run here.
Source:   18-088, 9.3.3.5.1 and 9.3.3.5.2
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from moothall.standards.sensorthings.model import UnableToRead

MOST_DEEP = 40
MOST_LONG = 8_000


@dataclass(frozen=True, slots=True)
class Path:
    """What a name leads to: a property, by way of links and of members of open properties."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value.

    Shape:   kind is number, string, boolean, null, time, interval, duration or geometry; `text` as
             it was written, without quotes; a geometry is well-known text.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator of its arguments: "eq", "and", "add", "st_within"."""

    name: str
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Path | Literal | Call

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "substringof": (2, 2),
    "contains": (2, 2),
    "endswith": (2, 2),
    "startswith": (2, 2),
    "length": (1, 1),
    "indexof": (2, 2),
    "substring": (2, 3),
    "tolower": (1, 1),
    "toupper": (1, 1),
    "trim": (1, 1),
    "concat": (2, 2),
    "year": (1, 1),
    "month": (1, 1),
    "day": (1, 1),
    "hour": (1, 1),
    "minute": (1, 1),
    "second": (1, 1),
    "fractionalseconds": (1, 1),
    "date": (1, 1),
    "time": (1, 1),
    "totaloffsetminutes": (1, 1),
    "now": (0, 0),
    "mindatetime": (0, 0),
    "maxdatetime": (0, 0),
    "before": (2, 2),
    "after": (2, 2),
    "meets": (2, 2),
    "during": (2, 2),
    "overlaps": (2, 2),
    "starts": (2, 2),
    "finishes": (2, 2),
    "round": (1, 1),
    "floor": (1, 1),
    "ceiling": (1, 1),
    "geo.distance": (2, 2),
    "geo.length": (1, 1),
    "geo.intersects": (2, 2),
    "st_equals": (2, 2),
    "st_disjoint": (2, 2),
    "st_touches": (2, 2),
    "st_within": (2, 2),
    "st_overlaps": (2, 2),
    "st_crosses": (2, 2),
    "st_intersects": (2, 2),
    "st_contains": (2, 2),
    "st_relate": (3, 3),
}
"""How few and how many arguments each function takes."""
_BINDING = {
    "or": 1,
    "and": 2,
    "eq": 4,
    "ne": 4,
    "gt": 5,
    "ge": 5,
    "lt": 5,
    "le": 5,
    "in": 5,
    "add": 6,
    "sub": 6,
    "mul": 7,
    "div": 7,
    "mod": 7,
}
"""How tightly each operator binds."""
_NOT, _MINUS = 3, 8
_ALONE = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "in"})
"""Operators that do not follow each other: a lt b lt c is no question."""

_INSTANT = r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<interval>{_INSTANT}/(?:{_INSTANT}|P[0-9YMDTHS.]+))
    |(?P<time>{_INSTANT})
    |(?P<date>\d{{4}}-\d\d-\d\d(?![\w-]))
    |(?P<clock>\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?![\w:]))
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
    |geography'(?P<geography>(?:[^']|'')*)'
    |geometry'(?P<geometry>(?:[^']|'')*)'
    |duration'(?P<duration>(?:[^']|'')*)'
    |'(?P<string>(?:[^']|'')*)'
    |(?P<name>@?[^\W\d][\w\-]*(?:\.[^\W\d][\w\-]*)*)
    |(?P<sign>[(),/\-])
    )""",
    re.VERBOSE,
)
_KINDS = {
    "date": "time",
    "clock": "string",
    "geography": "geometry",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str, where: str) -> list[_Token]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise UnableToRead(where, f"cannot read {stripped[at : at + 20]!r} at {at + 1}")
        kind = match.lastgroup or ""
        value = match[kind]
        if kind in {"string", "geography", "geometry", "duration"}:
            value = value.replace("''", "'")
        found.append(_Token(_KINDS.get(kind, kind), value, match.start(kind)))
        at = match.end()
    return found


class _Reader:
    """Reads one expression, operator by operator."""

    def __init__(self, text: str, where: str) -> None:
        if len(text) > MOST_LONG:
            raise UnableToRead(where, f"is longer than {MOST_LONG} characters")
        self.where = where
        self.tokens = _tokens(text, where)
        self.at = 0
        self.deep = 0

    def peek(self, *, ahead: int = 0) -> _Token | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise UnableToRead(self.where, "ends where a value was expected")
        self.at += 1
        return token

    def is_sign(self, sign: str, *, ahead: int = 0) -> bool:
        token = self.peek(ahead=ahead)
        return token is not None and token.kind == "sign" and token.text == sign

    def expect(self, sign: str) -> None:
        if not self.is_sign(sign):
            token = self.peek()
            found = f"found {token.text!r} at {token.at + 1}" if token else "it ends"
            raise UnableToRead(self.where, f"expected {sign!r}, but {found}")
        self.at += 1

    def expression(self, least: int = 0) -> Expression:
        """Read as much as binds at least so tightly."""
        self.deep += 1
        if self.deep > MOST_DEEP:
            raise UnableToRead(self.where, f"is nested more than {MOST_DEEP} deep")
        left = self.operand()
        while (operator := self.operator()) is not None and _BINDING[operator] >= least:
            self.at += 1
            if operator == "in":
                right: Expression = Call("list", self.arguments())
            else:
                right = self.expression(_BINDING[operator] + 1)
            left = Call(operator, (left, right))
            if operator in _ALONE and self.operator() in _ALONE:
                raise UnableToRead(
                    self.where, f"compare twice with `and`: {operator} has two sides"
                )
        self.deep -= 1
        return left

    def operator(self) -> str | None:
        token = self.peek()
        return token.text if token and token.kind == "name" and token.text in _BINDING else None

    def operand(self) -> Expression:
        token = self.take()
        if token.kind == "sign":
            if token.text == "(":
                inner = self.expression()
                self.expect(")")
                return inner
            if token.text == "-":
                return self.negative()
            raise UnableToRead(self.where, f"{token.text!r} at {token.at + 1} is out of place")
        if token.kind != "name":
            return Literal(token.kind, token.text)
        if token.text == "not":
            return Call("not", (self.expression(_NOT),))
        if self.is_sign("("):
            return self.call(token)
        if token.text in {"true", "false"}:
            return Literal("boolean", token.text)
        if token.text == "null":
            return Literal("null", "null")
        return self.path(token)

    def negative(self) -> Expression:
        inner = self.expression(_MINUS)
        if isinstance(inner, Literal) and inner.kind == "number":
            return Literal("number", f"-{inner.text}")
        return Call("minus", (inner,))

    def call(self, token: _Token) -> Expression:
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise UnableToRead(self.where, f"there is no function {token.text!r}")
        arguments = self.arguments()
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise UnableToRead(self.where, f"{name} takes {wanted} values, not {len(arguments)}")
        return Call(name, arguments)

    def arguments(self) -> tuple[Expression, ...]:
        self.expect("(")
        found: list[Expression] = []
        while not self.is_sign(")"):
            if found:
                self.expect(",")
            found.append(self.expression())
        self.expect(")")
        return tuple(found)

    def path(self, token: _Token) -> Path:
        steps = [token.text]
        while self.is_sign("/"):
            self.at += 1
            step = self.take()
            if step.kind not in {"name", "number"}:
                raise UnableToRead(self.where, f"{step.text!r} at {step.at + 1} is no name")
            steps.append(step.text)
        return Path(tuple("id" if step == "@iot.id" else step for step in steps))


def read_filter(text: str, where: str = "$filter") -> Expression:
    """Read a condition; errors: UnableToRead, which says where and what."""
    reader = _Reader(text, where)
    found = reader.expression()
    left = reader.peek()
    if left is not None:
        raise UnableToRead(where, f"{left.text!r} at {left.at + 1} is out of place")
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """By what, and whether the greatest comes first."""

    by: Expression
    descending: bool


def read_order(text: str, where: str = "$orderby") -> tuple[Order, ...]:
    """Read what to sort by; errors: UnableToRead."""
    reader = _Reader(text, where)
    found: list[Order] = []
    while True:
        by = reader.expression()
        token = reader.peek()
        descending = False
        if token is not None and token.kind == "name" and token.text.lower() in {"asc", "desc"}:
            descending = reader.take().text.lower() == "desc"
        found.append(Order(by, descending))
        if reader.peek() is None:
            return tuple(found)
        reader.expect(",")
