"""How the city's sources are doing, for everybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel.feeds import health, trouble
from moothall.kernel.feeds.health import FeedHealth, FeedState
from moothall.values.facts import State
from moothall.values.observations import Access, Mender, Origin

MEANING = {
    FeedState.WORKING: State.GOOD,
    FeedState.WAITING: State.UNKNOWN,
    FeedState.SIMULATED: State.WATCH,
    FeedState.STALE: State.WATCH,
    FeedState.PAUSED: State.WATCH,
    FeedState.FAILING: State.BAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source as a resident wants to know it."""

    title: str
    publisher: str
    url: str
    state: State
    words: str
    last_data_at: datetime | None
    every: str
    origin: Origin
    mender: str = ""
    """Who must do something, where somebody must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All of them, and the answer in one sentence."""

    sources: tuple[Source, ...]
    trouble: str = ""
    """What keeps this site itself from keeping anything new, if something does."""

    @property
    def working(self) -> int:
        """How many bring live data as they should."""
        return sum(source.state is State.GOOD for source in self.sources)

    @property
    def lead(self) -> str:
        """How many work, of how many."""
        if not self.sources:
            return _("No source is switched on yet.")
        said = _("%(working)s of %(all)s sources bring live data as they should.") % {
            "working": self.working,
            "all": len(self.sources),
        }
        for origin, words in (
            (Origin.REPLAYED, _("Replayed from recordings: %(n)s.")),
            (Origin.SIMULATED, _("Simulated: %(n)s.")),
        ):
            count = sum(source.origin is origin for source in self.sources)
            said += " " + words % {"n": count} if count else ""
        return said


def list_sources(*, now: datetime) -> Sources:
    """Return the sources the city has switched on, those in trouble first."""
    order = {State.BAD: 0, State.WATCH: 1, State.UNKNOWN: 2, State.GOOD: 3}
    found = sorted(
        (
            Source(
                title=_(feed.feed.title),
                publisher=feed.feed.publisher,
                url=f"/data/feeds/{feed.name}/",
                state=mean(feed),
                words=feed.words,
                last_data_at=feed.last_data_at,
                every=_every(feed.feed.every),
                origin=feed.origin,
                mender=_mender(feed),
            )
            for feed in list_open(now)
        ),
        key=lambda source: (order.get(source.state, 4), source.title),
    )
    told = trouble.told(now)
    return Sources(sources=tuple(found), trouble=told.public_words if told else "")


def list_open(now: datetime) -> tuple[FeedHealth, ...]:
    """Return the health of the feeds anybody may know of, what needs attention first."""
    found = (feed for feed in health.list_feeds(now) if feed.feed.access is Access.OPEN)
    return tuple(sorted(found, key=health.by_urgency))


def _mender(feed: FeedHealth) -> str:
    if feed.mender is None:
        return ""
    return _("us") if feed.mender is Mender.US else feed.feed.publisher


def mean(feed: FeedHealth) -> State:
    """Say what a feed's state means; one that plays a recording is not said to be well."""
    if feed.state is FeedState.WORKING and feed.origin is not Origin.LIVE:
        return State.NEUTRAL
    return MEANING.get(feed.state, State.UNKNOWN)


def _every(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 60:
        return ngettext("every second", "every %(n)s seconds", seconds) % {"n": seconds}
    if seconds < 3600:
        return ngettext("every minute", "every %(n)s minutes", seconds // 60) % {"n": seconds // 60}
    if seconds < 86400:
        return ngettext("every hour", "every %(n)s hours", seconds // 3600) % {"n": seconds // 3600}
    return ngettext("every day", "every %(n)s days", seconds // 86400) % {"n": seconds // 86400}
