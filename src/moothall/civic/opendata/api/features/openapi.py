"""How the service is asked, as OpenAPI 3.0: for the document of its own, and for the house's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moothall.civic.opendata.queries import datasets
from moothall.standards import geojson
from moothall.standards.ogcapi.crs import SYSTEMS

USUAL, MOST = 10, 10_000
"""How many features are on a page unless asked otherwise, and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a question for features."""

    name: str
    meaning: str
    example: str
    schema: Mapping[str, Any]


_TEXT = {"type": "string"}
_SYSTEM = {"type": "string", "format": "uri", "enum": [one.uri for one in SYSTEMS]}
_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_SQUARE = {
    "tileMatrix": "The zoom, from 0 to 18.",
    "tileRow": "The row of the tile, from the north.",
    "tileCol": "The column of the tile, from the west.",
}
PARAMETERS = {
    one.name: one
    for one in (
        Parameter(
            name="bbox",
            meaning="Features that a box touches: west, south, east, north, in degrees.",
            example="-1.6,53.7,-1.4,53.9",
            schema=_NUMBERS,
        ),
        Parameter(
            name="bbox-crs",
            meaning="The reference system that bbox is written in, in its own order of axes.",
            example=SYSTEMS[2].uri,
            schema=_SYSTEM,
        ),
        Parameter(
            name="datetime",
            meaning="Features that hold at an instant or in a span, of which an end may be open.",
            example="2026-01-05T00:00:00Z/..",
            schema=_TEXT,
        ),
        Parameter(
            name="limit",
            meaning=f"How many features are on a page: {USUAL} unless asked, {MOST:,} at most.",
            example="1000",
            schema={"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        ),
        Parameter(
            name="filter",
            meaning="Features that meet a condition, written in CQL2: comparisons, places, times.",
            example="name LIKE 'A%' AND S_INTERSECTS(geometry, BBOX(-1.6,53.7,-1.4,53.9))",
            schema=_TEXT,
        ),
        Parameter(
            name="filter-lang",
            meaning="How filter is written: as text, or as JSON.",
            example="cql2-text",
            schema={"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
        ),
        Parameter(
            name="filter-crs",
            meaning="The reference system that filter writes places in.",
            example=SYSTEMS[2].uri,
            schema=_SYSTEM,
        ),
        Parameter(
            name="crs",
            meaning="The reference system that the answer is written in.",
            example=SYSTEMS[2].uri,
            schema=_SYSTEM,
        ),
        Parameter(
            name="after",
            meaning="The id that a page begins behind, as the link to the next page has it.",
            example="flood.l1707.level_m",
            schema=_TEXT,
        ),
        Parameter(
            name="before",
            meaning="The id that a page ends in front of, as the link to the page before has it.",
            example="flood.l1707.level_m",
            schema=_TEXT,
        ),
        Parameter(
            name="f",
            meaning="The form of the answer, whatever the header Accept says.",
            example="json",
            schema={"type": "string", "enum": ["json", "html"]},
        ),
    )
}


def describe(root: str) -> dict[str, Any]:
    """Describe the service; `root` is its own address."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"{datasets.city_name()}: OGC API - Features",
            "version": "1.0.0",
            "description": "Open datasets that say where things are, as they stand now.",
        },
        "servers": [{"url": root}],
        "tags": [{"name": "features", "description": "OGC API - Features, parts 1 to 3"}],
        "paths": paths(),
        "components": components(),
    }


def components() -> dict[str, Any]:
    """Describe what several addresses share."""
    shared: dict[str, Any] = {}
    for one in PARAMETERS.values():
        shared[one.name] = {
            "name": one.name,
            "in": "query",
            "description": one.meaning,
            "required": False,
            "schema": one.schema,
            "style": "form",
            "explode": False,
        }
    for name, meaning in (("collectionId", "A collection"), ("featureId", "A feature")):
        shared[name] = {
            "name": name,
            "in": "path",
            "description": f"{meaning}, by its id.",
            "required": True,
            "schema": {"type": "string"},
        }
    shared["columns"] = {
        "name": "columns",
        "in": "query",
        "description": "What a column says, each by its own name: see the queryables.",
        "required": False,
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "style": "form",
        "explode": True,
    }
    wrong = {
        "description": "Cannot be answered: names the parameter and what would mend it (RFC 9457).",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
    for name, meaning in _SQUARE.items():
        shared[name] = {
            "name": name,
            "in": "path",
            "description": meaning,
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        }
    return {"parameters": shared, "responses": {"problem": wrong}}


def paths() -> dict[str, Any]:
    """Describe the addresses, below the service's own."""
    chosen = [name for name in PARAMETERS if name != "f"]
    tiles = "/collections/{collectionId}/tiles"
    one, schema = "/collections/{collectionId}", "application/schema+json"
    return dict(
        (
            _reads("/", "getLandingPage", "What is here"),
            _reads("/conformance", "getConformance", "What it conforms to"),
            _reads("/collections", "getCollections", "The collections"),
            _reads(one, "describeCollection", "One collection"),
            _reads(f"{one}/queryables", "getQueryables", "What is chosen by", media_type=schema),
            _reads(f"{one}/schema", "getSchema", "What features have", media_type=schema),
            _reads(
                f"{one}/items",
                "getFeatures",
                "Features, a page at a time",
                *chosen,
                "columns",
                media_type=geojson.MEDIA_TYPE,
            ),
            _reads(
                f"{one}/items/{{featureId}}",
                "getFeature",
                "One feature",
                "crs",
                media_type=geojson.MEDIA_TYPE,
            ),
            _reads("/tileMatrixSets", "getTileMatrixSets", "How tiles divide the world"),
            _reads("/tileMatrixSets/WebMercatorQuad", "getTileMatrixSet", "The one way they do"),
            _reads(tiles, "getTileSets", "The vector tiles of a collection"),
            _reads(f"{tiles}/WebMercatorQuad", "getTileSet", "The vector tiles, described"),
            _reads(
                f"{tiles}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
                "getTile",
                "One vector tile",
                media_type="application/vnd.mapbox-vector-tile",
            ),
        )
    )


def _reads(
    path: str, operation: str, summary: str, *asks: str, media_type: str = "application/json"
) -> tuple[str, dict[str, Any]]:
    parts = re.findall(r"\{(\w+)\}", path)
    return path, {
        "get": {
            "tags": ["features"],
            "operationId": operation,
            "summary": summary,
            "parameters": [
                {"$ref": f"#/components/parameters/{name}"} for name in (*parts, *asks, "f")
            ],
            "responses": {
                "200": {
                    "description": summary,
                    "content": {
                        media_type: {"schema": {"type": "object"}},
                        "text/html": {"schema": {"type": "string"}},
                    },
                },
                "304": {"description": "As the asker has it already"},
                "400": {"$ref": "#/components/responses/problem"},
                "404": {"$ref": "#/components/responses/problem"},
            },
        }
    }
