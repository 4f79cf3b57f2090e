"""The short way of a plain observation: written down durably, kept with others a moment later.

What is more than a new instant of a series that is known goes the long way: `creating`.
"""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from moothall.civic.opendata.actions.sensorthings import observing
from moothall.civic.opendata.actions.sensorthings.session import writing
from moothall.civic.opendata.feeds.sensed import ENTITY, FEED
from moothall.civic.opendata.queries.sensorthings import kept
from moothall.civic.opendata.queries.sensorthings.kept import Kept, State
from moothall.kernel.feeds import tables, waiting
from moothall.kernel.observations.entries import micros
from moothall.kernel.observations.lake import Lake, UnableToAppend, current

log = structlog.get_logger("moothall.feeds")
MOST_KNOWN = 50_000


class _Newest:
    """The newest instant the lake holds of some series, as of one change of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lake: Lake | None = None
        self.change = -1
        self.of: dict[str, int] = {}

    def find(self, key: str) -> int:
        """Return the newest instant of a series; within a transaction, so that it stands."""
        lake = current()
        change = lake.last_change()
        with self.lock:
            if self.lake is not lake or change != self.change or len(self.of) > MOST_KNOWN:
                self.lake, self.change, self.of = lake, change, {}
            found = self.of.get(key)
            if found is None:
                latest = lake.find_latest(key)
                found = -1 << 62 if latest is None else micros(latest.observation.at)
                self.of[key] = found
            return found


_newest = _Newest()


def observe(
    values: Mapping[str, Any], *, stream_id: str, feature: str | None, by: str, now: datetime
) -> str | None:
    """Take in one observation, and return its id; None where that needs the long way.

    Errors:  UnableToWrite for a result that is none of the stream's type.
    """
    state = kept.state()
    stream = state.get("Datastreams", stream_id)
    if stream is None or stream.by != by or not values.get("phenomenonTime"):
        return None
    feature = feature or _usual_feature(state, stream)
    if feature is None:
        return None
    key, at, row, detail = observing.read(now, stream, values, feature)
    if detail or key not in stream.series:
        return None
    waiting.prepare()
    with tables.transaction() as cursor:
        # What was known may have been changed since: the lock is ours only from here.
        current().database.lock_writing(cursor)
        if current().last_change(kind=ENTITY.name) != state.seen or at <= _newest.find(key):
            return None
        whole = (key, at, *row)
        fresh = waiting.put(cursor, FEED.name, whole)
        if not fresh and waiting.find(cursor, FEED.name, key, at) != whole:
            return None
    return observing.id_of(key, at)


def _usual_feature(state: State, stream: Kept) -> str | None:
    """Return the feature of an observation that names none, if it is where the thing is now."""
    thing = state.get("Things", stream.links["Thing"][0])
    if thing is None:
        return None
    for id_ in thing.links.get("Locations", ()):
        place = state.get("Locations", id_)
        made = place.links.get("Feature", ()) if place else ()
        return made[0] if made and state.get("FeaturesOfInterest", made[0]) else None
    return None


def settle(now: datetime) -> int:
    """Keep in the lake what waits; return how many there were.

    Shape:   where the lake cannot keep it now, it waits on: whoever reads is not held up by that.
    """
    if not kept.is_on() or not waiting.is_any(FEED.name):
        return 0
    try:
        with writing(by="", now=now) as session:
            return session.settled
    except (UnableToAppend, tables.Refused, OSError) as fault:
        log.warning("what sensors sent waits on", why=str(fault)[:300])
        return 0
