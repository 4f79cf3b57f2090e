"""Removes entities, and what cannot be without them; the lake keeps what was, for who asks of then.

Source:   18-088, 10.4
"""

from dataclasses import replace

from moothall.civic.opendata.actions.sensorthings import changing, observing
from moothall.civic.opendata.actions.sensorthings.session import Session
from moothall.civic.opendata.queries.sensorthings.kept import Kept
from moothall.values.observations import Quality

TAKES_WITH_IT = {
    "Things": (("Datastreams", "Thing"), ("HistoricalLocations", "Thing")),
    "Locations": (("HistoricalLocations", "Locations"),),
    "Sensors": (("Datastreams", "Sensor"),),
    "ObservedProperties": (("Datastreams", "ObservedProperty"),),
}
"""What goes when an entity goes: the set, and the link by which it leads there."""


def remove(session: Session, set_: str, id_: str) -> None:
    """Remove an entity; errors: UnableToFindEntity, NotYours."""
    if set_ == "Observations":
        remove_observation(session, id_)
        return
    _remove(session, session.get_own(set_, id_))


def _remove(session: Session, entity: Kept) -> None:
    session.remove(entity)
    for set_, link in TAKES_WITH_IT.get(entity.set, ()):
        for one in session.all_of(set_):
            if entity.id in one.links.get(link, ()):
                _remove(session, one)
    if entity.set == "Locations":
        for thing in session.all_of("Things"):
            if entity.id in thing.links.get("Locations", ()):
                left = tuple(id_ for id_ in thing.links["Locations"] if id_ != entity.id)
                session.put(replace(thing, links={**thing.links, "Locations": left}))
    if entity.set == "FeaturesOfInterest":
        for stream in session.all_of("Datastreams"):
            if entity.id in stream.series.values():
                series = {k: f for k, f in stream.series.items() if f != entity.id}
                session.put(replace(stream, series=series))


def remove_observation(session: Session, id_: str) -> None:
    """Take an observation back: it is told no more, and its row in the lake is said to be suspect.

    Errors:  UnableToFindEntity, NotYours.
    """
    stream, key, kept_at, said = changing.find_observation(session, id_)
    bare = changing.bare(key, said)
    changing.keep_before(session, key, kept_at, said)
    more = dict(said["more"] or observing.fields_of(bare, kept_at))
    session.detail(id_, {**more, "deleted": True})
    observing.mark_detailed(session, stream.id, key)
    session.rows.put(key, kept_at, (*bare.row[:3], int(Quality.SUSPECT)))
