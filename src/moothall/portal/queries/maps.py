"""What the city's map shows: layers from the services, outlines from the places."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from typing import Any

import structlog
from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places
from moothall.kernel.registry import Layer, house
from moothall.values.facts import Mark
from moothall.values.observations import Origin

log = structlog.get_logger(__name__)

GEOJSON = "application/geo+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNow:
    """One layer's marks at one instant."""

    id: str
    title: str
    marks: tuple[Mark, ...]


def list_layer_ids() -> frozenset[str]:
    """Return the names of the layers on offer."""
    return frozenset(layer.id for service in house.services for layer in service.layers)


def list_layers(*, now: datetime, ids: tuple[str, ...] = ()) -> tuple[LayerNow, ...]:
    """Return the layers asked for, or all; a name nobody offers is left out."""
    return tuple(
        LayerNow(
            id=layer.id,
            title=_(layer.title),
            marks=kept.keep(
                ("layer", layer.id),
                now,
                lambda layer=layer: _ask(layer, now),
                about=(service.name,),
            ),
        )
        for service in house.services
        for layer in service.layers
        if not ids or layer.id in ids
    )


def _ask(layer: Layer, now: datetime) -> tuple[Mark, ...]:
    """Ask for one layer's marks; a fault in one is logged and leaves the others."""
    try:
        return layer.list_marks(now)
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.exception("layer_failed", layer=layer.id)
        return ()


def get_features(*, now: datetime, ids: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the layers' marks as one GeoJSON FeatureCollection, each naming its layer.

    Shape:   `words` say what is replayed or simulated; `origin` is live, replayed or simulated.
    """
    features = [
        _write(mark, layer) for layer in list_layers(now=now, ids=ids) for mark in layer.marks
    ]
    return {"type": "FeatureCollection", "features": features}


def _write(mark: Mark, layer: LayerNow) -> dict[str, Any]:
    label = {Origin.REPLAYED: _("Replayed"), Origin.SIMULATED: _("Simulated")}.get(mark.origin)
    return {
        "type": "Feature",
        "id": mark.id,
        "geometry": {"type": "Point", "coordinates": [mark.point.lon, mark.point.lat]},
        "properties": {
            "title": mark.title,
            "words": f"{mark.words} ({label})" if label else mark.words,
            "state": str(mark.state),
            "url": mark.url,
            "origin": Origin(mark.origin).name.lower(),
            "layer": layer.id,
        },
    }


def get_outline(*, now: datetime) -> dict[str, Any]:
    """Return the city's wards as a GeoJSON FeatureCollection, saying which are approximate."""
    outline: dict[str, Any] = kept.keep("outline", now, _outline, about=("places",))
    return outline


def _outline() -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "id": outline.ward.gss,
            "geometry": outline.geometry,
            "properties": {"name": outline.ward.name, "approximate": outline.approximate},
        }
        for outline in places.list_ward_outlines()
        if outline.geometry
    ]
    return {"type": "FeatureCollection", "features": features}


WIDE, HIGH, MARGIN = 1600, 900, 24


def draw_outline(*, now: datetime) -> str:
    """Draw the wards as an SVG picture: what the map's place holds before, or without, a script."""
    drawn: str = kept.keep(
        "outline drawn", now, lambda: _draw(get_outline(now=now)), about=("places",)
    )
    return drawn


def _draw(outline: Mapping[str, Any]) -> str:
    box = packs.current().box
    squeeze = cos(radians((box.south + box.north) / 2))
    scale = min(
        (WIDE - 2 * MARGIN) / ((box.east - box.west) * squeeze),
        (HIGH - 2 * MARGIN) / (box.north - box.south),
    )
    left = (WIDE - (box.east - box.west) * squeeze * scale) / 2
    top = (HIGH - (box.north - box.south) * scale) / 2

    def path(ring: Any) -> str:
        dots = (
            f"{left + (lon - box.west) * squeeze * scale:.1f} {top + (box.north - lat) * scale:.1f}"
            for lon, lat, *_ in ring
        )
        return f"M{'L'.join(dots)}Z"

    shapes = "".join(
        f'<path d="{"".join(path(ring) for polygon in _polygons(feature) for ring in polygon)}"/>'
        for feature in outline["features"]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">'
        '<g fill="#8793a2" fill-opacity=".12" stroke="#8793a2" stroke-width="1.5" '
        f'stroke-linejoin="round">{shapes}</g></svg>'
    )


def _polygons(feature: Mapping[str, Any]) -> Any:
    geometry = feature["geometry"]
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"]]
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []
