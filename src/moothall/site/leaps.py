"""A clock that leaps forward is not believed at once: what it would have us forget waits a day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

log = structlog.get_logger("moothall.work")

LEAP = timedelta(minutes=2)
"""Time servers correct a clock by less."""
AWAY = timedelta(days=1)
"""After being off for longer, the clock may have been set wrong meanwhile."""
BELIEVED_AFTER = timedelta(days=1)


@dataclass(slots=True)
class Leaps:
    """Whether old things may be forgotten by what the clock says."""

    steady: Callable[[], float] = monotonic
    _now: datetime | None = None
    _tick: float = 0.0
    _believed_at: float = float("-inf")

    def begin(self, known: Iterable[datetime | None], now: datetime) -> None:
        """Begin with what was last written down; a day or more before now is not believed."""
        latest = max((at for at in known if at is not None), default=now)
        if now - latest > AWAY:
            self._doubt(now - latest)

    def look(self, now: datetime) -> None:
        """Compare the clock with one that nobody can set."""
        tick = self.steady()
        if self._now is not None:
            leap = now - self._now - timedelta(seconds=tick - self._tick)
            if leap > LEAP:
                self._doubt(leap)
            elif leap < -LEAP:
                log.warning("the clock was set back", seconds=-round(leap.total_seconds()))
        self._now, self._tick = now, tick

    def _doubt(self, leap: timedelta) -> None:
        self._believed_at = self.steady() + BELIEVED_AFTER.total_seconds()
        log.warning(
            "the clock is further than it was: nothing is forgotten for a day",
            seconds=round(leap.total_seconds()),
        )

    @property
    def believed(self) -> bool:
        """Whether the clock has been steady for a day."""
        return self.steady() >= self._believed_at
