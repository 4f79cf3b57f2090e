"""Instants, intervals and durations as SensorThings writes them.

Shape:   an instant is an interval that ends where it begins.
Source:  18-088, 8.2; ISO 8601
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, in UTC."""

    start: datetime
    end: datetime

    @property
    def lasts(self) -> bool:
        """Whether it is more than an instant."""
        return self.end > self.start


@lru_cache(maxsize=16_384)
def read_span(text: str) -> Span:
    """Read an instant, a day, or an interval `a/b` or `a/P...`; without an offset it is UTC.

    Errors:  ValueError.
    """
    first, slash, second = text.partition("/")
    start = _instant(first)
    if not slash:
        return Span(start, start)
    try:
        end = start + read_duration(second) if second.startswith("P") else _instant(second)
    except OverflowError as fault:
        raise ValueError(f"beyond the calendar: {text!r:.60}") from fault
    if end < start:
        raise ValueError(f"ends before it begins: {text!r:.80}")
    return Span(start, end)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is UTC:
        return at
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(f"beyond the calendar: {text!r:.60}") from fault


def read_duration(text: str) -> timedelta:
    """Read a duration of weeks, days, hours, minutes and seconds; errors: ValueError."""
    match = _DURATION.fullmatch(text)
    parts = {
        k: float(v) for k, v in (match.groupdict() if match else {}).items() if v and k != "sign"
    }
    if match is None or not parts:
        raise ValueError(f"write a duration like PT5M or P1DT12H, not {text!r:.40}")
    try:
        found = timedelta(**parts)
    except OverflowError as fault:
        raise ValueError(f"too long: {text!r:.40}") from fault
    return -found if match["sign"] else found


@lru_cache(maxsize=16_384)
def write_instant(at: datetime) -> str:
    """Write an instant in UTC: 2026-01-05T12:00:00Z."""
    return f"{at.replace(tzinfo=None).isoformat()}Z"


def write_span(start: datetime, end: datetime | None) -> str:
    """Write an interval, or the instant it is."""
    if end is None or end == start:
        return write_instant(start)
    return f"{write_instant(start)}/{write_instant(end)}"
