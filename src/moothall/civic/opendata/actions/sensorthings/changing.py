"""Changes entities and observations: some of what they say (PATCH), or all of it (PUT)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from moothall.civic.opendata.actions.sensorthings import linking, observing
from moothall.civic.opendata.actions.sensorthings.observing import Said
from moothall.civic.opendata.actions.sensorthings.session import Session, UnableToFindEntity
from moothall.civic.opendata.feeds.sensed import DETAIL
from moothall.civic.opendata.queries.sensorthings.kept import Kept
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.bodies import Draft, UnableToWrite
from moothall.standards.sensorthings.shapes import GEOJSON, misfit
from moothall.standards.sensorthings.times import read_span


def change(session: Session, set_: str, id_: str, draft: Draft, *, whole: bool) -> None:
    """Change an entity that is no observation; errors: UnableToFindEntity, NotYours, UnableToWrite.

    Shape:   what is null is left out from then on; with `whole`, all that is not said as well.
    """
    held = session.get_own(set_, id_)
    said = dict(draft.values) if whole else {**held.values, **draft.values}
    values = {name: value for name, value in said.items() if value is not None}
    for name in ("location", "feature"):
        geojson = str(values.get("encodingType", "")).lower() in GEOJSON
        if geojson and name in values and (mend := misfit(values[name])):
            raise UnableToWrite((name, mend))
    links = dict(held.links)
    if set_ == "Locations" and values.get("location") != held.values.get("location"):
        # What is observed from now on is of another place.
        links.pop("Feature", None)
    if set_ == "Datastreams" and held.series:
        _keep_type(held, values)
    changed = held
    if values != held.values or links != held.links:
        changed = session.put(replace(held, values=values, links=links))
    for name, named in draft.links.items():
        linking.lead(session, changed, name, tuple(one for one in named if isinstance(one, str)))
    if values != held.values:
        _tell_series(session, changed)


def _keep_type(held: Kept, values: Mapping[str, Any]) -> None:
    if values.get("observationType") != held.values.get("observationType"):
        raise UnableToWrite(
            ("observationType", "stands, for there are Observations: make another Datastream")
        )


def _tell_series(session: Session, changed: Kept) -> None:
    """Have the series say what has changed of what they are of."""
    link = {"Things": "Thing", "Sensors": "Sensor", "ObservedProperties": "ObservedProperty"}
    if changed.set == "Datastreams":
        linking.describe_anew(session, session.find(changed.set, changed.id) or changed)
    elif changed.set in link:
        for stream in session.all_of("Datastreams"):
            if changed.id in stream.links.get(link[changed.set], ()):
                linking.describe_anew(session, stream)


# --- observations ------------------------------------------------------------------------------
def find_observation(session: Session, id_: str) -> tuple[Kept, str, int, dict[str, Any]]:
    """Return an observation's stream, series and instant, and all that it says, as it is kept.

    Errors:  UnableToFindEntity, NotYours.
    """
    key, _, text = id_.rpartition("@")
    missing = UnableToFindEntity(f"There is no Observation with the id {id_[:120]}.")
    try:
        at = micros(read_span(text).start)
    except ValueError as fault:
        raise missing from fault
    stream_id = session.state.owners.get(key)
    if stream_id is None:
        stream_id = key
    stream = session.get_own("Datastreams", stream_id)
    row = session.rows.series(key).find(key, at) if key in stream.series else None
    entry = current().find_record(DETAIL.name, id_) if key in stream.detailed else None
    if row is None or (entry is not None and entry.record.fields.get("deleted")):
        raise missing
    until, value, text_, quality = row
    said: dict[str, Any] = {"until": until, "value": value, "text": text_, "rated": quality}
    said["at"] = at
    said["more"] = None if entry is None else dict(entry.record.fields)
    return stream, key, at, said


def change_observation(session: Session, id_: str, draft: Draft, *, whole: bool) -> None:
    """Change what an observation says; its id, its stream and its feature stand.

    Leaves:  how it was before, so that it can be told as of then.
    """
    if draft.links:
        raise UnableToWrite(
            (next(iter(draft.links)), "stands: delete the Observation and send it anew")
        )
    stream, key, kept_at, said = find_observation(session, id_)
    values = dict(draft.values) if whole else {**_stated(key, said, stream), **draft.values}
    if whole and "phenomenonTime" not in values:
        values["phenomenonTime"] = _stated(key, said, stream)["phenomenonTime"]
    now_said = observing.read(session.now, stream, values, stream.series[key])._replace(key=key)
    row = now_said.row
    made = values.get("resultTime")
    keep_before(session, key, kept_at, said)
    fields = observing.fields_of(now_said, kept_at)
    session.detail(id_, {**fields, "made_at": made})
    observing.mark_detailed(session, stream.id, key)
    before = (said["until"], said["value"], said["text"], said["rated"])
    if row != before:
        session.rows.put(key, kept_at, row)


def keep_before(session: Session, key: str, kept_at: int, said: Mapping[str, Any]) -> None:
    """Write down what an observation said, where nothing but its row did."""
    if said["more"] is None:
        observing.say(session, bare(key, said), kept_at, since=received_at(key, kept_at))


def bare(key: str, said: Mapping[str, Any]) -> Said:
    """Say what an observation's row says by itself."""
    return Said(key, said["at"], (said["until"], said["value"], said["text"], said["rated"]), {})


def received_at(key: str, kept_at: int) -> datetime:
    """Return when an observation came."""
    at = instant(kept_at)
    rows = current().read_series(key, from_at=at, until_at=instant(kept_at + 1))
    return current().find_arrival(rows["segment"][0].as_py()) or at


def _stated(key: str, said: Mapping[str, Any], stream: Kept) -> dict[str, Any]:
    """Say an observation as a body would state it."""
    more = said["more"]
    if more is None:
        more = observing.fields_of(bare(key, said), said["at"])
    result = more["text"] if more["text"] is not None else more["value"]
    if more.get("result") is not None:
        result = orjson.loads(more["result"])
    elif str(stream.values.get("observationType")).endswith("OM_TruthObservation"):
        result = bool(result)
    ends = f"/{more['until']}" if more.get("until") else ""
    valid = None
    if more.get("valid_from"):
        valid = f"{more['valid_from']}/{more['valid_until']}"
    words = {number: word for word, number in observing.QUALITIES.items()}
    rated = words.get(said["rated"])
    if more.get("quality") is not None:
        rated = orjson.loads(more["quality"])
    parameters = more.get("parameters")
    return {
        "phenomenonTime": f"{more['at']}{ends}",
        "result": result,
        "resultTime": more.get("made_at"),
        "validTime": valid,
        "resultQuality": rated,
        "parameters": None if parameters is None else orjson.loads(parameters),
    }
