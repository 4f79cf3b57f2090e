"""What the lake answers with: facts, each with where it came from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moothall.values.observations import Issue, Observation, Origin, Record, Series

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UnableToAppend(Exception):
    """The lake could not keep a batch; nothing of it was kept."""


def micros(at: datetime) -> int:
    """State an instant as microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """State microseconds since 1970 as an instant in UTC, exactly."""
    return EPOCH + timedelta(microseconds=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a batch."""

    observations: int = 0
    """Kept."""
    records: int = 0
    """New versions kept, those of things now gone included."""
    duplicates: int = 0
    """Observations the lake already held."""
    unchanged: int = 0
    """Records that say what they said before."""
    segments: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()
    repeated: bool = False
    """Whether this very delivery had been kept before, so that nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest observation of a series, and what it came out of."""

    series: Series
    observation: Observation
    feed: str
    received_at: datetime
    segment: int
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEntry:
    """A series the lake knows, and the span it has observations for."""

    series: Series
    feed: str
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """One version of a record, when it ceased to hold, and what it came out of."""

    record: Record
    until_at: datetime | None
    feed: str
    received_at: datetime
    raw: str
    segment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One segment, as whoever tails the lake sees it."""

    id: int
    feed: str
    stream: str
    rows: int
    received_at: datetime
    origin: Origin
    observations: tuple[Observation, ...] = ()
    records: tuple[Record, ...] = ()
