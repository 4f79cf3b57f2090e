"""Environment Agency river levels and rainfall, England.

Source:   https://environment.data.gov.uk/flood-monitoring/doc/reference
Cadence:  15 minutes; one call for every measure in England, as the source asks.
Params:   flood.toml: [[gauge]] id, name, river, measure, downstream_measure, lat, lon, datum,
          source; [[rain_gauge]] id, name, measure, lat, lon, source
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import pi, sin
from typing import Any
from zlib import crc32

from moothall.kernel.registry import Feed, Params
from moothall.standards.jsontext import read_json
from moothall.topics.flood import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Observation, Origin, Series
from moothall.values.requests import Payload, Request
from moothall.values.times import parse_instant

LATEST = "https://environment.data.gov.uk/flood-monitoring/data/readings?latest"
QUARTER = timedelta(minutes=15)
DATUMS = {
    "gauge": "metres above the gauge's own zero",
    "ordnance": "metres above Ordnance Datum (sea level)",
}


def requests(params: Params) -> Iterator[Request]:
    """Ask once for the latest reading of every measure in England."""
    yield Request(url=LATEST)


def parse(payload: Payload, params: Params) -> Batch:
    """Keep the readings of this city's gauges.

    Shape:   {"items": [{"measure": URI or {"@id": URI}, "dateTime": ISO 8601, "value": number}]};
             `items` may be one object. A value given as a list is not one reading.
    Units:   metres above the datum the pack states for the gauge; millimetres of rain.
    Errors:  ValueError if the whole is not that shape; one bad item becomes an Issue.
    """
    items = read_items(payload.body)
    wanted = {name: series for name, series in _list_series(params)}
    latest_allowed = payload.fetched_at + rules.AHEAD
    observations: list[Observation] = []
    issues = Issues()
    for number, item in enumerate(items):
        try:
            measure = item["measure"]
            if not isinstance(measure, str):
                measure = measure["@id"]
            series = wanted.get(measure.rpartition("/")[2])
            if series is not None:
                observations.append(_read_one(series, item, latest_allowed))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"items[{number}]", fault, item)
    used = {observation.series for observation in observations}
    return Batch(
        observations=tuple(observations),
        series=tuple(series for series in wanted.values() if series.key in used),
        issues=tuple(issues),
    )


def read_items(body: bytes) -> list[Any]:
    """Open the Agency's envelope; errors: ValueError if it is not one."""
    whole = read_json(body)
    items = whole.get("items") if isinstance(whole, dict) else None
    if isinstance(items, dict):
        return [items]
    if not isinstance(items, list):
        raise ValueError("no items: not an answer of the flood monitoring API")
    return items


def _read_one(series: Series, item: Mapping[str, Any], latest_allowed: datetime) -> Observation:
    """Read one item; errors: ValueError or KeyError saying what is wrong with it."""
    at = parse_instant(item["dateTime"])
    if at > latest_allowed:
        raise ValueError(f"dateTime is in the future: {item['dateTime']}")
    if series.unit == "mm":
        value = read_number(item["value"], least=0, most=rules.MOST_RAIN_MM, unit="mm")
    else:
        value = read_level(item["value"])
    return Observation(series=series.key, at=at, result=value)


def read_level(told: object) -> float:
    """Read a level in metres; errors: ValueError if no river can be there."""
    return read_number(told, least=rules.LOWEST_M, most=rules.HIGHEST_M, unit="m")


def _list_series(params: Params) -> Iterator[tuple[str, Series]]:
    """List the measures the pack keeps, each with the series its readings belong to."""
    for gauge in params.get("gauge", ()):
        for downstream, field in ((False, "measure"), (True, "downstream_measure")):
            if measure := gauge.get(field):
                yield measure, _describe_level(gauge, downstream)
    for gauge in params.get("rain_gauge", ()):
        yield (
            gauge["measure"],
            Series(
                key=rules.rainfall_series(gauge["id"]),
                title=f"Rainfall: {gauge['name']}",
                unit="mm",
                observed_property="rainfall",
                thing=gauge["name"],
                thing_id=gauge["id"],
                procedure="tipping-bucket gauge, 15-minute total",
                lon=gauge["lon"],
                lat=gauge["lat"],
                source_url=gauge["source"],
            ),
        )


def _describe_level(gauge: Mapping[str, Any], downstream: bool) -> Series:
    sides = gauge.get("weir") or gauge.get("downstream_measure")
    where = " (downstream)" if downstream else " (upstream)" if sides else ""
    return Series(
        key=rules.level_series(gauge["id"], downstream=downstream),
        title=f"{gauge['river']} level: {gauge['name']}{where}",
        unit="m",
        observed_property="river level",
        thing=f"{gauge['river']} at {gauge['name']}{where}",
        thing_id=gauge["id"],
        procedure=f"15-minute instantaneous stage, {DATUMS[gauge.get('datum', 'gauge')]}",
        lon=gauge["lon"],
        lat=gauge["lat"],
        source_url=gauge["source"],
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: calm rivers breathing inside their usual range, a little rain.

    Every value follows from its own instant, so the same hours simulated twice are the same.
    """
    newest = datetime.fromtimestamp(now.timestamp() // 900 * 900, UTC)
    moments = tuple(newest - QUARTER * step for step in range(47, -1, -1))
    gauges = {gauge["id"]: gauge for gauge in params.get("gauge", ())}
    observations: list[Observation] = []
    series: list[Series] = []
    for _, described in _list_series(params):
        series.append(described)
        low, high = _usual_range(gauges.get(described.thing_id, {}), described.key)
        phase = crc32(described.key.encode()) % 628 / 100
        for at in moments:
            value = _breathe(low, high, phase, at)
            if described.unit == "mm":
                value = 0.2 * max(0, round(12 * sin(phase + at.timestamp() / 17_000) - 10))
            observations.append(
                Observation(
                    series=described.key, at=at, result=round(value, 3), origin=Origin.SIMULATED
                )
            )
    return Batch(observations=tuple(observations), series=tuple(series), as_of=now)


def _usual_range(gauge: Mapping[str, Any], key: str) -> tuple[float, float]:
    prefix = "downstream_" if ".downstream_" in key else ""
    low = gauge.get(f"{prefix}typical_low_m", 0.2)
    return low, gauge.get(f"{prefix}typical_high_m", low + 0.6)


def _breathe(low: float, high: float, phase: float, at: datetime) -> float:
    hours = at.timestamp() / 3600
    wave = 0.6 * sin(phase + hours * pi / 31) + 0.4 * sin(2 * phase + hours * pi / 6.2)
    return low + (high - low) * (0.35 + 0.18 * wave)


FEED = Feed(
    name="flood.readings",
    title="River levels and rainfall",
    summary="The latest level at each river gauge and the rain at each rain gauge in the city.",
    publisher="Environment Agency",
    documentation="https://environment.data.gov.uk/flood-monitoring/doc/reference",
    licence="OGL-UK-3.0",
    attribution=(
        "This uses Environment Agency flood and river level data from the real-time data API (Beta)"
    ),
    every=QUARTER,
    stale_after=rules.STALE_AFTER,
    parse=parse,
    requests=requests,
    simulate=simulate,
)
