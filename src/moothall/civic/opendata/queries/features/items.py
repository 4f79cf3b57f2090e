"""Chooses features of a collection: by place, time, what they say, and a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.civic.opendata.queries.features.frames import Frame
from moothall.kernel.observations.entries import micros
from moothall.standards import geojson
from moothall.standards.cql2 import masks
from moothall.standards.cql2.places import Shapes
from moothall.standards.ogcapi import crs
from moothall.standards.ogcapi.crs import CRS84, Crs
from moothall.standards.ogcapi.parameters import Bounds, Interval

_FIRST, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of a collection is asked for."""

    bounds: Bounds | None = None
    interval: Interval | None = None
    equal: tuple[tuple[str, Any], ...] = ()
    """Columns, and what they must say."""
    filter: Any = None
    """A filter, as the JSON of CQL2; None for none."""
    filter_crs: Crs = CRS84
    limit: int = 10
    after: str | None = None
    """The id that a page begins behind."""
    before: str | None = None
    """The id that a page ends in front of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the features that were asked for, by their place in the frame."""

    chosen: Any
    matched: int
    next: str | None = None
    """The id the next page begins behind; None if there is none."""
    previous: str | None = None
    """The id the page before ends in front of; None if there is none."""


def choose(frame: Frame, asked: Asked) -> Page:
    """Choose a page of features; errors: UnableToFilter."""
    met = np.ones(len(frame), bool)
    if asked.bounds is not None:
        met &= within(frame, asked.bounds)
    if asked.interval is not None:
        met &= during(frame, asked.interval)
    for name, value in asked.equal:
        met &= np.asarray(pc.fill_null(pc.equal(frame.says[name], value), False))
    if asked.filter is not None:
        met &= filtered(frame, asked.filter, asked.filter_crs)
    found = np.flatnonzero(met)
    first, last = 0, min(len(found), asked.limit)
    if asked.after is not None:
        first = int(np.searchsorted(found, _beyond(frame, asked.after)))
        last = min(len(found), first + asked.limit)
    elif asked.before is not None:
        place = frame.place(asked.before)
        last = int(np.searchsorted(found, len(frame) if place is None else place))
        first = max(0, last - asked.limit)
    return Page(
        chosen=found[first:last],
        matched=len(found),
        next=str(frame.keys[found[last - 1]]) if first < last < len(found) else None,
        previous=str(frame.keys[found[first]]) if 0 < first < len(found) else None,
    )


def _beyond(frame: Frame, id_: str) -> int:
    """Return the place behind a feature, or where it would stand if it were still there."""
    place = frame.place(id_)
    if place is None:
        return len(frame)
    return place + (place < len(frame) and str(frame.keys[place]) == id_)


def within(frame: Frame, bounds: Bounds) -> Any:
    """Test which features a box touches, edges included."""
    met = np.zeros(len(frame), bool)
    for box in bounds.parts:
        met |= _touched(frame, box, bounds.crs)
    return met


def _touched(frame: Frame, box: tuple[float, float, float, float], system: Crs) -> Any:
    import shapely

    rough = box if system.degrees else _reach(box, system)
    west, south, east, north = frame.bounds
    with np.errstate(invalid="ignore"):
        met = (west <= rough[2]) & (east >= rough[0]) & (south <= rough[3]) & (north >= rough[1])
    near = np.flatnonzero(met)
    if system.degrees and frame.texts is None:
        return met
    # In another system a box has other edges: what is near enough is looked at in that system.
    if frame.texts is None:
        x, y = crs.move(frame.x[near], frame.y[near], CRS84, system)
        met[near] = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
        return met
    shapes = frame.shapes[near]
    if not system.degrees:
        shapes = crs.move_shapes(shapes, CRS84, system, rounded=False)
    met[near] = shapely.intersects(shapes, shapely.box(*box))
    return met


def _reach(box: tuple[float, float, float, float], system: Crs) -> tuple[float, ...]:
    """Return a box in degrees that holds one of another system, and little more."""
    steps = np.linspace(0, 1, 21)
    x, y = box[0] + (box[2] - box[0]) * steps, box[1] + (box[3] - box[1]) * steps
    edge_x = np.concatenate([x, x, np.full(21, box[0]), np.full(21, box[2])])
    edge_y = np.concatenate([np.full(21, box[1]), np.full(21, box[3]), y, y])
    lon, lat = crs.move(edge_x, edge_y, system, CRS84)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return (-180.0, -90.0, 180.0, 90.0)
    # The edges bulge between the steps: by less than this part of the box.
    wide, high = (np.ptp(one) / 100 + 1e-4 for one in (lon, lat))
    return (lon.min() - wide, lat.min() - high, lon.max() + wide, lat.max() + high)


def during(frame: Frame, interval: Interval) -> Any:
    """Test which features hold at some instant of a span; all, where nothing says when."""
    if frame.from_at is None:
        return np.ones(len(frame), bool)
    first = _FIRST if interval.from_at is None else micros(interval.from_at)
    last = _LAST if interval.until_at is None else micros(interval.until_at)
    return (frame.from_at <= last) & (frame.until_at >= first)


def filtered(frame: Frame, tree: Any, system: Crs) -> Any:
    """Test which features meet a filter, its places in some system; errors: UnableToFilter."""
    shapes = Shapes(
        read=lambda: frame.shapes, missing=lambda: ~np.isfinite(frame.bounds[0]), system=system
    )
    rows = masks.Rows(count=len(frame), columns=frame.says, place="geometry", shapes=shapes)
    return masks.test(tree, rows)


def write(frame: Frame, chosen: Any, system: Crs) -> bytes:
    """Write features as GeoJSON, with commas between."""
    taken = pa.array(chosen, pa.int64())
    rows = frame.rows.take(taken)
    says = dict(zip(rows.column_names, rows.columns, strict=True))
    return geojson.write_features(frame.ids.take(taken), _places(frame, chosen, system), says)


def _places(frame: Frame, chosen: Any, system: Crs) -> Any:
    """Say where features are, in a reference system with its own order of axes."""
    if frame.texts is None:
        x, y = crs.move(frame.x[chosen], frame.y[chosen], CRS84, system)
        if not system.degrees:
            x, y = np.round(x, system.decimals), np.round(y, system.decimals)
        return geojson.write_points(*((y, x) if system.north_first else (x, y)))
    if system is CRS84:
        return frame.texts.take(pa.array(chosen, pa.int64()))
    import shapely

    shapes = crs.move_shapes(frame.shapes[chosen], CRS84, system)
    return pa.array(shapely.to_geojson(shapes).tolist(), pa.large_string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature, for a page."""

    id: str
    values: Mapping[str, Any]
    place: str = ""
    """Where it is, in words: its coordinates, or what sort of shape it is."""


def show(frame: Frame, chosen: Any, system: Crs) -> tuple[Feature, ...]:
    """Lay features out for a page."""
    rows = frame.rows.take(pa.array(chosen, pa.int64())).to_pylist()
    return tuple(
        Feature(id=str(frame.keys[place]), values=row, place=_say(frame, place, system))
        for place, row in zip(chosen, rows, strict=True)
    )


def _say(frame: Frame, place: int, system: Crs) -> str:
    if frame.texts is not None:
        shape = frame.shapes[place]
        return "" if shape is None else str(shape.geom_type)
    x, y = crs.move(frame.x[place], frame.y[place], CRS84, system)
    if not np.isfinite(x):
        return ""
    pair = (y, x) if system.north_first else (x, y)
    return ", ".join(f"{one:.{min(system.decimals, 5)}f}" for one in pair)
