"""Conditions on places: shapes of rows, and shapes that a filter states."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from moothall.standards.cql2.reading import UnableToFilter
from moothall.standards.ogcapi import crs
from moothall.standards.ogcapi.crs import CRS84, Crs
from moothall.standards.ogcapi.parameters import UnableToRead, read_bounds

TESTS = {
    f"s_{name}": name
    for name in (
        *("intersects", "disjoint", "contains", "crosses", "equals", "overlaps", "touches"),
        "within",
    )
}
"""Every condition, and what it is called where it is worked out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Where rows are, and the system that a filter writes places in."""

    read: Callable[[], Any]
    """Gives the shapes of all rows in CRS84, None for what has no place."""
    missing: Callable[[], Any]
    """Tells which rows have no place."""
    system: Crs


def test(name: str, args: list[Any], shapes: Shapes, place: str, count: int) -> Any:
    """Test a condition on places; null for what has no place. Errors: UnableToFilter."""
    import shapely

    sides = [_side(one, shapes, place) for one in args]
    try:
        met = getattr(shapely, TESTS[name])(*sides)
    except shapely.errors.GEOSException as fault:
        raise UnableToFilter(f"{name}: the shape it states cannot be worked with") from fault
    met = np.array(np.broadcast_to(met, count))
    if any(isinstance(side, np.ndarray) for side in sides):
        return pa.array(met, mask=shapes.missing())
    return pa.array(met)


def _side(tree: Any, shapes: Shapes, place: str) -> Any:
    import shapely

    if tree == {"property": place}:
        found = shapes.read()
        if shapes.system.degrees:
            return found
        return crs.move_shapes(found, CRS84, shapes.system, rounded=False)
    if isinstance(tree, dict) and set(tree) == {"bbox"}:
        return _box(tree["bbox"], shapes.system)
    if not isinstance(tree, dict) or "type" not in tree:
        raise UnableToFilter(f"a place is {place}, a geometry or a bbox")
    try:
        found = shapely.force_2d(shapely.from_geojson(orjson.dumps(tree)))
    except (shapely.errors.GEOSException, orjson.JSONEncodeError, ValueError):
        raise UnableToFilter("it states a geometry that is none") from None
    if found.is_empty or not np.isfinite(shapely.bounds(found)).all():
        raise UnableToFilter("it states a geometry with nothing in it")
    if shapes.system.north_first:
        found = shapely.transform(found, lambda points: points[:, ::-1])
    _check_reach(shapely.bounds(found), shapes.system)
    shapely.prepare(found)
    return found


def _check_reach(bounds: Any, system: Crs) -> None:
    west, south, east, north = system.edges
    if bounds[0] < west or bounds[1] < south or bounds[2] > east or bounds[3] > north:
        raise UnableToFilter(f"it states a place beyond what {system.title}, can say")


def _box(numbers: Any, system: Crs) -> Any:
    import shapely

    if not isinstance(numbers, list):
        raise UnableToFilter("a bbox is a list of four numbers")
    try:
        bounds = read_bounds(",".join(map(str, numbers)), system)
    except UnableToRead as fault:
        raise UnableToFilter(str(fault)) from None
    return shapely.union_all([shapely.box(*part) for part in bounds.parts])
