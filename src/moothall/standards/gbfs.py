"""GBFS 2 and 3: hire bikes and scooters, docked or not.

Source:   https://github.com/MobilityData/gbfs/blob/master/gbfs.md
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from moothall.standards.jsontext import read_json
from moothall.values.issues import Issues
from moothall.values.numbers import read_count, read_number
from moothall.values.observations import Issue
from moothall.values.times import parse_instant

MOST_AT_A_STATION = 10_000
MOST_RANGE_M = 1_000_000
LATEST_SECONDS = 4_102_444_800
"""The year 2100: larger numbers are not seconds since 1970."""


class Part(StrEnum):
    """Which of a system's files a body is."""

    DISCOVERY = "gbfs"
    STATIONS = "station_information"
    STATION_STATUS = "station_status"
    VEHICLES = "vehicle_status"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Where bikes may be taken and left."""

    id: str
    name: str
    lon: float
    lat: float
    address: str
    capacity: int | None
    virtual: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StationStatus:
    """How a station is. What it leaves out is None."""

    id: str
    vehicles: int | None
    docks: int | None
    installed: bool | None
    renting: bool | None
    returning: bool | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A bike or scooter that stands somewhere; its id changes after each trip."""

    id: str
    lon: float | None
    lat: float | None
    type_id: str
    station_id: str
    reserved: bool
    disabled: bool
    range_m: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One file, read: what it is, and the one list it holds."""

    part: Part
    version: str
    updated_at: datetime | None
    addresses: tuple[tuple[str, str], ...] = ()
    """Of a discovery file: each file's name and address."""
    stations: tuple[Station, ...] = ()
    statuses: tuple[StationStatus, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    issues: tuple[Issue, ...] = ()


def read_body(body: bytes, *, language: str = "en") -> Body:
    """Read any file of a system; what it is shows in it.

    Shape:   version 2 keys the discovery file by language and 3 does not; 2 counts `bikes` where
             3 counts `vehicles`; 2 writes instants as seconds, 3 as text.
    Errors:  ValueError if it is no such file.
    """
    told = read_json(body)
    data = told.get("data") if isinstance(told, Mapping) else None
    if not isinstance(data, Mapping):
        raise ValueError("not a GBFS file: it has no `data`")
    version = str(told.get("version", ""))
    updated_at = _instant_or_none(told.get("last_updated"))
    feeds = _feeds(data, language)
    if feeds is not None:
        addresses, issues = _each("feeds", feeds, _address)
        return Body(
            part=Part.DISCOVERY,
            version=version,
            updated_at=updated_at,
            addresses=addresses,
            issues=issues,
        )
    stations = data.get("stations")
    if isinstance(stations, list):
        if any(isinstance(one, Mapping) and _is_status(one) for one in stations):
            statuses, issues = _each("stations", stations, _status)
            return Body(
                part=Part.STATION_STATUS,
                version=version,
                updated_at=updated_at,
                statuses=statuses,
                issues=issues,
            )
        read, issues = _each("stations", stations, lambda one: _station(one, language))
        return Body(
            part=Part.STATIONS, version=version, updated_at=updated_at, stations=read, issues=issues
        )
    for name in ("vehicles", "bikes"):
        if isinstance(data.get(name), list):
            vehicles, issues = _each(name, data[name], _vehicle)
            return Body(
                part=Part.VEHICLES,
                version=version,
                updated_at=updated_at,
                vehicles=vehicles,
                issues=issues,
            )
    return Body(part=Part.OTHER, version=version, updated_at=updated_at)


def _feeds(data: Mapping[str, Any], language: str) -> list[Any] | None:
    """Find the list of files: flat, or in the language asked for, or in any."""
    if isinstance(data.get("feeds"), list):
        return list(data["feeds"])
    keyed = {
        key: value["feeds"]
        for key, value in data.items()
        if isinstance(value, Mapping) and isinstance(value.get("feeds"), list)
    }
    return list(keyed.get(language, next(iter(keyed.values())))) if keyed else None


Item = TypeVar("Item")


def _each(
    name: str, items: list[Any], read: Callable[[Any], Item]
) -> tuple[tuple[Item, ...], tuple[Issue, ...]]:
    found, issues = [], Issues()
    for number, item in enumerate(items):
        try:
            found.append(read(item))
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"{name}[{number}]", fault, item)
    return tuple(found), tuple(issues)


def _address(item: Any) -> tuple[str, str]:
    return str(item["name"]), str(item["url"])


def _is_status(item: Mapping[str, Any]) -> bool:
    return any(
        name in item
        for name in ("num_bikes_available", "num_vehicles_available", "is_renting", "last_reported")
    )


def _station(item: Any, language: str) -> Station:
    name = _id(item, "station_id")
    return Station(
        id=name,
        name=_text(item.get("name"), language) or name,
        lon=_degrees(item["lon"], 180),
        lat=_degrees(item["lat"], 90),
        address=_text(item.get("address"), language),
        capacity=_count(item.get("capacity")),
        virtual=item.get("is_virtual_station") is True,
    )


def _status(item: Any) -> StationStatus:
    return StationStatus(
        id=_id(item, "station_id"),
        vehicles=_count(item.get("num_vehicles_available", item.get("num_bikes_available"))),
        docks=_count(item.get("num_docks_available")),
        installed=_flag(item.get("is_installed")),
        renting=_flag(item.get("is_renting")),
        returning=_flag(item.get("is_returning")),
        at=_instant_or_none(item.get("last_reported")),
    )


def _vehicle(item: Any) -> Vehicle:
    lon, lat = item.get("lon"), item.get("lat")
    reach = item.get("current_range_meters")
    return Vehicle(
        id=_id(item, "vehicle_id" if "vehicle_id" in item else "bike_id"),
        lon=None if lon is None else _degrees(lon, 180),
        lat=None if lat is None else _degrees(lat, 90),
        type_id=str(item.get("vehicle_type_id") or ""),
        station_id=str(item.get("station_id") or ""),
        reserved=_flag(item.get("is_reserved")) is True,
        disabled=_flag(item.get("is_disabled")) is True,
        range_m=None if reach is None else read_number(reach, least=0, most=MOST_RANGE_M, unit="m"),
    )


def _id(item: Mapping[str, Any], key: str) -> str:
    name = str(item[key]).strip()
    if not name:
        raise ValueError(f"an empty {key}")
    return name


def _text(told: Any, language: str) -> str:
    """Read a text: plain in version 2, a list of translations in 3."""
    if isinstance(told, list):
        by_language = {
            str(one.get("language", "")): str(one.get("text", ""))
            for one in told
            if isinstance(one, Mapping)
        }
        return by_language.get(language) or next(iter(by_language.values()), "")
    return str(told).strip() if isinstance(told, str | int | float) else ""


def _degrees(told: Any, most: float) -> float:
    return read_number(told, least=-most, most=most)


def _count(told: Any) -> int | None:
    return None if told is None else read_count(told, most=MOST_AT_A_STATION)


def _flag(told: Any) -> bool | None:
    """Read a flag: true or false, and 1 or 0 before version 2."""
    return bool(told) if told in (True, False) else None


def _instant_or_none(told: Any) -> datetime | None:
    if isinstance(told, bool) or told is None:
        return None
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC) if 0 < told < LATEST_SECONDS else None
    try:
        return parse_instant(str(told))
    except (OverflowError, ValueError):
        return None
