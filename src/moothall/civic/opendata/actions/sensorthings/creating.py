"""Makes entities, with all that a body makes besides: a whole thing with its streams in one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moothall.civic.opendata.actions.sensorthings import linking, observing
from moothall.civic.opendata.actions.sensorthings.session import Session
from moothall.civic.opendata.queries.sensorthings.kept import Kept
from moothall.standards.sensorthings.bodies import Draft, UnableToWrite

Links = Mapping[str, tuple[str, ...]]


def create(session: Session, draft: Draft, given: Links | None = None) -> tuple[str, bool]:
    """Make an entity; return its id, and whether it is new: an observation may be there already.

    Shape:   `given` are links that stand beside those of the draft, and go before them.
    Errors:  UnableToWrite, UnableToFindEntity, NotYours.
    """
    links: dict[str, tuple[Draft | str, ...]] = {**draft.links, **(given or {})}
    if draft.entity.set == "Observations":
        return _observation(session, draft.values, links)
    return _entity(session, draft, links).id, True


def _entity(session: Session, draft: Draft, links: dict[str, tuple[Draft | str, ...]]) -> Kept:
    set_ = draft.entity.set
    stated: dict[str, tuple[str, ...]] = {}
    for name in linking.FORWARD.get(set_, ()):
        named = links.pop(name, ())
        target = draft.entity.links[name].target
        stated[name] = tuple(_named(session, target, one) for one in named)
    values = {name: value for name, value in draft.values.items() if value is not None}
    made = session.put(
        Kept(set=set_, id=session.new_id(set_), values=values, links=stated, by=session.by)
    )
    if set_ == "Things" and stated.get("Locations"):
        linking.note_move(session, made.id, stated["Locations"])
    if set_ == "HistoricalLocations":
        _follow_move(session, made)
    for name, named in links.items():
        _lead_back(session, made, name, named)
    return made


def _named(session: Session, target: str, one: Draft | str) -> str:
    """Return the id of what a link names, made first where it is new."""
    if isinstance(one, Draft):
        return create(session, one)[0]
    return session.get(target, one).id


def _lead_back(session: Session, made: Kept, name: str, named: tuple[Draft | str, ...]) -> None:
    """Make, or change, what is to lead to an entity just made."""
    back, _ = linking.BACK[made.set, name]
    for one in named:
        if isinstance(one, str):
            linking.lead(session, made, name, (one,))
        else:
            create(session, one, {back: (made.id,)})


def _follow_move(session: Session, move: Kept) -> None:
    """Have a thing be where its newest HistoricalLocation says it is."""
    thing = session.find("Things", move.links["Thing"][0])
    at = str(move.values["time"])
    if thing is None:
        raise UnableToWrite(("Thing", "comes from a feed: where it is, its source says"))
    if thing.by != session.by:
        session.get_own("Things", thing.id)
    times = [
        str(one.values["time"])
        for one in session.all_of("HistoricalLocations")
        if thing.id in one.links.get("Thing", ()) and one.id != move.id
    ]
    if move.links.get("Locations") and all(
        linking.instant(at) >= linking.instant(t) for t in times
    ):
        session.put(replace(thing, links={**thing.links, "Locations": move.links["Locations"]}))


# --- observations ------------------------------------------------------------------------------
def _observation(
    session: Session, values: Mapping[str, Any], links: Mapping[str, tuple[Draft | str, ...]]
) -> tuple[str, bool]:
    stream_id = _named(session, "Datastreams", links["Datastream"][0])
    stream = session.get_own("Datastreams", stream_id)
    features = links.get("FeatureOfInterest", ())
    if features:
        feature = _named(session, "FeaturesOfInterest", features[0])
    else:
        feature = default_feature(session, stream)
    timed = observing.is_timed(values)
    key = observing.series_key(stream.id, feature, timed=timed)
    stream = observing.declare(session, stream, key, feature)
    return observing.observe(session, stream, values, feature)


def default_feature(session: Session, stream: Kept) -> str:
    """Return the feature of what a stream's thing is at, made of its place where there is none.

    Errors:  UnableToWrite for a thing that is nowhere.
    """
    thing_id = stream.links["Thing"][0]
    thing = session.find("Things", thing_id)
    if thing is None:
        # A feed brings the thing, and so where it is.
        return session.get("FeaturesOfInterest", thing_id).id
    for id_ in thing.links.get("Locations", ()):
        place = session.find("Locations", id_)
        if place is None:
            return session.get("FeaturesOfInterest", id_).id
        known = place.links.get("Feature", ())
        if known and session.find("FeaturesOfInterest", known[0]) is not None:
            return known[0]
        values = {
            "name": place.values["name"],
            "description": place.values["description"],
            "encodingType": place.values["encodingType"],
            "feature": place.values["location"],
        }
        feature = Kept(
            set="FeaturesOfInterest",
            id=session.new_id("FeaturesOfInterest"),
            values=values,
            links={},
            by=place.by,
        )
        session.put(feature)
        session.put(replace(place, links={**place.links, "Feature": (feature.id,)}))
        return feature.id
    raise UnableToWrite(
        (
            "FeatureOfInterest",
            "is missing, and the Thing has no Location to make one of: send one of the two",
        )
    )
