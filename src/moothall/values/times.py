"""Instants, always in UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EARLIEST_YEAR = 1800
"""What claims to be older is a clock or a column gone wrong."""


def parse_instant(text: str, *, zone: ZoneInfo | None = None) -> datetime:
    """Read an ISO 8601 instant as UTC.

    Shape:   "2026-01-05T09:15:00Z"; a text without an offset needs `zone`, the source's own.
    Errors:  ValueError if the text is not an instant, or has no offset and no zone is given.
    """
    at = datetime.fromisoformat(text.strip())
    if at.year < EARLIEST_YEAR:
        raise ValueError(f"instant before anything here was measured: {text!r:.60}")
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
