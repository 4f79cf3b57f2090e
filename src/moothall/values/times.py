"""Instants and half-open intervals, always in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def parse_instant(text: str, *, zone: ZoneInfo | None = None) -> datetime:
    """Read an ISO 8601 instant as UTC.

    Shape:   "2026-01-05T09:15:00Z"; a text without an offset needs `zone`, the source's own.
    Errors:  ValueError if the text is not an instant, or has no offset and no zone is given.
    """
    at = datetime.fromisoformat(text.strip())
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        if zone is None:
            raise ValueError(f"instant without an offset: {text!r}")
        at = at.replace(tzinfo=zone)
    try:
        return at.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(f"instant beyond the calendar: {text!r}") from fault


def is_utc(at: datetime) -> bool:
    """Test whether an instant is stated in UTC."""
    return at.tzinfo is UTC or (at.tzinfo is not None and at.utcoffset() == timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A half-open span of time: `from_at` is in it, `until_at` is not."""

    from_at: datetime
    until_at: datetime

    def __post_init__(self) -> None:
        if not (is_utc(self.from_at) and is_utc(self.until_at)):
            raise ValueError("an interval is stated in UTC")
        if self.until_at <= self.from_at:
            raise ValueError("an interval ends after it begins")
