"""What a car park's numbers mean to a driver. Plain values in, plain values out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from moothall.values.observations import (
    Column,
    Kind,
    Observation,
    Origin,
    Quality,
    Record,
    Series,
    series_key,
)

STALE_AFTER = timedelta(minutes=30)
"""Spaces counted longer ago than this may be gone."""
ALMOST_FULL = 0.90
"""Share of the places taken from which finding one takes luck. Ours: sources differ."""
BUSY_HOURS = range(8, 19)
"""Hours, by the city's clock, in which an open car park of some size is never quite empty."""
SOME_SIZE = 50

CAR_PARK = Kind(
    name="parking.car_park",
    title="Car parks",
    summary="Car parks that publish how full they are: where, and of how many places.",
    columns=(
        Column(name="name"),
        Column(name="capacity", type="integer", unit="1", meaning="Places in all"),
        Column(name="operator", meaning="Who runs it"),
    ),
    geometry="Point",
)


class State(StrEnum):
    """What a car park says of itself."""

    SPACES = "spaces"
    ALMOST_FULL = "almost full"
    FULL = "full"
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    FAULTY = "faulty"


class Doubt(StrEnum):
    """Why a count should not be taken at its word."""

    NEGATIVE = "a negative count"
    OVER_CAPACITY = "more cars than places"
    EMPTY_BY_DAY = "quite empty in the busy hours, which is likelier a fault"
    FULL_BUT_SPACES = "no place free, yet said to have spaces"
    NO_CAPACITY = "a capacity of zero or less"


