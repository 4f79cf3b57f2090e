"""One series: its newest value, its history, and what it came out of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.civic.opendata.queries.datasets import is_open, suggest
from moothall.civic.opendata.rules import UnableToAnswer, Window
from moothall.kernel.observations.entries import Latest, SeriesEntry
from moothall.kernel.observations.lake import current
from moothall.values.observations import KEY, Observation

USUAL = timedelta(days=7)
LONGEST = timedelta(days=400)
MOST = 10_000


class UnableToFindSeries(LookupError):
    """There is no such open series; `like` names those that sound like it."""

    def __init__(self, key: str, like: tuple[str, ...] = ()) -> None:
        super().__init__(f"There is no series called {key[:120]}.")
        self.like = like


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A series over a span of time."""

    entry: SeriesEntry
    latest: Latest | None
    from_at: datetime
    until_at: datetime
    observations: tuple[Observation, ...]
    shortened: bool
    """Whether the span was shortened to its end, because it holds too many for one page."""


def get_series(key: str) -> SeriesEntry:
    """Return an open series; errors: UnableToFindSeries."""
    if KEY.fullmatch(key) and len(key) <= 200:
        entry = current().find_series(key)
        if entry is not None and is_open(entry.feed):
            return entry
        service, thing, _ = key.split(".")
        near = current().list_series(prefix=f"{service}.{thing[:3]}")
        names = tuple(one.series.key for one in near[:2000] if is_open(one.feed))
        raise UnableToFindSeries(key, suggest(key, names))
    raise UnableToFindSeries(key)


def get_history(key: str, window: Window, *, now: datetime) -> History:
    """Return a series over a span; the seven days up to its newest reading if none is asked.

    Errors:  UnableToFindSeries; UnableToAnswer for a span over `LONGEST`.
    """
    entry = get_series(key)
    newest = entry.last_at or now
    until_at = window.until_at or max(newest + timedelta(microseconds=1), window.from_at or newest)
    from_at = window.from_at or until_at - USUAL
    if until_at <= from_at:
        until_at = from_at + timedelta(seconds=1)
    if until_at - from_at > LONGEST:
        raise UnableToAnswer(
            "from", f"ask for at most {LONGEST.days} days at once, or download the dataset"
        )
    asked_from = from_at
    while True:
        found = current().list_observations(key, from_at=from_at, until_at=until_at, limit=MOST)
        if len(found) < MOST or until_at - from_at < timedelta(minutes=1):
            break
        from_at = until_at - (until_at - from_at) / 2
    return History(
        entry=entry,
        latest=current().find_latest(key),
        from_at=from_at,
        until_at=until_at,
        observations=found,
        shortened=from_at != asked_from,
    )


def list_newest(feed: str, limit: int) -> tuple[Latest, ...]:
    """Return some of a feed's newest values, by the key of their series."""
    return current().list_latest(feed=feed)[:limit]
