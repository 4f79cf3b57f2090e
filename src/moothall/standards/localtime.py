"""Local times without an offset, turned into instants: clock changes included.

Source:   ISO 8601; the IANA time zone database.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from moothall.values.observations import Quality
from moothall.values.times import EARLIEST_YEAR

HOUR = timedelta(hours=1)
NEVER = -1
"""In place of a quality: the hour did not happen."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_TEN_MINUTES = len("2026-01-05T09:1")


class LocalClock:
    """A zone's clock, fast over many readings in one zone.

    Shape:   "2016-10-04 07:59:42", "2016-10-04T07:59", or whatever `pattern` (strptime) says.
    """

    def __init__(self, zone: ZoneInfo, *, pattern: str = "") -> None:
        self._zone = zone
        self._pattern = pattern
        self._offsets: dict[str, tuple[timedelta, timedelta, bool]] = {}

    def read(self, text: str, *, after: datetime | None = None) -> tuple[datetime, bool]:
        """Read a local time: the instant, and whether that time happened at all.

        `after` is the reading before this one: of the two instants an autumn hour may mean, the
        first is meant unless the clock would then have run backwards.
        Errors:  ValueError if the text is no time.
        """
        naive = (
            datetime.strptime(text, self._pattern)  # noqa: DTZ007 - a local time has no offset
            if self._pattern
            else datetime.fromisoformat(text)
        )
        if naive.year < EARLIEST_YEAR:
            raise ValueError(f"a time before anything here was measured: {text!r:.60}")
        try:
            return self._place(naive, after)
        except OverflowError as fault:
            raise ValueError(f"a time beyond the calendar: {text!r}") from fault

    def _place(self, naive: datetime, after: datetime | None) -> tuple[datetime, bool]:
        if naive.tzinfo is not None:
            return naive.astimezone(UTC), True
        # No zone changes its clock at other than a whole ten minutes.
        key = naive.isoformat()[:_TEN_MINUTES]
        known = self._offsets.get(key)
        if known is None:
            known = self._offsets[key] = self._measure(naive)
        first, second, happened = known
        at = (naive - first).replace(tzinfo=UTC)
        if first > second and after is not None and at < after:
            at = (naive - second).replace(tzinfo=UTC)
        return at, happened

    def _measure(self, naive: datetime) -> tuple[timedelta, timedelta, bool]:
        first = naive.replace(tzinfo=self._zone, fold=0).utcoffset() or timedelta(0)
        second = naive.replace(tzinfo=self._zone, fold=1).utcoffset() or timedelta(0)
        return first, second, first >= second


class LocalDays:
    """The instants of the 24 hours of days, by a zone's clock.

    Units:   microseconds since 1970, as columns keep them; a day's are worked out once.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[date, tuple[tuple[int, int, int], ...]] = {}
        self._days: dict[str, date | None] = {}

    def day(self, text: str) -> date | None:
        """Read a day ("2026-01-05"), None if it is none; the same ones come again and again."""
        if text not in self._days:
            try:
                day = date.fromisoformat(text.strip())
            except ValueError:
                day = date.max
            # The last year of the calendar has instants that cannot be written elsewhere.
            self._days[text] = day if EARLIEST_YEAR <= day.year < date.max.year else None
        return self._days[text]

    def of(self, day: date) -> tuple[tuple[int, int, int], ...]:
        """Give (from, until, quality) of each hour; of an autumn hour that comes twice, both."""
        if day not in self._known:
            self._known[day] = tuple(self._hour(day, hour) for hour in range(24))
        return self._known[day]

    def end_of(self, day: date) -> datetime:
        """Give the instant a day ends."""
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=self._zone).astimezone(UTC)

    def _hour(self, day: date, hour: int) -> tuple[int, int, int]:
        local = datetime.combine(day, time(hour), tzinfo=self._zone)
        at = local.astimezone(UTC)
        if at.astimezone(self._zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            return _micros(at), _micros(at + HOUR), NEVER
        last = local.replace(fold=1).astimezone(UTC)
        quality = Quality.UNCHECKED if last == at else Quality.SUSPECT
        return _micros(at), _micros(last + HOUR), int(quality)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
