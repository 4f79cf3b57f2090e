"""Writes a vector tile: shapes cut to its square, told in its own steps, with what they say.

Source:   Mapbox Vector Tile 2.1, sections 4.3 (geometry) and 4.4 (properties)
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import repeat
from math import isfinite
from typing import Any

import numpy as np

from moothall.standards.tiles.squares import EXTENT, MARGIN, Square

MOST_FEATURES = 20_000
LONGEST_TEXT = 200
_POINT = 1
_MOVE, _TO, _CLOSE = 1, 2, 7
_BYTES = 2
"""The wire type of what has a length."""


def write(name: str, features: "Sequence[Feature]", says: Mapping[str, Any]) -> bytes:
    """Write a tile of one layer; nothing for no features.

    Shape:   `says` has Arrow arrays, a value a feature; what is null is not told.
    """
    if not features:
        return b""
    told: list[list[bytes]] = []
    values: dict[bytes, int] = {}
    for number, column in enumerate(says.values()):
        # Most features say what others say: each value is written once.
        encoded = column.dictionary_encode()
        once = []
        for value in encoded.dictionary.to_pylist():
            written = _value(value)
            place = b"" if written is None else _whole(values.setdefault(written, len(values)))
            once.append(place and _whole(number) + place)
        once.append(b"")
        told.append([once[code] for code in encoded.indices.fill_null(-1).to_pylist()])
    body = bytearray(_field(1, name.encode()))
    tags = map(b"".join, zip(*told, strict=True)) if told else repeat(b"")
    for (id_, kind, steps), tag in zip(features, tags, strict=bool(told)):
        feature = b"\x08" + _whole(id_) + _field(2, tag) + b"\x18" + _whole(kind) + _field(4, steps)
        body += _field(2, feature)
    for key in says:
        body += _field(3, key.encode())
    for written in values:
        body += _field(4, written)
    body += b"\x28" + _whole(EXTENT) + b"\x78\x02"
    return _field(3, bytes(body))


Feature = tuple[int, int, bytes]
"""A number, what sort of shape, its steps."""


def draw_points(x: Any, y: Any, square: Square) -> tuple[Any, list[bytes]]:
    """Draw positions in metres of Web Mercator; return which are drawn, and the steps of each.

    Shape:   of positions so close that nobody could tell them apart the first is drawn, where
             there are more than a tile holds.
    """
    across, down = _told(x, y, square)
    inside = np.isfinite(across) & np.isfinite(down)
    inside &= (across >= -MARGIN) & (across <= EXTENT + MARGIN)
    inside &= (down >= -MARGIN) & (down <= EXTENT + MARGIN)
    drawn = np.flatnonzero(inside)
    step = 1
    while len(drawn) > MOST_FEATURES:
        step *= 2
        cells = (down[drawn] // step).astype(np.int64) * (1 << 20) + (across[drawn] // step)
        _, first = np.unique(cells, return_index=True)
        drawn = drawn[np.sort(first)]
    written = [
        _whole(_MOVE | 1 << 3) + _whole(_zigzag(a)) + _whole(_zigzag(d))
        for a, d in zip(
            across[drawn].astype(int).tolist(), down[drawn].astype(int).tolist(), strict=True
        )
    ]
    return drawn, written


def draw_shape(shape: Any, square: Square) -> tuple[int, bytes] | None:
    """Draw a shape in metres of Web Mercator: its sort and its steps; None if it is too small."""
    import shapely

    west, north = square.corner
    side = square.side_m
    reach = side * MARGIN / EXTENT
    edges = (west - reach, north - side - reach, west + side + reach, north + reach)
    try:
        cut = shapely.clip_by_rect(shape, *edges)
    except shapely.errors.GEOSException:
        # A ring that crosses itself, as people draw them.
        cut = shapely.clip_by_rect(shapely.make_valid(shape), *edges)
    cut = shapely.simplify(cut, side / EXTENT * 2, preserve_topology=False)
    if cut.is_empty:
        return None
    parts = [one for one in shapely.get_parts(shapely.get_parts(cut)) if not one.is_empty]
    dimension = max((shapely.get_dimensions(one) for one in parts), default=-1)
    pen = _Pen(square)
    for part in parts:
        if shapely.get_dimensions(part) != dimension:
            continue
        if dimension == 2:
            pen.ring(shapely.get_exterior_ring(part), clockwise=True)
            for hole in shapely.get_rings(part)[1:]:
                pen.ring(hole, clockwise=False)
        elif dimension == 1:
            pen.line(part)
        else:
            pen.point(part)
    if dimension == 0:
        return (_POINT, pen.points()) if pen.dots else None
    return (dimension + 1, bytes(pen.steps)) if pen.steps else None


class _Pen:
    """Writes steps from where it stands."""

    def __init__(self, square: Square) -> None:
        self.square = square
        self.steps = bytearray()
        self.dots: list[tuple[int, int]] = []
        self.at = (0, 0)

    def _positions(self, shape: Any) -> Any:
        import shapely

        points = shapely.get_coordinates(shape)
        told = np.column_stack(_told(points[:, 0], points[:, 1], self.square)).astype(np.int64)
        moved = np.ones(len(told), bool)
        moved[1:] = (told[1:] != told[:-1]).any(axis=1)
        return told[moved]

    def _walk(self, positions: Any, *, close: bool) -> None:
        steps = np.diff(np.vstack([[self.at], positions]), axis=0)
        zigzag = ((steps << 1) ^ (steps >> 63)).ravel().tolist()
        self.steps += _whole(_MOVE | 1 << 3) + _whole(zigzag[0]) + _whole(zigzag[1])
        self.steps += _whole(_TO | (len(positions) - 1) << 3)
        self.steps += b"".join(map(_whole, zigzag[2:]))
        if close:
            self.steps += _whole(_CLOSE | 1 << 3)
        self.at = tuple(positions[-1].tolist())

    def ring(self, ring: Any, *, clockwise: bool) -> None:
        """Walk round a ring: the outer ones one way, the holes in them the other."""
        positions = self._positions(ring)
        if len(positions) > 1 and (positions[0] == positions[-1]).all():
            positions = positions[:-1]
        if len(positions) < 3:
            return
        x, y = positions[:, 0], positions[:, 1]
        # Rows are counted downward: what is positive here goes round clockwise as it is seen.
        area = int((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
        if area == 0:
            return
        self._walk(positions if (area > 0) == clockwise else positions[::-1], close=True)

    def line(self, line: Any) -> None:
        """Walk along a line."""
        positions = self._positions(line)
        if len(positions) > 1:
            self._walk(positions, close=False)

    def point(self, point: Any) -> None:
        """Remember a dot."""
        self.dots += [(int(x), int(y)) for x, y in self._positions(point)]

    def points(self) -> bytes:
        """Walk from dot to dot."""
        steps = np.diff(np.array([(0, 0), *self.dots]), axis=0).ravel().tolist()
        return _whole(_MOVE | len(self.dots) << 3) + b"".join(_whole(_zigzag(s)) for s in steps)


def _told(x: Any, y: Any, square: Square) -> tuple[Any, Any]:
    west, north = square.corner
    scale = EXTENT / square.side_m
    return np.round((x - west) * scale), np.round((north - y) * scale)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else -(number << 1) - 1


def _whole(number: int) -> bytes:
    """Write a whole number that is not negative, seven bits a byte."""
    if number < 128:
        return _SHORT[number]
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


_SHORT = tuple(bytes([number]) for number in range(128))


def _field(number: int, body: bytes) -> bytes:
    return _whole(number << 3 | _BYTES) + _whole(len(body)) + body


def _value(value: Any) -> bytes | None:
    """Write a value; None for what cannot be told."""
    if isinstance(value, str):
        return _field(1, value[:LONGEST_TEXT].encode())
    if isinstance(value, bool):
        return b"\x38" + _whole(value)
    if isinstance(value, int):
        return b"\x30" + _whole(_zigzag(value))
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value) if isfinite(value) else None
    if isinstance(value, datetime):
        return _field(1, f"{value:%Y-%m-%dT%H:%M:%SZ}".encode())
    return None if value is None else _field(1, str(value).encode())
