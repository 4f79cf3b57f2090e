"""The names the standard gives to what a service can do, and to how one thing leads to another."""

from collections.abc import Iterable
from typing import Any

from moothall.values.observations import Column

_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    *(f"{_FEATURES}-1/1.0/conf/{one}" for one in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES}-2/1.0/conf/crs",
    *(
        f"{_FEATURES}-3/1.0/conf/{one}"
        for one in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_CQL2}/{one}"
        for one in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "property-property",
            "arithmetic",
        )
    ),
)
TILES = tuple(
    f"{_TILES}/{one}"
    for one in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")
)
_RELATION = "http://www.opengis.net/def/rel/ogc/1.0"
CONFORMANCE = f"{_RELATION}/conformance"
DATA = f"{_RELATION}/data"
QUERYABLES = f"{_RELATION}/queryables"
SCHEMA = f"{_RELATION}/schema"
TILESETS = f"{_RELATION}/tilesets-vector"
SCHEME = f"{_RELATION}/tiling-scheme"
SCHEMES = f"{_RELATION}/tiling-schemes"

_TYPES: dict[str, dict[str, str]] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_GEOMETRIES = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "Polygon": "geometry-polygon",
    "MultiPoint": "geometry-multipoint",
    "MultiLineString": "geometry-multilinestring",
    "MultiPolygon": "geometry-multipolygon",
}


def describe_columns(
    *,
    at: str,
    title: str,
    description: str,
    columns: Iterable[Column],
    geometry: str | None,
    role: bool = False,
) -> dict[str, Any]:
    """Describe what a collection's features have, as JSON Schema; `at` is its own address.

    Shape:   with `role`, as what is returned: with the identifier, and which is the geometry.
    """
    placed: dict[str, Any] = {
        "title": "Where it is",
        "format": _GEOMETRIES.get(geometry or "", "geometry-any"),
    }
    if role:
        placed["x-ogc-role"] = "primary-geometry"
    properties: dict[str, Any] = {"geometry": placed}
    if role:
        properties["id"] = {"title": "Identifier", "type": "string", "x-ogc-role": "id"}
    for column in columns:
        about: dict[str, Any] = dict(_TYPES.get(column.type, {"type": "string"}))
        about["title"] = column.name
        if column.meaning:
            about["description"] = column.meaning
        if column.unit:
            about["x-ogc-unit"] = column.unit
            about["x-ogc-unitLang"] = "UCUM"
        properties[column.name] = about
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": at,
        "type": "object",
        "title": title,
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }
