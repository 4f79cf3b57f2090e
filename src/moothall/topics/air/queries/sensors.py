"""People's own low-cost sensors: what each said last. Indicative: no index is made of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest
from moothall.values.observations import Origin, Quality
from moothall.values.places import Point

STALE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorAir:
    """One sensor's newest particle readings.

    Units:   µg/m³; None where it says nothing.
    """

    id: str
    name: str
    point: Point | None
    pm25_ug_m3: float | None
    pm10_ug_m3: float | None
    read_at: datetime
    suspect: bool
    current: bool
    origin: Origin
    series: str


def list_sensors(*, now: datetime) -> tuple[SensorAir, ...]:
    """Return the sensors heard of in the last day, in the order of their numbers.

    Source:  air.sensor_community, in the lake.
    """
    things: dict[str, dict[str, Latest]] = {}
    for found in lake.current().list_latest(prefix="air.sc_"):
        if now - found.observation.at <= timedelta(days=1):
            quantity = found.series.key.rpartition(".")[2]
            things.setdefault(found.series.thing_id, {})[quantity] = found
    return tuple(_read_sensor(thing, found, now) for thing, found in sorted(things.items()))


def _read_sensor(thing: str, found: dict[str, Latest], now: datetime) -> SensorAir:
    newest = max(found.values(), key=lambda one: one.observation.at)
    series = newest.series
    read_at = newest.observation.at
    return SensorAir(
        id=thing,
        name=series.thing,
        point=None
        if series.lon is None or series.lat is None
        else Point(lon=series.lon, lat=series.lat),
        pm25_ug_m3=_value(found.get("pm25_ug_m3")),
        pm10_ug_m3=_value(found.get("pm10_ug_m3")),
        read_at=read_at,
        suspect=any(one.observation.quality is Quality.SUSPECT for one in found.values()),
        current=timedelta(minutes=-5) <= now - read_at <= STALE_AFTER,
        origin=newest.observation.origin,
        series=series.key,
    )


def _value(found: Latest | None) -> float | None:
    if found is None or isinstance(found.observation.result, str):
        return None
    return float(found.observation.result)
