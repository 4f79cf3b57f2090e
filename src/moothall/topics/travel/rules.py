"""What the facts of getting around mean. Plain values in, plain values out."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

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
