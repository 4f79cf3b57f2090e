"""One figure of today, walked back to the bytes it came from."""

from dataclasses import dataclass
from datetime import datetime

from moothall.kernel.feeds import health
from moothall.kernel.feeds.health import RawEntry
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest
from moothall.kernel.registry import Feed, house
from moothall.portal.queries.now import get_city_now
from moothall.values.facts import Card, Fact
from moothall.values.observations import Access, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A figure and every link of its chain, the source's bytes first."""

    card: Card
    fact: Fact
    latest: Latest
    feed: Feed
    raw: RawEntry | None


def find_walk(*, now: datetime) -> Walk | None:
    """Find a figure on City now whose whole chain can be shown, a live one where there is one.

    Leaves:  None when the lake holds nothing a page shows yet, or only what was made up.
    """
    facts = [
        (card, fact)
        for card in get_city_now(now=now).cards
        for fact in card.facts
        if fact.series and fact.value and fact.origin is not Origin.SIMULATED
    ]
    facts.sort(key=lambda pair: pair[1].origin)
    known = {feed.name: feed for feed in house.feeds() if feed.access is Access.OPEN}
    for card, fact in facts[:20]:
        latest = lake.current().find_latest(fact.series)
        if latest is not None and latest.feed in known:
            raw = health.find_raw(latest.feed, latest.raw) if latest.raw else None
            return Walk(card=card, fact=fact, latest=latest, feed=known[latest.feed], raw=raw)
    return None
