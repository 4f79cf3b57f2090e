"""Where things stand on a map of a dataset: a flat picture of the city. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

WIDTH = 800.0
MARGIN = 0.04
TALLEST = 2.0
"""How many times as tall as wide a picture may be."""

Geometry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A map laid out: the ground under it, areas and ways as paths, places as dots."""

    width: float
    height: float
    ground: tuple[str, ...]
    areas: tuple[str, ...]
    ways: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


def lay_out(ground: Sequence[Geometry], shown: Sequence[Geometry]) -> Sheet | None:
    """Lay geometries out over the ground; None where there is nothing at all.

    Units:   degrees in WGS 84; as far east is as long as as far north, at the middle of the sheet.
    """
    points = [point for one in (*ground, *shown) for point in _points(one)]
    if not points:
        return None
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    shrink = max(cos(radians((south + north) / 2)), 0.01)
    wide = max((east - west) * shrink, (north - south) / TALLEST, 1e-4)
    scale = WIDTH * (1 - 2 * MARGIN) / wide
    edge = WIDTH * MARGIN
    left = (WIDTH - (east - west) * shrink * scale) / 2

    def place(point: Sequence[float]) -> tuple[float, float]:
        return (
            round(left + (point[0] - west) * shrink * scale, 1),
            round(edge + (north - point[1]) * scale, 1),
        )

    def path(rings: Iterable[Sequence[Sequence[float]]], end: str) -> str:
        lines = []
        for ring in rings:
            placed = list(dict.fromkeys(map(place, ring)))
            lines.append("M" + "L".join(f"{x:g} {y:g}" for x, y in placed) + end)
        return "".join(lines)

    areas, ways, dots = [], [], []
    for one in shown:
        for kind, parts in _parts(one):
            if kind == "Point":
                dots.append(place(parts))
            elif kind == "LineString":
                ways.append(path([parts], ""))
            else:
                areas.append(path(parts, "Z"))
    return Sheet(
        width=WIDTH,
        height=round((north - south) * scale + 2 * edge, 1),
        ground=tuple(
            path(parts, "Z") for one in ground for kind, parts in _parts(one) if kind == "Polygon"
        ),
        areas=tuple(areas),
        ways=tuple(ways),
        dots=tuple(dots),
    )


def _parts(geometry: Geometry) -> Iterable[tuple[str, Any]]:
    """Take a geometry apart into points, lines and areas."""
    kind = geometry.get("type", "")
    if kind == "GeometryCollection":
        for one in geometry.get("geometries", ()):
            yield from _parts(one)
    elif str(kind).startswith("Multi"):
        for part in geometry["coordinates"]:
            yield kind.removeprefix("Multi"), part
    elif geometry.get("coordinates"):
        yield kind, geometry["coordinates"]


def _points(geometry: Geometry) -> Iterable[Sequence[float]]:
    for kind, parts in _parts(geometry):
        if kind == "Point":
            yield parts
        elif kind == "LineString":
            yield from parts
        else:
            for ring in parts:
                yield from ring
