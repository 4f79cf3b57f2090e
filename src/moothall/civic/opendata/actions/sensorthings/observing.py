"""Takes observations in: what is sent again is found again, and makes no second one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from math import isfinite
from typing import Any, NamedTuple

import orjson

from moothall.civic.opendata.actions.sensorthings.rows import MOST_AT_ONE_INSTANT, Row
from moothall.civic.opendata.actions.sensorthings.session import Session
from moothall.civic.opendata.feeds.sensed import DETAIL
from moothall.civic.opendata.queries.sensorthings.kept import TIMED, Kept
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.bodies import UnableToWrite, misfit
from moothall.standards.sensorthings.shapes import geometry_of
from moothall.standards.sensorthings.times import read_span, write_instant
from moothall.values.observations import KEY, Quality, Series

QUALITIES = {
    one.name.lower(): int(one) for one in (Quality.GOOD, Quality.ESTIMATED, Quality.SUSPECT)
}
"""What the lake has a word for."""
_EXACT = 2**53
_PLAIN = frozenset({"phenomenonTime", "resultTime", "result"})


class Said(NamedTuple):
    """An observation as it is kept: its series, its instant, its row, and what is said beside."""

    key: str
    at: int
    row: Row
    detail: dict[str, Any]


def observe(
    session: Session, stream: Kept, values: Mapping[str, Any], feature: str
) -> tuple[str, bool]:
    """Take in one observation of a stream; return its id, and whether it is new.

    Errors:  UnableToWrite for a result that is none of the stream's type.
    """
    said = read(session.now, stream, values, feature)
    if not values.get("phenomenonTime"):
        # Nobody said when: two that are sent at once are two.
        known, at = session.rows.series(said.key), said.at
        while known.find(said.key, at) is not None:
            at += 1
        said = said._replace(at=at)
    return place(session, stream, said)


def read(now: datetime, stream: Kept, values: Mapping[str, Any], feature: str) -> Said:
    """Say an observation as it is kept.

    Errors:  UnableToWrite.
    """
    result = values["result"]
    wrong = misfit(result, str(stream.values.get("observationType", "")))
    if wrong:
        raise UnableToWrite(("result", wrong))
    stated = values.get("phenomenonTime")
    if stated:
        span = read_span(stated)
        at, until = micros(span.start), micros(span.end) if span.lasts else None
    else:
        at, until = micros(now), None
    made = values.get("resultTime")
    made_at = None if made is None else micros(read_span(made).start)
    timed = is_timed(values)
    detail: dict[str, Any] = {}
    if made_at is not None and not timed:
        detail["made_at"] = write_instant(instant(made_at))
    quality = 0
    if values.keys() - _PLAIN:
        quality = _besides(values, detail)
    value, text = _result(result, detail)
    key = series_key(stream.id, feature, timed=timed)
    return Said(key, at, (until, value, text, quality), detail)


def _besides(values: Mapping[str, Any], detail: dict[str, Any]) -> int:
    """Gather what is said besides the result, and return the quality that the lake knows."""
    if values.get("validTime"):
        valid = read_span(values["validTime"])
        detail["valid_from"] = write_instant(valid.start)
        detail["valid_until"] = write_instant(valid.end)
    if values.get("parameters") is not None:
        detail["parameters"] = orjson.dumps(values["parameters"]).decode()
    rated = values.get("resultQuality")
    if rated is None:
        return 0
    if isinstance(rated, str) and rated in QUALITIES:
        return QUALITIES[rated]
    detail["quality"] = orjson.dumps(rated).decode()
    return 0


def _result(result: Any, detail: dict[str, Any]) -> tuple[float | None, str | None]:
    """Say a result as a number or a text; what is neither stands beside it as it was sent."""
    if isinstance(result, str):
        return None, result
    if isinstance(result, bool):
        return float(result), None
    if isinstance(result, int | float):
        if isinstance(result, int) and abs(result) > _EXACT:
            detail["result"] = str(result)
        return float(result), None
    detail["result"] = orjson.dumps(result).decode()
    return None, detail["result"]


def is_timed(values: Mapping[str, Any]) -> bool:
    """Test whether a result is stated to be made as what it is of ended."""
    stated, made = values.get("phenomenonTime"), values.get("resultTime")
    if not stated or made is None:
        return False
    return read_span(made).start == read_span(stated).end


def series_key(stream: str, feature: str, *, timed: bool) -> str:
    """Name the series that a stream's observations of a feature are in."""
    named = f"f{feature}"
    if not feature.isdigit():
        named = f"b{blake2b(feature.encode(), digest_size=6).hexdigest()}"
    return f"opendata.d{stream}.{named}{TIMED if timed else ''}"


