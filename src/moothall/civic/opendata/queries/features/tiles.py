"""Draws a collection's features into vector tiles, each drawn once for each change of its data."""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.civic.opendata.queries.features.collections import Collection
from moothall.civic.opendata.queries.features.frames import Frame, stamp_of
from moothall.civic.opendata.queries.features.holding import Held
from moothall.standards.ogcapi.crs import CRS84, MERCATOR, move, move_shapes
from moothall.standards.tiles import writing
from moothall.standards.tiles.squares import Square
from moothall.standards.tiles.writing import MOST_FEATURES, Feature

MOST_BYTES = 1_000_000
"""How large a tile may be: beyond, every second feature is left out until it is not."""
_KEPT_BYTES = 32 * 1024 * 1024
_NORTHMOST = 85.06
"""Beyond this latitude Web Mercator has no tiles."""
_held: Held[bytes] = Held(_KEPT_BYTES, size_of=lambda tile: len(tile) + 200)


def get_tile(one: Collection, square: Square, now: datetime) -> bytes:
    """Return a collection's features in a square; nothing where there are none."""
    stamp = stamp_of(one.dataset, now)
    return _held.get((one.name, square), stamp, lambda: draw(one.frame, square, one.name))


def draw(frame: Frame, square: Square, name: str) -> bytes:
    """Draw the features in a square as a layer of this name."""
    west, south, east, north = square.box
    bounds = frame.bounds
    with np.errstate(invalid="ignore"):
        there = (bounds[0] <= east) & (bounds[2] >= west)
        there &= (bounds[1] <= north) & (bounds[3] >= south)
    found = np.flatnonzero(there)
    features = (
        _points(frame, found, square) if frame.texts is None else _shapes(frame, found, square)
    )
    tile = writing.write(name, features, _says(frame, features))
    while len(tile) > MOST_BYTES and len(features) > 1:
        features = features[::2]
        tile = writing.write(name, features, _says(frame, features))
    return tile


def _points(frame: Frame, found: Any, square: Square) -> list[Feature]:
    lat = np.clip(frame.y[found], -_NORTHMOST, _NORTHMOST)
    x, y = move(frame.x[found], lat, CRS84, MERCATOR)
    drawn, steps = writing.draw_points(x, y, square)
    return [(int(n) + 1, 1, step) for n, step in zip(found[drawn], steps, strict=True)]


def _shapes(frame: Frame, found: Any, square: Square) -> list[Feature]:
    import shapely

    if len(found) > MOST_FEATURES:
        # The largest are seen from afar.
        west, south, east, north = frame.bounds[:, found]
        largest = np.argsort(-((east - west) + (north - south)), kind="stable")
        found = np.sort(found[largest[:MOST_FEATURES]])
    degrees = shapely.transform(
        frame.shapes[found],
        lambda points: np.clip(points, [-180, -_NORTHMOST], [180, _NORTHMOST]),
    )
    shapes = move_shapes(degrees, CRS84, MERCATOR, rounded=False)
    features: list[Feature] = []
    for place, shape in zip(found, shapes, strict=True):
        drawn = writing.draw_shape(shape, square)
        if drawn is not None:
            features.append((int(place) + 1, *drawn))
    return features


def _says(frame: Frame, features: list[Feature]) -> dict[str, Any]:
    """Return the columns of what is drawn."""
    taken = pa.array([number - 1 for number, _, _ in features], pa.int64())
    rows = frame.rows.take(taken)
    own = {name: rows[name].combine_chunks() for name in rows.column_names}
    return {"id": frame.ids.take(taken), **own}
