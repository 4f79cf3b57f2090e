"""Boundaries of wards, small census areas and councils, from the ONS Open Geography Portal."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import numpy as np
import orjson
import shapely

from moothall.kernel.places.rules import is_area_code
from moothall.kernel.registry import Feed
from moothall.standards.jsontext import read_json
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Column, Kind, Record, Severity
from moothall.values.requests import Payload, Request

AREA = Kind(
    name="places.area",
    title="Areas: wards, census areas, councils",
    summary="Generalised outlines of areas with a code of the Government Statistical Service.",
    columns=(
        Column(name="gss", meaning="the area's nine-character code"),
        Column(name="name", meaning="the area's name"),
        Column(name="level", meaning="what kind of area it is: ward, lsoa, council"),
        Column(name="vintage", meaning="which year's boundaries these are"),
    ),
    geometry="MultiPolygon",
)
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LEAST = 4
"""Positions of the smallest ring: a triangle's, the first of them twice."""
_NUMBERS = frozenset({float, int})
_NO_OUTLINE = "has no outline"
_NOT_DEGREES = "is not in degrees of longitude and latitude"
_NOT_MENDED = "the boundary crosses itself; it is kept as it was published"


def requests(params: Mapping[str, Any]) -> Iterable[Request]:
    """Ask for each layer the pack lists, its level as the role."""
    return [Request(url=layer["url"], role=layer["level"]) for layer in params.get("layers", ())]


def parse(payload: Payload, params: Mapping[str, Any]) -> Batch:
    """Read one layer's GeoJSON features as areas.

    Shape:   a FeatureCollection in WGS 84; the pack's layer says which properties hold the code
             and the name (the first of them that a feature has).
    Errors:  ValueError if it is not a FeatureCollection, or if no layer has the request's role.
    """
    collection = _read(payload.body)
    features = collection["features"]
    layer = _layer(payload.request.role, params, features)
    from_at = _from_at(layer, payload)
    country = str(params.get("city", {}).get("country", "GB"))
    records, issues, seen = [], Issues(), set()
    for place, (feature, wrong, crossed) in enumerate(
        zip(features, *_judge(features), strict=True)
    ):
        found = _area(feature, wrong, layer, from_at, country)
        if isinstance(found, str):
            issues.note(f"features[{place}]", found, _told(feature))
            continue
        if found.id in seen:
            what = f"{found.id} comes twice; the first is kept"
            issues.note(where=f"features[{place}]", what=what, item=found.id)
            continue
        seen.add(found.id)
        records.append(found)
        if crossed:
            where = f"features[{place}]"
            issues.note(where, _NOT_MENDED, _told(feature), severity=Severity.INFO)
    return Batch(
        records=tuple(records),
        issues=tuple(issues),
        follow=tuple(_next_page(payload.request, collection)),
    )


def _layer(role: str, params: Mapping[str, Any], features: list[Any]) -> Mapping[str, Any]:
    """Choose the layer a request was for; of a file somebody dropped, the one it looks like."""
    layers: list[Mapping[str, Any]] = list(params.get("layers", ()))
    first = features[0] if features and isinstance(features[0], dict) else {}
    properties = first.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    for layer in layers:
        if layer["level"] == role or (not role and _first(properties, layer["code"])):
            return layer
    raise ValueError(f"the pack lists no layer of boundaries called {role!r}, nor one like this")


def _read(body: bytes) -> dict[str, Any]:
    found = read_json(body)
    if not isinstance(found, dict):
        raise ValueError("not a GeoJSON FeatureCollection")
    if isinstance(found.get("error"), dict):
        # ArcGIS answers 200 with the error inside.
        raise ValueError(f"the server says: {found['error'].get('message', 'error')}")
    if not isinstance(found.get("features"), list):
        raise ValueError("not a GeoJSON FeatureCollection")
    return found


def _from_at(layer: Mapping[str, Any], payload: Payload) -> datetime:
    on = layer.get("from_on")
    return datetime.combine(on, time(), UTC) if isinstance(on, date) else payload.fetched_at


def _judge(features: list[Any]) -> tuple[list[str], list[bool]]:
    """Say of each outline, all at once, what is wrong with it ("") and if it crosses itself."""
    shapes = _shape(features)
    there = np.isin(shapely.get_type_id(shapes), _POLYGONS) & ~shapely.is_empty(shapes)
    # A shape that is not there has bounds that are not numbers, and so is not in degrees.
    in_degrees = (np.abs(shapely.bounds(shapes)) <= (180.0, 90.0, 180.0, 90.0)).all(axis=1)
    wrong = np.where(there, np.where(in_degrees, "", _NOT_DEGREES), _NO_OUTLINE)
    return wrong.tolist(), (~shapely.is_valid(shapes)).tolist()


