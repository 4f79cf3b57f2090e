"""Check for flooding: the station list, with each gauge's newest level and usual range.

Source:   https://check-for-flooding.service.gov.uk/river-and-sea-levels
Cadence:  no public address gives the whole list, so it is dropped as a file (JSON).
Params:   flood.toml: [[gauge]] id, rloi, datum
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from moothall.kernel.registry import Arrival, Feed, Params
from moothall.standards.jsontext import read_json
from moothall.topics.flood import rules
from moothall.topics.flood.feeds.readings import read_level
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import (
    Batch,
    Column,
    Kind,
    Observation,
    Quality,
    Record,
    Series,
    Severity,
)
from moothall.values.requests import Payload
from moothall.values.times import parse_instant

PAGE = "https://check-for-flooding.service.gov.uk/station/"
RANGE = Kind(
    name="flood.usual_range",
    title="The range each river gauge is usually in",
    summary="From the Check for flooding station list; a weir has one row for each of its sides.",
    columns=(
        Column(name="name", meaning="The gauge's name"),
        Column(name="river"),
        Column(name="station_reference", meaning="The telemetry number: L1707"),
        Column(name="rloi_id", meaning="The number of its Check for flooding page"),
        Column(name="side", meaning="upstream or downstream of the structure"),
        Column(name="status", meaning="Active, Suspended or Closed"),
        Column(
            name="typical_high_m",
            type="number",
            unit="m",
            meaning="percentile_5: the level is above this 5 % of the time",
        ),
        Column(
            name="typical_low_m",
            type="number",
            unit="m",
            meaning="percentile_95: the level is above this 95 % of the time",
        ),
        Column(name="source_url"),
    ),
    geometry="Point",
)
SIDES = {"u": "upstream", "d": "downstream"}


def parse(payload: Payload, params: Params) -> Batch:
    """Keep the newest level and the usual range of this city's gauges.

    Shape:   [{"telemetry_id", "rloi_id", "qualifier": "u" or "d", "value": text or null,
             "value_timestamp": ISO 8601, "value_erred", "percentile_5", "percentile_95", ...}].
             A weir is there twice: "u" is above it, "d" below; they are two series.
    Units:   metres above the gauge's datum. percentile_5 is the *high* end of the range.
    Errors:  ValueError if the whole is not a list; one bad item becomes an Issue.
    """
    items = read_json(payload.body)
    if not isinstance(items, list):
        raise ValueError("not a list of stations")
    gauges = {gauge["id"]: gauge for gauge in params.get("gauge", ())}
    latest_allowed = payload.fetched_at + rules.AHEAD
    observations: dict[str, Observation] = {}
    records: dict[str, Record] = {}
    series: dict[str, Series] = {}
    issues = Issues()
    for number, item in enumerate(items):
        try:
            gauge = gauges.get(item["telemetry_id"])
            if gauge is None:
                continue
            side = SIDES.get(item["qualifier"])
            if side is None:
                raise ValueError(f"neither upstream nor downstream: {item['qualifier']!r:.60}")
            if f"{int(item['rloi_id'])}-{side}" in records:
                raise ValueError(f"a second row for {item['telemetry_id']} {side}")
            described = _describe(item, gauge, side)
            record = _read_range(item, side, described, payload)
            records[record.id] = record
            series[described.key] = described
            if item["value"] is None:
                issues.note(f"[{number}]", "no value", item, severity=Severity.INFO)
                continue
            observation = _read_level(item, described.key)
            if observation.at > latest_allowed:
                raise ValueError(f"value_timestamp is in the future: {item['value_timestamp']}")
            observations[described.key] = observation
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"[{number}]", fault, item)
    return Batch(
        observations=tuple(observations.values()),
        records=tuple(records.values()),
        series=tuple(series.values()),
        issues=tuple(issues),
        as_of=max((o.at for o in observations.values()), default=None),
    )


def _read_level(item: Mapping[str, Any], key: str) -> Observation:
    quality = Quality.SUSPECT if item.get("value_erred") else Quality.UNCHECKED
    return Observation(
        series=key,
        at=parse_instant(item["value_timestamp"]),
        result=read_level(item["value"]),
        quality=quality,
    )


def _describe(item: Mapping[str, Any], gauge: Mapping[str, Any], side: str) -> Series:
    downstream = side == "downstream"
    where = f" ({side})" if item.get("station_type") == "M" else ""
    zero = "Ordnance Datum" if gauge.get("datum") == "ordnance" else "the gauge's own zero"
    river, name = item["wiski_river_name"], item["external_name"]
    return Series(
        key=rules.listed_level_series(str(item["rloi_id"]), downstream=downstream),
        title=f"{river} level: {name}{where}",
        unit="m",
        observed_property="river level",
        thing=f"{river} at {name}{where}",
        thing_id=gauge["id"],
        procedure=f"newest telemetry reading, metres above {zero}",
        lon=read_number(item["lon"], least=-180, most=180),
        lat=read_number(item["lat"], least=-90, most=90),
        source_url=f"{PAGE}{item['rloi_id']}",
    )


def _read_range(item: Mapping[str, Any], side: str, described: Series, payload: Payload) -> Record:
    return Record(
        kind=RANGE.name,
        id=f"{item['rloi_id']}-{side}",
        from_at=payload.fetched_at,
        fields={
            "name": str(item["external_name"]),
            "river": str(item["wiski_river_name"]),
            "station_reference": item["telemetry_id"],
            "rloi_id": str(item["rloi_id"]),
            "side": side,
            "status": str(item.get("status") or "") or None,
            "typical_high_m": _metres(item.get("percentile_5")),
            "typical_low_m": _metres(item.get("percentile_95")),
            "source_url": f"{PAGE}{item['rloi_id']}",
        },
        geometry={"type": "Point", "coordinates": [described.lon, described.lat]},
    )


def _metres(text: str | None) -> float | None:
    """Read a level that may be missing; errors: ValueError if it is there and not a number."""
    if text is None or text == "":
        return None
    return read_level(text)


FEED = Feed(
    name="flood.levels",
    title="River levels listed by Check for flooding",
    summary="Each gauge's newest level and the range it is usually in; weirs on both sides.",
    publisher="Environment Agency and Department for Environment, Food & Rural Affairs",
    documentation="https://check-for-flooding.service.gov.uk/river-and-sea-levels",
    licence="OGL-UK-3.0",
    attribution=(
        "Contains public sector information licensed under the Open Government Licence v3.0"
    ),
    every=timedelta(minutes=15),
    stale_after=rules.STALE_AFTER,
    parse=parse,
    arrives=Arrival.DROP,
    kinds=(RANGE,),
)
