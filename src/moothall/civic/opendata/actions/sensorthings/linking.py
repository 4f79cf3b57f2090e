"""Links between entities: which of two says it, and what follows when it is changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from moothall.civic.opendata.actions.sensorthings import observing
from moothall.civic.opendata.actions.sensorthings.session import Session
from moothall.civic.opendata.queries.sensorthings.kept import Kept
from moothall.standards.sensorthings.bodies import UnableToWrite
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.times import read_span, write_instant

FORWARD: Mapping[str, tuple[str, ...]] = {
    "Things": ("Locations",),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty"),
}
"""The links that an entity states itself."""
BACK: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Things", "Datastreams"): ("Thing", "Datastreams"),
    ("Things", "HistoricalLocations"): ("Thing", "HistoricalLocations"),
    ("Locations", "Things"): ("Locations", "Things"),
    ("Locations", "HistoricalLocations"): ("Locations", "HistoricalLocations"),
    ("Sensors", "Datastreams"): ("Sensor", "Datastreams"),
    ("ObservedProperties", "Datastreams"): ("ObservedProperty", "Datastreams"),
    ("Datastreams", "Observations"): ("Datastream", "Observations"),
    ("FeaturesOfInterest", "Observations"): ("FeatureOfInterest", "Observations"),
}
"""Of the others, which link of which set leads back, and says it."""


def instant(text: str) -> datetime:
    """Read an instant that was found to be one."""
    return read_span(text).start


def note_move(session: Session, thing: str, places: tuple[str, ...]) -> None:
    """Write down that a thing is somewhere from now on."""
    session.put(
        Kept(
            set="HistoricalLocations",
            id=session.new_id("HistoricalLocations"),
            values={"time": write_instant(session.now)},
            links={"Thing": (thing,), "Locations": places},
            by=session.by,
        )
    )


def lead(session: Session, entity: Kept, name: str, ids: tuple[str, ...]) -> None:
    """Have a link lead to what there is.

    Errors:  UnableToFindEntity, NotYours; UnableToWrite for links that are not changed.
    """
    target = ENTITIES[entity.set].links[name].target
    if name in FORWARD.get(entity.set, ()):
        _state(session, entity, name, tuple(session.get(target, id_).id for id_ in ids))
        return
    back, _ = BACK[entity.set, name]
    if target == "Observations":
        raise UnableToWrite((name, "an Observation keeps its Datastream and FeatureOfInterest"))
    for id_ in ids:
        _state(session, session.get_own(target, id_), back, (entity.id,))


def _state(session: Session, entity: Kept, name: str, ids: tuple[str, ...]) -> None:
    held = session.find(entity.set, entity.id) or entity
    if held.links.get(name) == ids:
        return
    many = ENTITIES[entity.set].links[name].many
    if entity.set == "HistoricalLocations" and many:
        ids = tuple(dict.fromkeys((*held.links.get(name, ()), *ids)))
    held = session.put(replace(held, links={**held.links, name: ids}))
    if entity.set == "Things" and ids:
        note_move(session, entity.id, ids)
    if entity.set == "Datastreams":
        describe_anew(session, held)


def describe_anew(session: Session, stream: Kept) -> None:
    """Have the series of a stream say what it now is."""
    for key, feature in stream.series.items():
        session.series[key] = observing.describe(session, stream, key, feature)
