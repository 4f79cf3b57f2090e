"""Where things are."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, degrees, radians, sin, sqrt
from typing import Any

EARTH_RADIUS_M = 6_371_009


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A position in WGS 84.

    Units:   degrees; errors: ValueError outside the globe.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise ValueError(f"not on the globe: {self.lon}, {self.lat}")

    def distance_m(self, other: "Point") -> float:
        """Return the great-circle distance to another position, in metres."""
        north, east = radians(other.lat - self.lat), radians(other.lon - self.lon)
        chord = sin(north / 2) ** 2 + (
            cos(radians(self.lat)) * cos(radians(other.lat)) * sin(east / 2) ** 2
        )
        return 2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box in WGS 84, in degrees; it does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        if not (-180 <= self.west < self.east <= 180 and -90 <= self.south < self.north <= 90):
            raise ValueError("a box needs west < east and south < north, in degrees")

    def holds(self, *, lon: float, lat: float) -> bool:
        """Test whether a position lies in the box, its edges included."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def box_around(point: Point, radius_m: float) -> Box:
    """Return a box that holds all that lies within a distance of a position, and little more."""
    north = degrees(radius_m / EARTH_RADIUS_M) * 1.001
    # A degree of longitude is shortest at the edge nearer to a pole.
    farthest = min(89.0, abs(point.lat) + north)
    east = min(180.0, north / cos(radians(farthest)))
    return Box(
        west=max(-180.0, point.lon - east),
        south=max(-90.0, point.lat - north),
        east=min(180.0, point.lon + east),
        north=min(90.0, point.lat + north),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named place a pack or a feed states, with where the fact came from.

    Shape:   `geometry` is a GeoJSON geometry in WGS 84.
    """

    id: str
    name: str
    kind: str
    point: Point
    geometry: Mapping[str, Any] | None = None
    ward: str = ""
    """GSS code of the ward it lies in, where known."""
    source: str = ""
    licence: str = ""
    approximate: bool = False
