"""Sensor.Community: low-cost particle sensors that people put outside their windows.

Source:   https://github.com/opendata-stuttgart/meta/wiki/EN-APIs
Cadence:  the last five minutes, asked every five.
Params:   the city's box
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import pi, sin
from typing import Any

from moothall.kernel.registry import Feed, Params
from moothall.standards.jsontext import read_json
from moothall.topics.air import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Observation, Origin, Quality, Series
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

FILTER = "https://data.sensor.community/airrohr/v1/filter/"
QUANTITIES = {"P1": ("pm10", "PM10"), "P2": ("pm25", "PM2.5")}
"""P1 is PM10 and P2 is PM2.5; the other way round is a common mistake."""
SATURATED_UG_M3 = 999.0
FIVE_MINUTES = timedelta(minutes=5)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the last five minutes of every sensor in the city's box."""
    box = Box(**params["city"]["box"])
    yield Request(url=f"{FILTER}box={box.south},{box.west},{box.north},{box.east}")


def parse(payload: Payload, params: Params) -> Batch:
    """Keep outdoor particle readings in the city's box.

    Shape:   [{"sensor": {"id"}, "location": {"longitude", "latitude", "indoor"}, "timestamp":
             "2023-04-09 11:21:02" (UTC, without a zone), "sensordatavalues": [{"value_type": "P1",
             "value": "9.18"}]}]; numbers are texts.
    Units:   µg/m³.
    Errors:  ValueError if the whole is not a list; one bad item becomes an Issue.
    Leaves:  sensors indoors, sensors outside the box, temperature and the rest.
    """
    items = read_json(payload.body)
    if not isinstance(items, list):
        raise ValueError("not a list of sensor readings")
    box = Box(**params["city"]["box"])
    latest_allowed = payload.fetched_at + FIVE_MINUTES
    observations: list[Observation] = []
    known: dict[tuple[int, str], Series] = {}
    issues = Issues()
    for number, item in enumerate(items):
        try:
            place = item["location"]
            lon, lat = read_number(place["longitude"]), read_number(place["latitude"])
            if int(place.get("indoor") or 0) == 1 or not box.holds(lon=lon, lat=lat):
                continue
            at = _read_instant(item["timestamp"])
            if at > latest_allowed:
                raise ValueError(f"timestamp is in the future: {item['timestamp']}")
            sensor = int(item["sensor"]["id"])
            for value in item["sensordatavalues"]:
                kind = value["value_type"]
                if kind in QUANTITIES:
                    described = known.get((sensor, kind))
                    if described is None:
                        described = _describe(sensor, kind, lon=lon, lat=lat)
                        known[sensor, kind] = described
                    observations.append(_read_value(value["value"], described.key, at))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"[{number}]", fault, item)
    used = {observation.series for observation in observations}
    return Batch(
        observations=tuple(observations),
        series=tuple(described for described in known.values() if described.key in used),
        issues=tuple(issues),
    )


def _read_instant(text: str) -> datetime:
    """Read an instant; without a zone it is in UTC."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _read_value(text: Any, key: str, at: datetime) -> Observation:
    value = read_number(text, least=0, most=rules.MOST_UG_M3, unit="µg/m³")
    quality = Quality.SUSPECT if value >= SATURATED_UG_M3 else Quality.UNCHECKED
    return Observation(series=key, at=at, result=value, quality=quality)


def _describe(sensor: int, value_type: str, *, lon: float, lat: float, name: str = "") -> Series:
    quantity, words = QUANTITIES[value_type]
    name = name or f"Sensor.Community sensor {sensor}"
    return Series(
        key=rules.hourly_series(f"sc_{sensor}", quantity),
        title=f"{words}: {name}",
        unit="ug/m3",
        observed_property=f"{words} particulate matter",
        thing=name,
        thing_id=f"sc_{sensor}",
        procedure="low-cost optical sensor, mean of some two minutes; indicative only",
        lon=lon,
        lat=lat,
        source_url="https://maps.sensor.community/",
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: three invented sensors round the middle of the city."""
    box = Box(**params["city"]["box"])
    newest = datetime.fromtimestamp(now.timestamp() // 300 * 300, UTC)
    observations: list[Observation] = []
    series: list[Series] = []
    for sensor, (east, north) in enumerate(((0.5, 0.5), (0.46, 0.55), (0.55, 0.47)), start=1):
        lon = round(box.west + (box.east - box.west) * east, 3)
        lat = round(box.south + (box.north - box.south) * north, 3)
        for value_type, usual in (("P1", 13.0), ("P2", 7.0)):
            name = f"Simulated sensor {sensor}"
            described = _describe(sensor, value_type, lon=lon, lat=lat, name=name)
            series.append(described)
            for step in range(11, -1, -1):
                at = newest - FIVE_MINUTES * step
                wave = sin(sensor + at.timestamp() / 3600 * pi / 5)
                observations.append(
                    Observation(
                        series=described.key,
                        at=at,
                        result=round(usual * (1 + 0.3 * wave), 2),
                        origin=Origin.SIMULATED,
                    )
                )
    return Batch(observations=tuple(observations), series=tuple(series), as_of=now)


FEED = Feed(
    name="air.sensor_community",
    title="Air quality, people's own sensors",
    summary="Particles at low-cost sensors that people run; indicative, no index.",
    publisher="Sensor.Community contributors",
    documentation="https://github.com/opendata-stuttgart/meta/wiki/EN-APIs",
    licence="ODbL-1.0",
    attribution="© Sensor.Community contributors, Open Database Licence",
    every=FIVE_MINUTES,
    stale_after=timedelta(hours=1),
    parse=parse,
    requests=requests,
    simulate=simulate,
)
