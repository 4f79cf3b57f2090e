"""GTFS-Realtime VehiclePositions: where vehicles of public transport are.

Source:   https://gtfs.org/documentation/realtime/reference/
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2

from moothall.values.issues import Issues
from moothall.values.observations import Issue
from moothall.values.places import Box

LAST_SECOND = 253_402_300_799
"""The last second of the year 9999: the latest instant that can be written."""

STATUSES = {0: "incoming at stop", 1: "stopped at stop", 2: "in transit"}
OCCUPANCIES = {
    0: "empty",
    1: "many seats available",
    2: "few seats available",
    3: "standing room only",
    4: "crushed standing room only",
    5: "full",
    6: "not accepting passengers",
    7: "no data available",
    8: "not boardable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle's position. What its publisher left out is None or ""."""

    entity_id: str
    vehicle_id: str
    lon: float
    lat: float
    at: datetime | None
    """When the vehicle itself measured its position."""
    label: str = ""
    registration: str = ""
    route_id: str = ""
    trip_id: str = ""
    stop_id: str = ""
    bearing_deg: float | None = None
    speed_m_s: float | None = None
    status: str = ""
    occupancy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFrame:
    """One message: every vehicle of it that lies in the box asked for."""

    at: datetime | None
    """When the publisher made the message."""
    listed: int
    """Vehicles in the whole message, wherever they are."""
    nowhere: int
    """Vehicles without a position, or at 0, 0."""
    vehicles: tuple[Vehicle, ...]
    issues: tuple[Issue, ...] = ()
    """What is wrong with each vehicle in the box that could not be read."""


def _instant(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= LAST_SECOND else None


def _finite(number: float) -> float | None:
    return round(number, 2) if -1e9 < number < 1e9 else None


def read_vehicles(body: bytes, *, box: Box) -> VehicleFrame:
    """Read a message, keeping the vehicles inside a box.

    Shape:   FeedMessage in protocol buffers; entities without a vehicle are passed over.
    Units:   degrees; metres a second; positions keep the six decimals a float32 carries.
    Errors:  ValueError if the bytes are not such a message.
    """
    message = gtfs_realtime_pb2.FeedMessage()
    try:
        message.ParseFromString(body)
    except DecodeError as fault:
        raise ValueError(f"not a GTFS-Realtime message: {fault}") from fault
    if not message.header.gtfs_realtime_version:
        raise ValueError("not a GTFS-Realtime message: it has no header")
    west, south, east, north = box.west, box.south, box.east, box.north
    listed = nowhere = 0
    kept = []
    # A national message holds tens of thousands of vehicles: only those in the box become objects.
    for entity in message.entity:
        if not entity.HasField("vehicle"):
            continue
        listed += 1
        position = entity.vehicle.position
        lat, lon = position.latitude, position.longitude
        if lat == 0.0 and lon == 0.0:
            nowhere += 1
        elif south <= lat <= north and west <= lon <= east:
            kept.append(entity)
    vehicles, issues = [], Issues()
    for number, entity in enumerate(kept):
        try:
            vehicles.append(_vehicle(entity))
        except ValueError as fault:
            issues.note(f"vehicle {number} in the box", fault)
    return VehicleFrame(
        at=_instant(message.header.timestamp),
        listed=listed,
        nowhere=nowhere,
        vehicles=tuple(vehicles),
        issues=tuple(issues),
    )


def _text(told: str | bytes) -> str:
    """Read a text; one that is not UTF-8 comes as bytes, and is no text."""
    if isinstance(told, bytes):
        raise ValueError(f"not text: {told[:40]!r}")
    return told


def _vehicle(entity: gtfs_realtime_pb2.FeedEntity) -> Vehicle:
    told = entity.vehicle
    position = told.position
    has: Callable[[str], bool] = told.HasField
    return Vehicle(
        entity_id=_text(entity.id),
        vehicle_id=_text(told.vehicle.id),
        label=_text(told.vehicle.label),
        registration=_text(told.vehicle.license_plate),
        lon=round(position.longitude, 6),
        lat=round(position.latitude, 6),
        at=_instant(told.timestamp),
        route_id=_text(told.trip.route_id),
        trip_id=_text(told.trip.trip_id),
        stop_id=_text(told.stop_id),
        bearing_deg=_finite(position.bearing) if position.HasField("bearing") else None,
        speed_m_s=_finite(position.speed) if position.HasField("speed") else None,
        status=STATUSES.get(told.current_status, "") if has("current_status") else "",
        occupancy=OCCUPANCIES.get(told.occupancy_status, "") if has("occupancy_status") else "",
    )
