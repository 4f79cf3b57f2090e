"""Vector tiles of each collection, and how the world is divided into them (OGC API - Tiles)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.api.features.answers import (
    JSON,
    ROOT,
    Link,
    UnableToFind,
    answered,
    form_of,
    forms_of,
    link,
    only,
    opened,
    sent,
    written,
)
from moothall.civic.opendata.api.features.collections import address_of
from moothall.civic.opendata.queries.features.collections import Collection, get_collection
from moothall.civic.opendata.queries.features.tiles import get_tile
from moothall.standards.ogcapi import words
from moothall.standards.ogcapi.crs import MERCATOR
from moothall.standards.tiles import squares
from moothall.standards.tiles.squares import DEEPEST, Square
from moothall.values.observations import Column

MVT = "application/vnd.mapbox-vector-tile"
SCHEME = "WebMercatorQuad"
FORMS = (("json", JSON), ("tilejson", JSON))
FRESH_S = 30
"""How long a copy of a tile may be shown without asking again."""


@answered
def tilesets(request: HttpRequest, name: str) -> HttpResponse:
    """List the ways a collection is divided into tiles: there is one."""
    only(request)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    with translation.override("en"):
        links = [link(f"{address_of(found, root_of(request))}/tiles", "self", JSON)]
        return written(request, {"links": links, "tilesets": [_tileset(found, root_of(request))]})


@answered
def tileset(request: HttpRequest, name: str) -> HttpResponse:
    """Describe a collection's tiles, in the standard's words or as TileJSON."""
    only(request)
    form = form_of(request, FORMS)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    with translation.override("en"):
        if form == "tilejson":
            return written(request, _tilejson(found, root_of(request)))
        described = _tileset(found, root_of(request))
        described["links"] = [*forms_of(request, form, FORMS), *described["links"][1:]]
        return written(request, described)


@answered
def tile(request: HttpRequest, name: str, zoom: int, row: int, column: int) -> HttpResponse:
    """Give one tile; 204 where nothing is."""
    only(request)
    try:
        square = Square(zoom, column, row)
    except ValueError as fault:
        raise UnableToFind(str(fault)) from None
    now = request.now  # type: ignore[attr-defined]
    drawn = get_tile(get_collection(name, now), square, now)
    answer = sent(request, [drawn], MVT) if drawn else opened(HttpResponse(status=204))
    answer["Cache-Control"] = f"public, max-age={FRESH_S}"
    return answer


@answered
def schemes(request: HttpRequest) -> HttpResponse:
    """List the ways the world is divided: there is one."""
    only(request)
    at = f"{root_of(request)}{ROOT}/tileMatrixSets"
    one = {
        "id": SCHEME,
        "title": "Web Mercator, quartered",
        "uri": squares.URI,
        "links": [link(f"{at}/{SCHEME}", "self", JSON)],
    }
    return written(request, {"links": [link(at, "self", JSON)], "tileMatrixSets": [one]})


@answered
def scheme(request: HttpRequest) -> HttpResponse:
    """Describe how the world is divided."""
    only(request)
    return written(request, squares.describe_scheme())


def _ways(one: Collection, root: str) -> list[Link]:
    at = f"{address_of(one, root)}/tiles/{SCHEME}"
    return [
        link(at, "self", JSON, _("These tiles")),
        link(f"{root}{ROOT}/tileMatrixSets/{SCHEME}", words.SCHEME, JSON),
        {
            **link(f"{at}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT, _("One tile")),
            "templated": "true",
        },
        link(address_of(one, root), "geodata", JSON, one.dataset.title),
    ]


def _tileset(one: Collection, root: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "title": one.dataset.title,
        "dataType": "vector",
        "crs": MERCATOR.uri,
        "tileMatrixSetURI": squares.URI,
        "links": _ways(one, root),
        "layers": [{"id": one.name, "dataType": "vector"}],
    }
    if one.frame.extent is not None:
        west, south, east, north = one.frame.extent
        described["boundingBox"] = {"lowerLeft": [west, south], "upperRight": [east, north]}
    return described


def _tilejson(one: Collection, root: str) -> dict[str, Any]:
    columns: tuple[Column, ...] = one.frame.queryables
    described: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": one.dataset.title,
        "attribution": one.dataset.attribution,
        "tiles": [f"{address_of(one, root)}/tiles/{SCHEME}/{{z}}/{{y}}/{{x}}"],
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "vector_layers": [
            {"id": one.name, "fields": {column.name: column.meaning for column in columns}}
        ],
    }
    if one.frame.extent is not None:
        described["bounds"] = list(one.frame.extent)
    return described
