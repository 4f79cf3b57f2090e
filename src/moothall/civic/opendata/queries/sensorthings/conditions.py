"""Questions of observations as SQL over the lake; every value a question states is bound.

What a question says of an observation's stream, or of what that leads to, is answered from the
entities first, and stands in the SQL as the streams it is true of.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from moothall.civic.opendata.queries.sensorthings.reaching import paths_of
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.filters import Call, Expression, Literal, Path
from moothall.standards.sensorthings.functions import EARLIEST, LATEST
from moothall.standards.sensorthings.model import UnableToRead
from moothall.standards.sensorthings.times import Span
from moothall.values.observations import Origin, Quality

ENTITY_LINKS = frozenset({"Datastream", "FeatureOfInterest"})
Streams = Callable[[Expression], tuple[str, ...]]
"""Given a condition that speaks of streams only, name those it is true of."""
_NUMBER, _TEXT, _TIME, _LENGTH, _TRUTH, _NOTHING, _RESULT, _OPEN = (
    "number",
    "text",
    "time",
    "duration",
    "truth",
    "nothing",
    "result",
    "open",
)


def _words(column: str, names: type[Origin] | type[Quality]) -> str:
    cases = " ".join(f"WHEN {int(one)} THEN '{one.name.lower()}'" for one in names)
    return f"CASE {column} {cases} END"


@dataclass(frozen=True, slots=True)
class Sql:
    """A value as SQL: of a time, its beginning, and its end where that is another."""

    kind: str
    text: str
    end: str = ""

    @property
    def until(self) -> str:
        """Where it ends."""
        return self.end or self.text


@dataclass(slots=True)
class Binding:
    """The values a statement states, each by its number."""

    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any, type_: str) -> str:
        """Keep a value and return what stands for it."""
        self.values.append(value)
        return f"CAST(${len(self.values)} AS {type_})"

    def used(self, sql: str) -> tuple[str, list[Any]]:
        """Return a statement and the values it uses, numbered anew: not all may be needed."""
        numbers = list(dict.fromkeys(re.findall(r"\$(\d+)", sql)))
        places = {number: f"${place}" for place, number in enumerate(numbers, 1)}
        written = re.sub(r"\$(\d+)", lambda found: places[found[1]], sql)
        return written, [self.values[int(number) - 1] for number in numbers]


_ENDED = 'coalesce(until, "at")'
_PROPERTIES: Mapping[tuple[str, ...], Sql] = {
    ("phenomenonTime",): Sql(_TIME, '"at"', _ENDED),
    ("resultTime",): Sql(_TIME, _ENDED),
    ("resultQuality",): Sql(_TEXT, _words("quality", Quality)),
    ("parameters", "origin"): Sql(_TEXT, _words("origin", Origin)),
    ("result",): Sql(_RESULT, "value"),
}
_TOLD: Mapping[tuple[str, ...], Sql] = {
    **_PROPERTIES,
    ("resultTime",): Sql(_TIME, "made"),
    ("validTime",): Sql(_TIME, "valid_from", "valid_until"),
    ("resultQuality",): Sql(
        _TEXT,
        f"coalesce(rated ->> '$', CASE WHEN quality = 0 AND made IS DISTINCT FROM {_ENDED}"
        f" THEN NULL ELSE {_PROPERTIES[('resultQuality',)].text} END)",
    ),
}
"""The same where more than results may have been told of."""
_OPEN_IN = {"parameters": "parameters", "resultQuality": "rated"}
_NUMBERS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
_SIGNS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_PARTS = {
    "year": "year({0})",
    "month": "month({0})",
    "day": "day({0})",
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "CAST(floor(epoch({0})) AS BIGINT) % 60",
    "fractionalseconds": "(microsecond({0}) % 1000000) / 1e6",
    "totaloffsetminutes": "0",
}
_OF_TEXTS = {
    "substringof": (_TRUTH, "contains({1}, {0})"),
    "contains": (_TRUTH, "contains({0}, {1})"),
    "endswith": (_TRUTH, "ends_with({0}, {1})"),
    "startswith": (_TRUTH, "starts_with({0}, {1})"),
    "length": (_NUMBER, "length({0})"),
    "indexof": (_NUMBER, "(instr({0}, {1}) - 1)"),
    "tolower": (_TEXT, "lower({0})"),
    "toupper": (_TEXT, "upper({0})"),
    "trim": (_TEXT, "trim({0})"),
    "concat": (_TEXT, "({0} || {1})"),
}
_OF_NUMBERS = {"round": "round({0})", "floor": "floor({0})", "ceiling": "ceil({0})"}


class Condition:
    """Turns one question into SQL."""

    def __init__(
        self, binding: Binding, streams: Streams, now: datetime, *, told: bool = False
    ) -> None:
        self.binding, self.streams, self.now, self.told = binding, streams, now, told

    def truth(self, expression: Expression) -> str:
        """Return a condition that is true or false of a row; errors: UnableToRead."""
        found = self.sql(expression)
        if found.kind not in {_TRUTH, _NOTHING}:
            raise UnableToRead("$filter", "is no condition: compare the value with something")
        return f"coalesce({found.text}, false)"

    def sql(self, expression: Expression) -> Sql:
        """Return a value as SQL; errors: UnableToRead."""
        if isinstance(expression, Path):
            return self._path(expression.steps)
        if isinstance(expression, Literal):
            return self._literal(evaluation.read_literal(expression))
        if _speaks_of_streams(expression) and expression.name in evaluation.CONDITIONS:
            keys = list(self.streams(expression))
            listed = self.binding.bind(keys, "VARCHAR[]")
            return Sql(_TRUTH, f"series IN (SELECT unnest({listed}))")
        return self._call(expression)

    def _path(self, steps: tuple[str, ...]) -> Sql:
        if steps[0] in ENTITY_LINKS:
            raise UnableToRead("$filter", f"compare {'/'.join(steps)[:80]} with a value by itself")
        if steps == ("id",):
            at = _AT_WRITTEN.replace('"at"', "kept_at") if self.told else _AT_WRITTEN
            return Sql(_TEXT, f"(series || '@' || {at})")
        known = (_TOLD if self.told else _PROPERTIES).get(steps)
        if known is None and self.told and steps[0] in _OPEN_IN:
            members = "".join(f'."{step}"' for step in steps[1:])
            where = self.binding.bind(f"${members}", "VARCHAR")
            return Sql(_OPEN, f"json_extract_string({_OPEN_IN[steps[0]]}, {where})")
        return known or Sql(_NOTHING, "NULL")

    def _literal(self, value: Any) -> Sql:
        bind = self.binding.bind
        if value is None:
            return Sql(_NOTHING, "NULL")
        if isinstance(value, bool):
            return Sql(_TRUTH, "true" if value else "false")
        if isinstance(value, int | float):
            return Sql(_NUMBER, bind(float(value), "DOUBLE"))
        if isinstance(value, str):
            return Sql(_TEXT, bind(value, "VARCHAR"))
        if isinstance(value, Span):
            start = bind(value.start, "TIMESTAMPTZ")
            return Sql(_TIME, start, bind(value.end, "TIMESTAMPTZ") if value.lasts else "")
        if isinstance(value, timedelta):
            return Sql(_LENGTH, bind(value, "INTERVAL"))
        raise UnableToRead("$filter", "an observation has no place: ask FeatureOfInterest/feature")

    def _call(self, call: Call) -> Sql:
        name = call.name
        if name in {"and", "or"}:
            joined = f" {name.upper()} ".join(self.truth(part) for part in call.arguments)
            return Sql(_TRUTH, f"({joined})")
        if name == "not":
            return Sql(_TRUTH, f"(NOT {self.truth(call.arguments[0])})")
        if name == "in":
            return self._among(call)
        if name in {"now", "mindatetime", "maxdatetime"}:
            at = {"now": self.now, "mindatetime": EARLIEST, "maxdatetime": LATEST}[name]
            return self._literal(Span(at.astimezone(UTC), at.astimezone(UTC)))
        parts = [self.sql(argument) for argument in call.arguments]
        if name in evaluation.RELATIONS:
            return self._compare(name, parts[0], parts[1])
        return self._function(name, parts)

    def _among(self, call: Call) -> Sql:
        left, listed = call.arguments
        items = listed.arguments if isinstance(listed, Call) else ()
        own = self.sql(left)
        tests = [self._compare("eq", own, self.sql(item)).text for item in items]
        return Sql(_TRUTH, f"({' OR '.join(tests)})" if tests else "false")

    def _compare(self, name: str, a: Sql, b: Sql) -> Sql:
        a, b = _settle(a, b), _settle(b, a)
        if _NOTHING in {a.kind, b.kind}:
            return self._against_nothing(name, a, b)
        if a.kind == b.kind == _TIME:
            return Sql(_TRUTH, _times(name, a, b))
        if a.kind != b.kind or name not in _SIGNS:
            return Sql(_TRUTH, "true" if name == "ne" else "false")
        if name == "ne":
            # What is missing differs from every value that is there.
            return Sql(_TRUTH, f"({a.text} IS DISTINCT FROM {b.text})")
        return Sql(_TRUTH, f"({a.text} {_SIGNS[name]} {b.text})")

    def _against_nothing(self, name: str, a: Sql, b: Sql) -> Sql:
        if name not in {"eq", "ne"}:
            return Sql(_TRUTH, "false")
        sign = "IS" if name == "eq" else "IS NOT"
        if a.kind == b.kind:
            return Sql(_TRUTH, "true" if name == "eq" else "false")
        there = a if b.kind == _NOTHING else b
        # A result is a number or a text: it is missing if both are.
        text = "coalesce(CAST(value AS VARCHAR), text)" if there.kind == _RESULT else there.text
        return Sql(_TRUTH, f"({text} {sign} NULL)")

    def _function(self, name: str, parts: list[Sql]) -> Sql:
        if name in _NUMBERS:
            return _reckon(name, parts[0], parts[1])
        if name == "minus":
            own = _settle(parts[0], Sql(_NUMBER, ""))
            return Sql(own.kind, f"(-{own.text})") if own.kind in {_NUMBER, _LENGTH} else _none()
        if name in _PARTS:
            own = parts[0]
            return Sql(_NUMBER, _PARTS[name].format(own.text)) if own.kind == _TIME else _none()
        if name in {"date", "time"}:
            return _clock(name, parts[0])
        if name in _OF_NUMBERS:
            own = _settle(parts[0], Sql(_NUMBER, ""))
            text = _OF_NUMBERS[name].format(own.text)
            return Sql(_NUMBER, text) if own.kind == _NUMBER else _none()
        if name == "substring":
            return _substring(parts)
        if name in _OF_TEXTS:
            texts = [_settle(part, Sql(_TEXT, "")) for part in parts]
            kind, pattern = _OF_TEXTS[name]
            if any(part.kind != _TEXT for part in texts):
                return Sql(_TRUTH, "false") if kind == _TRUTH else _none()
            return Sql(kind, pattern.format(*(part.text for part in texts)))
        raise UnableToRead(
            "$filter", f"an observation has no place: ask {name} of FeatureOfInterest/feature"
        )


def _none() -> Sql:
    return Sql(_NOTHING, "NULL")


def _settle(own: Sql, other: Sql) -> Sql:
    """Take a result for what it is compared with: a number, unless that is a text."""
    if own.kind == _OPEN:
        kinds = {_NUMBER: "DOUBLE", _TRUTH: "BOOLEAN", _TIME: "TIMESTAMPTZ"}
        if other.kind in kinds:
            return Sql(other.kind, f"TRY_CAST({own.text} AS {kinds[other.kind]})")
        return Sql(_TEXT, own.text)
    if own.kind != _RESULT:
        return own
    if other.kind == _TRUTH:
        return Sql(_TRUTH, "(value = 1)")
    if other.kind == _NOTHING:
        return own
    return Sql(_TEXT, "text") if other.kind == _TEXT else Sql(_NUMBER, "value")


def _times(name: str, a: Sql, b: Sql) -> str:
    if name in {"after", "gt"}:
        name, a, b = "lt", b, a
    if name in {"lt", "before"}:
        # The plain bound stands first: by it, whole files are left unread.
        over = f"{a.until} <= {b.text} AND {a.text} < {b.text}" if a.end else f"{a.text} < {b.text}"
        return f"({over})"
    ends_alike, starts_alike = f"{a.until} = {b.until}", f"{a.text} = {b.text}"
    if name in {"eq", "ne"}:
        return (
            f"({starts_alike} AND {ends_alike})"
            if name == "eq"
            else (f"({a.text} <> {b.text} OR {a.until} <> {b.until})")
        )
    overlap = f"(NOT {_times('lt', a, b)} AND NOT {_times('lt', b, a)})"
    within = f"{a.text} < {b.until} AND {a.until} <= {b.until}"
    if not a.end:
        within = f"{a.text} < {b.until}"
    elif b.end:
        within = f"({a.until} < {b.until} OR ({a.until} = {b.until} AND {a.until} > {a.text}))"
    return {
        "le": f"({a.until} <= {b.until} AND {a.text} <= {b.until})",
        "ge": f"({a.text} >= {b.text})",
        "during": f"({a.text} >= {b.text} AND {within})",
        "overlaps": overlap,
        "meets": f"({a.until} = {b.text} OR {b.until} = {a.text})",
        "starts": f"({starts_alike})",
        "finishes": f"({ends_alike})",
    }[name]


def _reckon(name: str, a: Sql, b: Sql) -> Sql:
    number = Sql(_NUMBER, "")
    a, b = _settle(a, number), _settle(b, number)
    kinds, sign = (a.kind, b.kind), _NUMBERS[name]
    if kinds == (_NUMBER, _NUMBER):
        # Divided by zero there is nothing.
        divisor = f"nullif({b.text}, 0)" if name in {"div", "mod"} else b.text
        return Sql(_NUMBER, f"({a.text} {sign} {divisor})")
    if kinds == (_TIME, _LENGTH) and name in {"add", "sub"}:
        end = f"({a.end} {sign} {b.text})" if a.end else ""
        return Sql(_TIME, f"({a.text} {sign} {b.text})", end)
    if kinds == (_TIME, _TIME) and name == "sub":
        return Sql(_LENGTH, f"({a.text} - {b.text})")
    if kinds == (_LENGTH, _LENGTH) and name in {"add", "sub"}:
        return Sql(_LENGTH, f"({a.text} {sign} {b.text})")
    return _none()


def _clock(name: str, own: Sql) -> Sql:
    if own.kind != _TIME:
        return _none()
    if name == "date":
        return Sql(_TIME, f"date_trunc('day', {own.text})")
    return Sql(_TEXT, f"strftime({own.text}, '%H:%M:%S')")


def _substring(parts: list[Sql]) -> Sql:
    text, *bounds = [_settle(p, Sql(_TEXT if n == 0 else _NUMBER, "")) for n, p in enumerate(parts)]
    if text.kind != _TEXT or any(bound.kind != _NUMBER for bound in bounds):
        return _none()
    given = [f"CAST({bound.text} AS BIGINT)" for bound in bounds]
    length = f", greatest({given[1]}, 0)" if len(given) == 2 else ""
    return Sql(_TEXT, f"substring({text.text}, greatest({given[0]}, 0) + 1{length})")


_MICROS = 'microsecond("at") % 1000000'
_AT_WRITTEN = (
    """strftime("at", '%Y-%m-%dT%H:%M:%S')"""
    f""" || CASE WHEN {_MICROS} = 0 THEN '' ELSE strftime("at", '.%f') END || 'Z'"""
)
"""The instant as ids write it."""


def _speaks_of_streams(expression: Expression) -> bool:
    """Test whether every path of a question leads to what an observation belongs to."""
    paths = paths_of(expression)
    return bool(paths) and all(path.steps[0] in ENTITY_LINKS for path in paths)
