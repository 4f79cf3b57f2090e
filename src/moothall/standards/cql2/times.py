"""Conditions on times: instants, days and intervals, both ends of each in it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.standards.cql2.reading import UnableToFilter
from moothall.standards.ogcapi.parameters import read_day, read_instant

INSTANT = pa.timestamp("us", tz="UTC")
DAY_US = 86_400_000_000
_FIRST, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
Span = tuple[Any, Any, Any]
"""First and last microsecond since 1970 of each row, and whether that is known."""

TESTS: Mapping[str, Callable[[Any, Any, Any, Any], Any]] = {
    "t_after": lambda a, b, c, d: a > d,
    "t_before": lambda a, b, c, d: b < c,
    "t_contains": lambda a, b, c, d: (a < c) & (b > d),
    "t_disjoint": lambda a, b, c, d: (a > d) | (b < c),
    "t_during": lambda a, b, c, d: (a > c) & (b < d),
    "t_equals": lambda a, b, c, d: (a == c) & (b == d),
    "t_finishedby": lambda a, b, c, d: (a < c) & (b == d),
    "t_finishes": lambda a, b, c, d: (a > c) & (b == d),
    "t_intersects": lambda a, b, c, d: (a <= d) & (b >= c),
    "t_meets": lambda a, b, c, d: b == c,
    "t_metby": lambda a, b, c, d: a == d,
    "t_overlappedby": lambda a, b, c, d: (a > c) & (a < d) & (b > d),
    "t_overlaps": lambda a, b, c, d: (a < c) & (b > c) & (b < d),
    "t_startedby": lambda a, b, c, d: (a == c) & (b > d),
    "t_starts": lambda a, b, c, d: (a == c) & (b < d),
}
"""Every condition, of the first and last instants of two spans."""


def day_of(text: Any) -> date:
    """Read a day; errors: UnableToFilter."""
    found = read_day(text) if isinstance(text, str) else None
    if found is None:
        raise UnableToFilter(f"{str(text)[:40]!r} is no day like 2026-01-05")
    return found


def instant_of(text: Any) -> datetime:
    """Read an instant; errors: UnableToFilter."""
    found = read_instant(text) if isinstance(text, str) else None
    if found is None:
        raise UnableToFilter(f"{str(text)[:40]!r} is no instant like 2026-01-05T09:15:00Z")
    return found


def span_of(kind: str, data: Any) -> Span:
    """Return when each row begins and ends; errors: UnableToFilter if it is no time."""
    if kind not in {"day", "instant"}:
        raise UnableToFilter(f"a {kind} is no time")
    known = np.asarray(pc.is_valid(data))
    numbers = pc.cast(pc.cast(data, INSTANT), pa.int64())
    first = np.asarray(pc.fill_null(numbers, 0))
    return first, first + DAY_US - 1 if kind == "day" else first, known


def end_of(text: str) -> Span:
    """Read the end of an interval: a day, an instant, or `..` where it is open."""
    if text == "..":
        return _FIRST, _LAST, True
    day = read_day(text)
    if day is not None:
        return span_of("day", pa.array([day]))
    return span_of("instant", pa.array([instant_of(text)], INSTANT))


def between(first: Span, last: Span) -> Span:
    """Return the spans from one's first instant to the other's last."""
    return first[0], last[1], np.logical_and(first[2], last[2])


def test(name: str, left: Span, right: Span, count: int) -> Any:
    """Test a condition on times; null where either is not known."""
    met = TESTS[name](left[0], left[1], right[0], right[1])
    unknown = ~np.logical_and(left[2], right[2])
    whole = [np.array(np.broadcast_to(one, count)) for one in (met, unknown)]
    return pa.array(whole[0], mask=whole[1])
