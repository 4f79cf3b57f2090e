"""Whether a place is stated as GeoJSON has it.

Source:   RFC 7946, 3.1
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

GEOJSON = frozenset({"application/geo+json", "application/vnd.geo+json", "application/geojson"})
MOST_POSITIONS = 20_000
_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_FEWEST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}


def check_places(values: Mapping[str, Any], fault: Callable[[str, str], None]) -> None:
    """Look at the place an entity states, if it says that it is GeoJSON."""
    for name in ("location", "feature"):
        if name in values and str(values.get("encodingType", "")).lower() in GEOJSON:
            mend = misfit(values[name])
            if mend:
                fault(name, mend)


def geometry_of(value: Any) -> Mapping[str, Any] | None:
    """Return the geometry that a geometry or a Feature states; None for anything else."""
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    return value if isinstance(value, dict) and not misfit(value) else None


def misfit(value: Any) -> str:
    """Say why a value is no GeoJSON geometry or Feature; "" if it is one."""
    if not isinstance(value, dict):
        return "send a GeoJSON geometry or Feature"
    if value.get("type") == "Feature":
        return misfit(value["geometry"]) if value.get("geometry") else "geometry is missing"
    if value.get("type") == "GeometryCollection":
        parts = value.get("geometries")
        if not isinstance(parts, list):
            return "geometries: send a list"
        return next((found for part in parts if (found := misfit(part))), "")
    return _misfit_of_positions(value)


def _misfit_of_positions(value: Mapping[str, Any]) -> str:
    sort = str(value.get("type"))
    depth = _DEPTHS.get(sort)
    if depth is None:
        return f"type: GeoJSON has {', '.join(_DEPTHS)}, GeometryCollection and Feature"
    lines: list[list[Any]] = []
    if not _nested(value.get("coordinates"), depth, lines):
        return f"coordinates: not as GeoJSON has them of a {sort}"
    if sum(len(line) for line in lines) > MOST_POSITIONS:
        return f"coordinates: more than {MOST_POSITIONS:,} positions"
    if any(len(line) < _FEWEST.get(sort, 0) for line in lines):
        return f"coordinates: too few positions for a {sort}"
    if sort.endswith("Polygon") and any(line[0] != line[-1] for line in lines):
        return "coordinates: a ring must end where it begins"
    positions = (position for line in lines for position in line)
    if all(-180 <= one[0] <= 180 and -90 <= one[1] <= 90 for one in positions):
        return ""
    return "coordinates: longitude first, -180 to 180, then latitude, -90 to 90"


def _nested(value: Any, depth: int, lines: list[list[Any]]) -> bool:
    """Test whether positions stand so many lists deep; gather the lines of them."""
    if depth == 0:
        lines.append([value])
        return _is_position(value)
    if not isinstance(value, list):
        return False
    if depth == 1:
        lines.append(value)
        return all(_is_position(one) for one in value)
    return bool(value) and all(_nested(one, depth - 1, lines) for one in value)


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 2 <= len(value) <= 4
        and all(
            isinstance(one, int | float) and not isinstance(one, bool) and isfinite(one)
            for one in value
        )
    )