_TOLD = {
    "spaces": State.SPACES,
    "spacesavailable": State.SPACES,
    "enoughspacesavailable": State.SPACES,
    "multiplespacesavailable": State.SPACES,
    "almostfull": State.ALMOST_FULL,
    "carparkalmostfull": State.ALMOST_FULL,
    "nearlyfull": State.ALMOST_FULL,
    "full": State.FULL,
    "carparkfull": State.FULL,
    "fullatentrance": State.FULL,
    "open": State.OPEN,
    "carparkopen": State.OPEN,
    "closed": State.CLOSED,
    "carparkclosed": State.CLOSED,
    "closedabnormal": State.CLOSED,
    "unknown": State.UNKNOWN,
    "statusunknown": State.UNKNOWN,
    "carparkstatusunknown": State.UNKNOWN,
    "noparkingallowed": State.CLOSED,
    "specialconditionsapply": State.OPEN,
    "nostatusinformation": State.UNKNOWN,
    "faulty": State.FAULTY,
    "fault": State.FAULTY,
    "outofservice": State.FAULTY,
}
# When a source says several things at once, the one that keeps people from a wasted trip counts.
_WEIGHT = (
    State.FAULTY,
    State.CLOSED,
    State.UNKNOWN,
    State.FULL,
    State.ALMOST_FULL,
    State.SPACES,
    State.OPEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """What one reading of a car park comes to."""

    state: State
    occupied: int | None
    free: int | None
    doubts: tuple[Doubt, ...] = ()

    @property
    def quality(self) -> Quality:
        """Whether the counts can be taken at their word."""
        return Quality.SUSPECT if self.doubts else Quality.UNCHECKED


@lru_cache(maxsize=512)
def read_states(words: tuple[str, ...]) -> State | None:
    """Read a source's words for a state; None if it says none we know, or nothing."""
    told = {
        _TOLD[key]
        for word in words
        if (key := "".join(c for c in word.lower() if c.isalpha())) in _TOLD
    }
    return next((state for state in _WEIGHT if state in told), None)


@lru_cache(maxsize=8192)
def assess_occupancy(
    *,
    capacity: int | None,
    occupied: int | None,
    vacant: int | None = None,
    words: tuple[str, ...] = (),
    local_hour: int | None = None,
) -> Occupancy:
    """Judge one reading.

    Units:   places; `local_hour` by the city's clock, None if it does not matter.
    Errors:  none; a count that cannot be is kept as told with a doubt, and what would follow
             from it is None.
    """
    told = read_states(words)
    doubts = []
    places = capacity
    if capacity is not None and capacity <= 0:
        # Some sources write 0 for "not stated".
        places = None
        if occupied:
            doubts.append(Doubt.NO_CAPACITY)
    taken, free = occupied, vacant
    if taken is None and free is not None and places is not None and 0 <= free <= places:
        taken = places - free
    if free is None and taken is not None and places is not None and taken >= 0:
        free = max(0, places - taken)
    if (taken is not None and taken < 0) or (free is not None and free < 0):
        doubts.append(Doubt.NEGATIVE)
        free = None
    elif places is not None and taken is not None and taken > places:
        doubts.append(Doubt.OVER_CAPACITY)
    if told in (State.SPACES, State.OPEN, None) and taken == 0 and local_hour in BUSY_HOURS:
        size = places if places is not None else free
        if size is not None and size >= SOME_SIZE:
            doubts.append(Doubt.EMPTY_BY_DAY)
    if told is State.SPACES and free == 0:
        doubts.append(Doubt.FULL_BUT_SPACES)
    return Occupancy(
        state=_state(told, free=free, taken=taken, places=places, doubts=doubts),
        occupied=taken,
        free=free,
        doubts=tuple(doubts),
    )


def _state(
    told: State | None,
    *,
    free: int | None,
    taken: int | None,
    places: int | None,
    doubts: list[Doubt],
) -> State:
    if told in (State.FAULTY, State.CLOSED, State.UNKNOWN, State.FULL, State.ALMOST_FULL):
        return told
    if Doubt.NEGATIVE in doubts or Doubt.EMPTY_BY_DAY in doubts or Doubt.FULL_BUT_SPACES in doubts:
        return State.UNKNOWN
    if free is None:
        return told or State.UNKNOWN
    if free == 0:
        return State.FULL
    size = places if places is not None else (taken or 0) + free
    return State.ALMOST_FULL if size - free >= ALMOST_FULL * size else State.SPACES


def occupied_series(car_park: str) -> str:
    """Name the series of a car park's places taken."""
    return series_key("parking", car_park, "occupied_1")


def free_series(car_park: str) -> str:
    """Name the series of a car park's places free."""
    return series_key("parking", car_park, "spaces_free_1")


def state_series(car_park: str) -> str:
    """Name the series of a car park's state."""
    return series_key("parking", car_park, "state")


def is_current(at: datetime | None, *, now: datetime) -> bool:
    """Test whether a reading may still be shown as how a car park is now."""
    return at is not None and -timedelta(minutes=2) <= now - at <= STALE_AFTER


def declare_series(
    car_park: str, *, name: str, lon: float | None = None, lat: float | None = None
) -> tuple[Series, Series, Series]:
    """Declare what is known of one car park over time: places taken, places free, its state."""

    def declare(key: str, title: str, unit: str, observed_property: str) -> Series:
        return Series(
            key=key,
            title=f"{name}: {title}",
            unit=unit,
            observed_property=observed_property,
            thing=name,
            thing_id=car_park,
            procedure="as the operator's counting system reports it",
            lon=lon,
            lat=lat,
        )

    return (
        declare(occupied_series(car_park), "places taken", "1", "places taken"),
        declare(free_series(car_park), "places free", "1", "places free"),
        declare(state_series(car_park), "state", "", "state"),
    )


def observe(
    car_park: str, reading: Occupancy, *, at: datetime, origin: Origin = Origin.LIVE
) -> tuple[Observation, ...]:
    """State one reading as observations; what is not known is left out, never zero."""
    quality = reading.quality
    told: list[Observation] = [
        Observation(
            series=state_series(car_park),
            at=at,
            result=reading.state.value,
            quality=quality,
            origin=origin,
        )
    ]
    for series, count in (
        (occupied_series(car_park), reading.occupied),
        (free_series(car_park), reading.free),
    ):
        if count is not None:
            told.append(
                Observation(series=series, at=at, result=count, quality=quality, origin=origin)
            )
    return tuple(told)


def state_car_park(
    car_park: str,
    *,
    name: str,
    from_at: datetime,
    capacity: int | None = None,
    operator: str = "",
    lon: float | None = None,
    lat: float | None = None,
    origin: Origin = Origin.LIVE,
) -> Record:
    """State what a car park is."""
    return Record(
        kind=CAR_PARK.name,
        id=car_park,
        from_at=from_at,
        fields={
            "name": name,
            "capacity": capacity if capacity is not None and capacity > 0 else None,
            "operator": operator or None,
        },
        geometry=(
            None
            if lon is None or lat is None
            else {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}
        ),
        origin=origin,
    )