def _shape(features: list[Any]) -> "np.ndarray[Any, Any]":
    """Make a shape of each feature's geometry; None of what is no geometry.

    Shape:   outlines laid out as the standard says are made in one go of all their numbers; any
             other geometry is read by the library alone, which takes its time and knows best.
    """
    outlines = _Outlines()
    laid_out = [outlines.take(feature) for feature in features]
    made = outlines.shapes()
    if made is None:
        laid_out, made = [False] * len(features), np.empty(0, dtype=object)
    shapes = np.empty(len(features), dtype=object)
    plain = np.array(laid_out, dtype=bool)
    shapes[plain] = made
    texts = [
        _write(feature["geometry"])
        if isinstance(feature, dict) and isinstance(feature.get("geometry"), dict)
        else None
        for feature, known in zip(features, laid_out, strict=True)
        if not known
    ]
    shapes[~plain] = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    return shapes


class _Outlines:
    """The outlines of many features as one row of numbers, and where each part ends in it."""

    def __init__(self) -> None:
        self._numbers: list[float] = []
        self._rings, self._polygons, self._features = [0], [0], [0]

    def take(self, feature: Any) -> bool:
        """Take in a feature's outline; False if it is not laid out as one."""
        try:
            geometry = feature["geometry"]
            polygons = geometry["coordinates"]
            if geometry["type"] == "Polygon":
                polygons = [polygons]
            elif geometry["type"] != "MultiPolygon":
                return False
            parts = [_numbers_of(ring) for polygon in polygons for ring in polygon]
            if not parts or not all(parts) or not all(polygons):
                return False
        except (IndexError, KeyError, TypeError):
            return False
        for numbers in parts:
            self._numbers += numbers
            self._rings.append(len(self._numbers) // 2)
        for polygon in polygons:
            self._polygons.append(self._polygons[-1] + len(polygon))
        self._features.append(len(self._polygons) - 1)
        return True

    def shapes(self) -> "np.ndarray[Any, Any] | None":
        """Make the shapes, in the order they came; None if a number is none that can be."""
        try:
            numbers = np.array(self._numbers, dtype=np.float64).reshape(-1, 2)
        except OverflowError:
            return None
        if not np.isfinite(numbers).all():
            return None
        ends = tuple(map(np.array, (self._rings, self._polygons, self._features)))
        found: np.ndarray[Any, Any] = shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, numbers, ends
        )
        return found


def _numbers_of(ring: list[Any]) -> list[float]:
    """Write a ring's positions in one row; nothing if it is not closed, or not a list of pairs."""
    numbers = list(chain.from_iterable(ring))
    if len(ring) < _LEAST or ring[0] != ring[-1]:
        return []
    return numbers if {*map(len, ring)} == {2} and {*map(type, numbers)} <= _NUMBERS else []


def _write(geometry: dict[str, Any]) -> str | None:
    try:
        return orjson.dumps(geometry).decode()
    except TypeError:
        # Half a character, or nested beyond any outline.
        return None


def _area(
    feature: Any, wrong: str, layer: Mapping[str, Any], from_at: datetime, country: str
) -> Record | str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return "not a GeoJSON feature with properties"
    gss = _first(properties, layer["code"])
    if not is_area_code(gss, country=country):
        return f"not an area's code: {gss!r}" if gss else "has no code"
    if wrong:
        return f"{gss} {wrong}"
    fields = {
        "gss": gss,
        "name": _first(properties, layer["name"]) or gss,
        "level": layer["level"],
        "vintage": str(layer.get("vintage", "")),
    }
    return Record(
        kind=AREA.name, id=gss, from_at=from_at, fields=fields, geometry=feature["geometry"]
    )


def _first(properties: Mapping[str, Any], names: str | list[str]) -> str:
    for name in [names] if isinstance(names, str) else names:
        if properties.get(name) not in (None, ""):
            return str(properties[name]).strip()
    return ""


def _next_page(request: Request, collection: Mapping[str, Any]) -> Iterator[Request]:
    """Follow on where ArcGIS says that it stopped short."""
    said = collection.get("properties")
    more = collection.get("exceededTransferLimit") or (
        isinstance(said, dict) and said.get("exceededTransferLimit")
    )
    if not more or not collection["features"]:
        return
    parts = urlsplit(request.url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    offset = int(asked.get("resultOffset") or 0) + len(collection["features"])
    query = urlencode({**asked, "resultOffset": str(offset)})
    yield Request(
        url=urlunsplit(parts._replace(query=query)), headers=request.headers, role=request.role
    )


def _told(feature: Any) -> Any:
    return feature.get("properties") if isinstance(feature, dict) else feature


FEED = Feed(
    name="places.boundaries",
    title="Boundaries",
    summary="Outlines of the city's wards, small census areas and of the city itself.",
    publisher="Office for National Statistics",
    documentation="https://geoportal.statistics.gov.uk/",
    licence="OGL-UK-3.0",
    attribution=(
        "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
        " Contains OS data © Crown copyright and database right."
    ),
    every=timedelta(days=30),
    stale_after=timedelta(days=400),
    requests=requests,
    reads=(
        "layers",
        "layers.level",
        "layers.url",
        "layers.code",
        "layers.name",
        "layers.vintage",
        "layers.from_on",
    ),
    parse=parse,
    kinds=(AREA,),
    observes=False,
    keep_raw=timedelta(days=800),
)
