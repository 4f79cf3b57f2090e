"""What places mean: postcodes, codes, distances, and cells where no boundary is known. Pure."""

import re
from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

import orjson
import shapely

from moothall.values.places import Point

GSS = re.compile(r"[EWSNKJ]\d{8}")
"""A code of the Government Statistical Service: "E05010458"."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")


def is_area_code(code: str, *, country: str = "GB") -> bool:
    """Test whether a text is an area's code: a GSS code in Britain, any plain code elsewhere."""
    return bool((GSS if country == "GB" else _CODE).fullmatch(code))


# Outward code, then a digit and two letters; C, I, K, M, O and V never end a postcode.
_POSTCODE = re.compile(
    r"(GIR|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY]))"
    r"(\d[ABD-HJLNP-UW-Z]{2})"
)
_LONGEST_POSTCODE_TEXT = 16


class UnableToReadPostcode(ValueError):
    """A text is not a postcode; the message is fit to show a person."""


def read_postcode(text: str) -> str:
    """Write a postcode the usual way: "le11fz" becomes "LE1 1FZ".

    Errors:  UnableToReadPostcode.
    """
    compact = "".join(text[:_LONGEST_POSTCODE_TEXT].upper().split())
    if not compact:
        raise UnableToReadPostcode("Enter a postcode")
    found = _POSTCODE.fullmatch(compact)
    if found is None or len(text.strip()) > _LONGEST_POSTCODE_TEXT:
        raise UnableToReadPostcode("Enter a full postcode")
    return f"{found[1]} {found[2]}"


def postcode_id(postcode: str) -> str:
    """Name a postcode without its space, as records of it are named."""
    return postcode.replace(" ", "")


def read_geometry(geometry: Mapping[str, Any]) -> shapely.Geometry:
    """Make a shape of a GeoJSON geometry; errors: ValueError."""
    try:
        return shapely.from_geojson(orjson.dumps(geometry).decode())
    except shapely.GEOSException as fault:
        raise ValueError(f"not a GeoJSON geometry: {fault}") from fault


def write_geometry(shape: shapely.Geometry, *, digits: int = 5) -> dict[str, Any]:
    """Write a shape as a GeoJSON geometry, to about a metre."""
    written: dict[str, Any] = orjson.loads(
        shapely.to_geojson(shapely.set_precision(shape, 10**-digits))
    )
    return written


def cells_round(centres: Sequence[Point], within: shapely.Geometry) -> tuple[shapely.Geometry, ...]:
    """Part an outline into one cell a centre, each the ground nearest to that centre.

    The cells stand in for boundaries nobody has loaded; they are not boundaries.

    Units:   nearest is judged with longitude drawn together by the cosine of the latitude.
    Shape:   one cell a centre, in the same order; empty where a centre's cell is all outside.
    Errors:  ValueError if two centres are one and the same.
    """
    if len({(centre.lon, centre.lat) for centre in centres}) < len(centres):
        raise ValueError("two centres lie on one point")
    if len(centres) < 2:
        return tuple(within for _ in centres)
    squeeze = cos(radians(sum(centre.lat for centre in centres) / len(centres)))
    flat = shapely.transform(within, lambda xy: xy * (squeeze, 1.0))
    points = shapely.points([(centre.lon * squeeze, centre.lat) for centre in centres])
    parts = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=flat))
    tree = shapely.STRtree(parts)
    cells = []
    for point in points:
        (index, *_) = tree.query(point, predicate="intersects")
        cell = shapely.intersection(parts[index], flat)
        cells.append(shapely.transform(cell, lambda xy: xy / (squeeze, 1.0)))
    return tuple(cells)
