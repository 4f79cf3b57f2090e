"""Local times without an offset, turned into instants: clock changes included.

Source:   ISO 8601; the IANA time zone database.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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
