"""What the facts of getting around mean. Plain values in, plain values out."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar

from moothall.values.observations import series_key

LIVE_FOR = timedelta(seconds=300)
"""A position older than this says where a vehicle was, not where it is."""
CLOCKS_DIFFER = timedelta(seconds=60)
"""How far a vehicle's clock may run ahead of ours before its time is not believed."""

_OPERATOR = re.compile(r"([A-Z]{4})-.+")


class Positioned(Protocol):
    """Anything that says which vehicle it is about, and when it was there."""

    @property
    def vehicle_id(self) -> str: ...
    @property
    def entity_id(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...


Vehicle = TypeVar("Vehicle", bound=Positioned)


def is_live(recorded_at: datetime | None, *, now: datetime) -> bool:
    """Test whether a position may be shown as where a vehicle is now.

    Errors:  none; a position without a time, or from the future, is not live.
    """
    return recorded_at is not None and -CLOCKS_DIFFER <= now - recorded_at < LIVE_FOR


def is_from_the_future(recorded_at: datetime | None, *, now: datetime) -> bool:
    """Test whether a position claims a time that has not come yet."""
    return recorded_at is not None and recorded_at - now > CLOCKS_DIFFER


def keep_newest(vehicles: Iterable[Vehicle]) -> tuple[Vehicle, ...]:
    """Keep one position of each vehicle: the newest; one without a time gives way to any other."""
    newest: dict[str, Vehicle] = {}
    for vehicle in vehicles:
        name = vehicle.vehicle_id or vehicle.entity_id
        known = newest.get(name)
        if known is None or (
            vehicle.at is not None and (known.at is None or vehicle.at > known.at)
        ):
            newest[name] = vehicle
    return tuple(newest.values())


def read_operator(vehicle_id: str) -> str:
    """Read the operator's national code from a vehicle's id ("FLDS-35230"), "" if it has none."""
    found = _OPERATOR.fullmatch(vehicle_id)
    return found[1] if found else ""


RAPID_KW = 50.0
"""Public Charge Point Regulations 2023: rapid is 50 kW or more."""

_FOR_CUSTOMERS = frozenset(
    {"dealership forecourt", "hotel / accommodation", "retail car park", "leisure centre"}
)
_NOT_PUBLIC = frozenset({"private home", "workplace car park"})


def is_rapid(max_kw: float | None) -> bool | None:
    """Test whether a charge point counts as rapid; None if its power is not known."""
    return None if max_kw is None else max_kw >= RAPID_KW


@lru_cache(maxsize=1024)
def describe_access(*, restricted: bool | None, location_type: str) -> str | None:
    """Say who may use a charge point: "public", "customers", "restricted", or None if unsaid."""
    where = location_type.lower()
    if restricted or where in _NOT_PUBLIC:
        return "restricted"
    if where in _FOR_CUSTOMERS:
        return "customers"
    return "public" if restricted is False else None


_PARTS = re.compile(r"(\d+)")


def in_human_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Give the key by which names sort as people count: 2 before 10, 22 before 22A."""
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part.lower())
        for part in _PARTS.split(name)
        if part
    )


BIKES_CURRENT_FOR = timedelta(minutes=15)
"""A count of hire bikes older than this says nothing about now."""


def bikes_series(station_id: str) -> str:
    """Name the series of the bikes to take at a station."""
    return series_key("travel", f"station {station_id}", "bikes_available_1")


def docks_series(station_id: str) -> str:
    """Name the series of the docks free at a station."""
    return series_key("travel", f"station {station_id}", "docks_available_1")


def station_state_series(station_id: str) -> str:
    """Name the series of a station's state."""
    return series_key("travel", f"station {station_id}", "state")


def describe_station(
    *, installed: bool | None, renting: bool | None, returning: bool | None
) -> str | None:
    """Say what a station lets people do, None if it says nothing of it."""
    if installed is False:
        return "not installed"
    if renting is False:
        return "neither renting nor returning" if returning is False else "not renting"
    if returning is False:
        return "not returning"
    return None if renting is None else "renting"


def is_count_possible(*, capacity: int | None, bikes: int | None, docks: int | None) -> bool:
    """Test whether a station's bikes and free docks fit its size, as far as each is known."""
    if capacity is None:
        return True
    return (bikes or 0) + (docks or 0) <= capacity


def lane_series(counter: str, lane: str) -> str:
    """Name the series of one lane of a counter."""
    return series_key("travel", f"counter {counter} {lane}", "hourly_count_1")


def usual_share(local_hour: int) -> float:
    """Say how busy an hour is beside the busiest, on a street people commute along: 0 to 1."""
    morning, evening = abs(local_hour - 8), abs(local_hour - 17)
    return round(max(0.02, 1 - min(morning, evening) / 5), 2)


def are_bikes_current(at: datetime | None, *, now: datetime) -> bool:
    """Test whether a count of hire bikes may still be shown as how it is now."""
    return at is not None and -CLOCKS_DIFFER <= now - at <= BIKES_CURRENT_FOR
