"""What the lake answers with: facts, each with where it came from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from moothall.kernel.observations.blocks import NEVER
from moothall.values.observations import Issue, Observation, Origin, Quality, Record, Result, Series

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UnableToAppend(Exception):
    """The lake could not keep a batch; nothing of it was kept."""


def micros(at: datetime) -> int:
    """State an instant as microseconds since 1970, exactly."""
    return (at - EPOCH) // _MICROSECOND


# A city's sources speak on the same minutes.
@lru_cache(maxsize=8192)
def instant(at: int) -> datetime:
    """State microseconds since 1970 as an instant in UTC, exactly."""
    return EPOCH + timedelta(0, 0, at)


_QUALITIES, _ORIGINS = {int(q): q for q in Quality}, {int(o): o for o in Origin}
_FIELDS = ("series", "at", "until", "result", "quality", "origin")
_SETTERS: Any = tuple(vars(Observation)[name].__set__ for name in _FIELDS)


def observed(row: tuple[str, datetime, datetime | None, Result, int, int]) -> Observation:
    """Make an observation that the lake holds, in a tenth of the time: it was proved as it came.

    Shape:   series, at, until, result, quality, origin.
    """
    set_series, set_at, set_until, set_result, set_quality, set_origin = _SETTERS
    series, at, until, result, quality, origin = row
    made = Observation.__new__(Observation)
    set_series(made, series)
    set_at(made, at)
    set_until(made, until)
    set_result(made, result)
    set_quality(made, _QUALITIES[quality])
    set_origin(made, _ORIGINS[origin])
    return made


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
    doubted: bool = False
    """Whether a full list left out so much that it must be seen again to be believed."""
    repeated: bool = False
    """Whether this very delivery had been kept before, so that nothing was done."""


class Latest(tuple[Any, ...]):
    """The newest observation of a series, and what it came out of.

    Shape:   the series, its row as it stands, and of the segment the feed, the hash of the raw
             bytes and when it came. Lists of thousands are made, of which few are looked at: so
             an observation is made by whoever looks.
    """

    __slots__ = ()

    @property
    def series(self) -> Series:
        """What was observed of what."""
        return cast(Series, self[0])

    @property
    def observation(self) -> Observation:
        """What was observed."""
        _, at, until, result, _, _, quality, origin = self[1]
        ended = None if until == NEVER else instant(until)
        return observed((self[0].key, instant(at), ended, result, quality, origin))

    @property
    def first_at(self) -> datetime:
        """When the series began."""
        return instant(self[1][4])

    @property
    def feed(self) -> str:
        """Who brought it; "" if that is no longer known."""
        return str(self[2][0])

    @property
    def raw(self) -> str:
        """The SHA-256 of the payload it came in; "" if none is known."""
        return str(self[2][1])

    @property
    def received_at(self) -> datetime:
        """When it came."""
        at = self[2][2]
        return instant(self[1][1] if at is None else at)

    @property
    def segment(self) -> int:
        """The change it came in."""
        return int(self[1][5])

    def __repr__(self) -> str:
        return f"Latest({self.observation!r}, feed={self.feed!r}, segment={self.segment})"


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
