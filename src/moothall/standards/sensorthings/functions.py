"""What each function and each sum comes to, of values of any sort: None where it says nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import ceil, floor, isfinite
from typing import Any

from moothall.standards.sensorthings import geometry
from moothall.standards.sensorthings.times import Span, read_span

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sum(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Reckon with two numbers, a time and a duration, or two durations."""

    def reckon(a: Any, b: Any) -> Any:
        try:
            if isinstance(a, Span) and isinstance(b, timedelta):
                return Span(work(a.start, b), work(a.end, b))
            if isinstance(a, timedelta) and isinstance(b, Span):
                return Span(work(a, b.start), work(a, b.end))
            if isinstance(a, Span) and isinstance(b, Span):
                return work(a.start, b.start)
            if (_number(a) or isinstance(a, timedelta)) and (
                _number(b) or isinstance(b, timedelta)
            ):
                found = work(a, b)
                return None if isinstance(found, float) and not isfinite(found) else found
        except (TypeError, ValueError, ArithmeticError):
            return None
        return None

    return reckon


def _remainder(a: float, b: float) -> float:
    """Return what is left of a division; it has the sign of what was divided."""
    left = abs(a) % abs(b)
    return -left if a < 0 else left


def _texts(work: Callable[..., Any]) -> Callable[..., Any]:
    def read(*values: Any) -> Any:
        return work(*values) if all(isinstance(value, str) for value in values) else None

    return read


def _substring(text: Any, start: Any, length: Any = None) -> Any:
    if not isinstance(text, str) or not isinstance(start, int) or start < 0:
        return None
    if length is None:
        return text[start:]
    return text[start : start + length] if isinstance(length, int) and length >= 0 else None


def _instants(work: Callable[[datetime], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = read_span(value)
            except ValueError:
                return None
        return work(value.start) if isinstance(value, Span) else None

    return read


def _day(at: datetime) -> Span:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(midnight, midnight)


def _numbers(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: work(value) if _number(value) and isfinite(value) else None


def _half_up(value: float) -> int:
    return floor(value + 0.5) if value >= 0 else -floor(0.5 - value)


def _places(name: str) -> Callable[[Any, Any], Any]:
    def ask(a: Any, b: Any) -> Any:
        one, other = geometry.of(a), geometry.of(b)
        return None if one is None or other is None else getattr(one, name)(other)

    return ask


def _relate(a: Any, b: Any, pattern: Any) -> Any:
    one, other = geometry.of(a), geometry.of(b)
    if one is None or other is None or not isinstance(pattern, str):
        return None
    good = len(pattern) == 9 and set(pattern.upper()) <= set("TF*012")
    return one.relate_pattern(other, pattern.upper()) if good else None


def _length(value: Any) -> Any:
    place = geometry.of(value)
    return None if place is None else place.length


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": _sum(lambda a, b: a + b),
    "sub": _sum(lambda a, b: a - b),
    "mul": _sum(lambda a, b: a * b),
    "div": _sum(lambda a, b: a / b),
    "mod": _sum(_remainder),
    "minus": lambda a: -a if _number(a) or isinstance(a, timedelta) else None,
    "substringof": _texts(lambda part, text: part in text),
    "contains": _texts(lambda text, part: part in text),
    "endswith": _texts(str.endswith),
    "startswith": _texts(str.startswith),
    "length": _texts(len),
    "indexof": _texts(str.find),
    "substring": _substring,
    "tolower": _texts(str.lower),
    "toupper": _texts(str.upper),
    "trim": _texts(str.strip),
    "concat": _texts(lambda a, b: a + b),
    "year": _instants(lambda at: at.year),
    "month": _instants(lambda at: at.month),
    "day": _instants(lambda at: at.day),
    "hour": _instants(lambda at: at.hour),
    "minute": _instants(lambda at: at.minute),
    "second": _instants(lambda at: at.second),
    "fractionalseconds": _instants(lambda at: at.microsecond / 1e6),
    "date": _instants(_day),
    "time": _instants(lambda at: at.strftime("%H:%M:%S")),
    "totaloffsetminutes": _instants(lambda at: 0),
    "mindatetime": lambda: Span(EARLIEST, EARLIEST),
    "maxdatetime": lambda: Span(LATEST, LATEST),
    "round": _numbers(_half_up),
    "floor": _numbers(floor),
    "ceiling": _numbers(ceil),
    "geo.distance": _places("distance"),
    "geo.length": _length,
    "geo.intersects": _places("intersects"),
    "st_equals": _places("equals"),
    "st_disjoint": _places("disjoint"),
    "st_touches": _places("touches"),
    "st_within": _places("within"),
    "st_overlaps": _places("overlaps"),
    "st_crosses": _places("crosses"),
    "st_intersects": _places("intersects"),
    "st_contains": _places("contains"),
    "st_relate": _relate,
}
"""Each by its name. Distances and lengths are in degrees, as the places are."""
