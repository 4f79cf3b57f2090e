"""What a worker has to do: which feeds to run, with what, and which are due."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from moothall.kernel import packs
from moothall.kernel.feeds import corrections
from moothall.kernel.feeds.fetching import Fetcher
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.replay import Recordings, read_mapping
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.feeds.schedule import Standing, is_due
from moothall.kernel.registry import Arrival, Feed, Params, house


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Every feed that is on, and what their runs share."""

    feeds: tuple[Feed, ...]
    around: Surroundings
    recordings: Recordings | None = None
    """What is played in place of the network; None when the network is asked."""

    def params(self, feed: Feed) -> Params:
        """Return a feed's parameters."""
        return packs.current().params(feed.name)

    def is_run(self, feed: Feed, standing: Standing) -> bool:
        """Test whether a feed is run by the clock, rather than brought to us."""
        if self.recordings is not None and self.recordings.plays(feed.name):
            return True
        if feed.arrives is Arrival.PULL:
            return True
        stands_in = self.around.may_simulate and feed.simulate is not None
        return stands_in and standing.last_data_at is None

    def list_due(self, standings: Mapping[str, Standing], now: datetime) -> tuple[Feed, ...]:
        """Return the feeds whose turn it is, the liveliest first.

        After the house was down all are due: what moves by the minute goes before what moves by
        the month, and the worker takes them a few at a time.
        """
        due = []
        for feed in self.feeds:
            standing = standings.get(feed.name, Standing(feed=feed.name))
            if is_due(standing, now) and self.is_run(feed, standing):
                due.append(feed)
        return tuple(sorted(due, key=lambda feed: (feed.every, feed.name)))


def city() -> City:
    """Return what the pack brings to every run; errors: ValueError for a correction unreadable."""
    pack = packs.current()
    return City(box=pack.box, corrections=corrections.read(pack.rows("corrections")))


def from_settings() -> Duty:
    """Read the duty of this process's workers from the settings and the pack.

    Errors:  ValueError naming what in the pack cannot be read.
    """
    recordings = _recordings()
    if recordings is None:
        from moothall.kernel.feeds import http  # who fetches nothing need not load its libraries

        fetcher: Fetcher = http.from_settings()
    else:
        fetcher = recordings
    on = packs.current().feeds_on()
    return Duty(
        feeds=tuple(feed for feed in house.feeds() if feed.name in on),
        around=Surroundings(fetcher=fetcher, city=city(), may_simulate=not settings.PRODUCTION),
        recordings=recordings,
    )


def renewed(duty: Duty) -> Duty:
    """Return a duty with the feeds that are on now: people may have added or paused some."""
    on = packs.current().feeds_on()
    return replace(duty, feeds=tuple(feed for feed in house.feeds() if feed.name in on))


def playing(mapping: str, *, root: Path) -> Duty:
    """Return the duty of playing a mapping's recordings, and nothing else.

    Errors:  ValueError naming what in the mapping cannot be read, or a feed there is not.
    """
    recordings = Recordings(read_mapping(mapping, root=root))
    known = {feed.name: feed for feed in house.feeds()}
    unknown = sorted({one.feed for one in recordings.recordings} - set(known))
    if unknown:
        raise ValueError(f"there is no feed called {', '.join(unknown)}")
    return Duty(
        feeds=tuple(feed for name, feed in known.items() if recordings.plays(name)),
        around=Surroundings(fetcher=recordings, city=city()),
        recordings=recordings,
    )


def _recordings() -> Recordings | None:
    if not settings.REPLAY:
        return None
    mapping = packs.current().folder / "replay.toml"
    text = mapping.read_text(encoding="utf-8") if mapping.is_file() else ""
    return Recordings(read_mapping(text, root=Path(settings.REPLAY)))


def list_unreachable(standings: Mapping[str, Standing], feeds: tuple[Feed, ...]) -> tuple[str, ...]:
    """Name the feeds that were tried and have never brought anything real."""
    return tuple(
        feed.name
        for feed in feeds
        if (standing := standings.get(feed.name)) is not None
        and standing.last_run_at is not None
        and standing.last_data_at is None
    )