def place(session: Session, stream: Kept, said: Said) -> tuple[str, bool]:
    """Find an observation that says the same, or put this one beside what there is."""
    key, at, row, detail = said
    known = session.rows.series(key)
    kept_at = at
    while (held := known.find(key, kept_at)) is not None:
        if held == row and _says(session, stream, said, kept_at):
            session.again += 1
            return id_of(key, kept_at), False
        kept_at += 1
        if kept_at - at >= MOST_AT_ONE_INSTANT:
            raise UnableToWrite(("phenomenonTime", "too many different results at this instant"))
    known.fresh[kept_at] = row
    session.made += 1
    if detail or kept_at != at:
        say(session, said, kept_at)
        mark_detailed(session, stream.id, key)
    return id_of(key, kept_at), True


def id_of(key: str, at: int) -> str:
    """Name an observation."""
    return f"{key}@{write_instant(instant(at))}"


def say(session: Session, said: Said, kept_at: int, *, since: datetime | None = None) -> None:
    """Have all that an observation says stand beside its row."""
    session.detail(id_of(said.key, kept_at), fields_of(said, kept_at), at=since)


def fields_of(said: Said, kept_at: int) -> dict[str, Any]:
    """Say all that an observation says, as it stands beside its row."""
    key, at, (until, value, text, _), detail = said
    made = detail.get("made_at")
    if made is None and key.endswith(TIMED):
        made = write_instant(instant(at if until is None else until))
    return {
        "series": key,
        "kept_at": write_instant(instant(kept_at)),
        "at": write_instant(instant(at)),
        "until": None if until is None else write_instant(instant(until)),
        "value": value,
        "text": text,
        **detail,
        "made_at": made,
    }


def _says(session: Session, stream: Kept, said: Said, kept_at: int) -> bool:
    """Test whether what stands beside an observation is what is said of this one."""
    id_, detail = id_of(said.key, kept_at), said.detail
    pending = next((one for one in reversed(session.details) if one.id == id_), None)
    held = session.find("Datastreams", stream.id) or stream
    if pending is None and said.key in held.detailed:
        entry = current().find_record(DETAIL.name, id_)
        pending = None if entry is None else entry.record
    if pending is None:
        return not detail and said.at == kept_at
    beside: Mapping[str, Any] = pending.fields
    if beside.get("deleted") or beside["at"] != write_instant(instant(said.at)):
        return False
    names = ("valid_from", "valid_until", "quality", "parameters", "result")
    if any(beside.get(name) != detail.get(name) for name in names):
        return False
    return "made_at" not in detail or beside.get("made_at") == detail["made_at"]


def mark_detailed(session: Session, stream: str, key: str) -> None:
    """Note that of a series more is said than results."""
    held = session.find("Datastreams", stream)
    if held is not None and key not in held.detailed:
        session.put(replace(held, detailed=held.detailed | {key}))


def declare(session: Session, stream: Kept, key: str, feature: str) -> Kept:
    """Make sure that a series of a stream is there; return the stream as it now is."""
    held = session.find("Datastreams", stream.id) or stream
    if key in held.series:
        return held
    held = session.put(replace(held, series={**held.series, key: feature}))
    session.series[key] = describe(session, held, key, feature)
    return held


def describe(session: Session, stream: Kept, key: str, feature: str) -> Series:
    """Say a stream as the rest of the house knows series."""
    thing_id = stream.links["Thing"][0]
    thing = session.get("Things", thing_id).values
    sensor = session.get("Sensors", stream.links["Sensor"][0]).values
    observed = session.get("ObservedProperties", stream.links["ObservedProperty"][0]).values
    place = session.get("FeaturesOfInterest", feature).values.get("feature")
    lon, lat = _point(place)
    if not KEY.fullmatch(key):
        raise ValueError(key)
    return Series(
        key=key,
        title=str(stream.values["name"])[:300],
        unit=_unit(stream.values.get("unitOfMeasurement") or {}),
        observed_property=str(observed.get("name", ""))[:300],
        thing=str(thing.get("name", ""))[:300],
        thing_id=f"Things({thing_id})",
        procedure=str(sensor.get("name", ""))[:300],
        lon=lon,
        lat=lat,
    )


def _unit(unit: Mapping[str, Any]) -> str:
    """Return a unit's code in UCUM if it is stated, else its sign."""
    definition = str(unit.get("definition") or "")
    if definition.startswith("ucum:"):
        return definition.removeprefix("ucum:")[:40]
    return str(unit.get("symbol") or unit.get("name") or "")[:40]


def _point(place: Any) -> tuple[float | None, float | None]:
    """Return where a place lies: a point itself, of anything else its middle."""
    geometry = geometry_of(place)
    if geometry is None:
        return None, None
    if geometry["type"] == "Point":
        lon, lat = geometry["coordinates"][:2]
        return float(lon), float(lat)
    import shapely.geometry

    middle = shapely.geometry.shape(geometry).centroid
    if middle.is_empty or not (isfinite(middle.x) and isfinite(middle.y)):
        return None, None
    return float(middle.x), float(middle.y)
