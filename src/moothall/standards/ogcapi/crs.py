"""Reference systems: how each names positions, and what lies where in another.

Units:    inside the house a position is longitude, latitude or easting, northing, in that order;
          the order of a system's own axes is only for what is read and written.
Source:   OGC 18-058r1; EPSG:27700 by the seven parameters (EPSG:1314), not the grid OSTN15
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Positions = Any
"""Two arrays: eastward and northward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crs:
    """A reference system."""

    uri: str
    code: str
    """As the library of projections knows it."""
    title: str
    degrees: bool
    north_first: bool = False
    """Whether its own axes are northward, eastward."""
    decimals: int
    """As many as say a millimetre."""
    edges: tuple[float, float, float, float]
    """West, south, east, north of what it can say."""
    accuracy_m: float = 0.0
    """By how much a position brought from CRS84 may be off."""


CRS84 = Crs(
    uri="http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    code="OGC:CRS84",
    title="WGS 84, longitude and latitude",
    degrees=True,
    decimals=8,
    edges=(-180, -90, 180, 90),
)
WGS84 = Crs(
    uri="http://www.opengis.net/def/crs/EPSG/0/4326",
    code="EPSG:4326",
    title="WGS 84, latitude and longitude",
    degrees=True,
    north_first=True,
    decimals=8,
    edges=(-180, -90, 180, 90),
)
BRITISH = Crs(
    uri="http://www.opengis.net/def/crs/EPSG/0/27700",
    code="EPSG:27700",
    title="British National Grid, easting and northing in metres",
    degrees=False,
    decimals=3,
    edges=(-1_000_000, -1_000_000, 2_000_000, 2_500_000),
    accuracy_m=5.0,
)
MERCATOR = Crs(
    uri="http://www.opengis.net/def/crs/EPSG/0/3857",
    code="EPSG:3857",
    title="Web Mercator, easting and northing in metres",
    degrees=False,
    decimals=3,
    edges=(-20_037_508.3428, -20_048_966.1041, 20_037_508.3428, 20_048_966.1041),
)
SYSTEMS = (CRS84, WGS84, BRITISH, MERCATOR)
_NAMED = {
    name: one
    for one in SYSTEMS
    for name in (one.uri, f"[{one.code}]", one.uri.replace("http://", "https://", 1))
}


def find(name: str) -> Crs | None:
    """Return the system of a URI, or of a short name in brackets ("[EPSG:27700]")."""
    return _NAMED.get(name.strip())


def move(x: Positions, y: Positions, source: Crs, target: Crs) -> tuple[Positions, Positions]:
    """Say positions of one system in another; infinite where it cannot say them."""
    if source.code == target.code or (source.degrees and target.degrees):
        return x, y
    turned: tuple[Positions, Positions] = _turn(source.code, target.code)(x, y)
    return turned


@cache
def _turn(source: str, target: str) -> Callable[..., tuple[Positions, Positions]]:
    import pyproj

    # Which steps are taken is chosen once, and not by where each position lies.
    made = pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    turned: Callable[..., tuple[Positions, Positions]] = made.transform
    return turned


def move_shapes(shapes: Any, source: Crs, target: Crs, *, rounded: bool = True) -> Any:
    """Say shapes of one system in another, its own axes in its own order if `rounded` to write."""
    import shapely

    def turned(points: Any) -> Any:
        x, y = move(points[:, 0], points[:, 1], source, target)
        if not rounded:
            return np.column_stack([x, y])
        pair = (y, x) if target.north_first else (x, y)
        return np.round(np.column_stack(pair), target.decimals)

    return shapely.transform(shapes, turned)
