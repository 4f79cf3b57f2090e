"""Draws a collection's features into vector tiles, each drawn once for each change of its data."""

from datetime import date, datetime
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
LONGEST_TEXT = 200
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
    tile = writing.write(name, features)
    while len(tile) > MOST_BYTES and len(features) > 1:
        features = features[::2]
        tile = writing.write(name, features)
    return tile


def _points(frame: Frame, found: Any, square: Square) -> list[Feature]:
    lat = np.clip(frame.y[found], -_NORTHMOST, _NORTHMOST)
    x, y = move(frame.x[found], lat, CRS84, MERCATOR)
    drawn, steps = writing.draw_points(x, y, square)
    says = _says(frame, found[drawn])
    return [
        (int(place) + 1, 1, step, said)
        for place, step, said in zip(found[drawn], steps, says, strict=True)
    ]


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
    for place, shape, said in zip(found, shapes, _says(frame, found), strict=True):
        drawn = writing.draw_shape(shape, square)
        if drawn is not None:
            features.append((int(place) + 1, *drawn, said))
    return features


def _says(frame: Frame, chosen: Any) -> list[dict[str, Any]]:
    taken = pa.array(chosen, pa.int64())
    rows = frame.rows.take(taken).to_pylist()
    return [
        {"id": str(id_), **{name: _plain(value) for name, value in row.items()}}
        for id_, row in zip(frame.ids.take(taken).to_pylist(), rows, strict=True)
    ]


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value  # type: ignore[no-any-return]
