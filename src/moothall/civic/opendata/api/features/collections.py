"""The collections: each dataset that says where things are."""

from datetime import datetime
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.api.features.answers import (
    BOTH,
    HTML,
    JSON,
    ROOT,
    answered,
    form_of,
    forms_of,
    link,
    only,
    shown,
    written,
)
from moothall.civic.opendata.queries.features.collections import (
    Collection,
    get_collection,
    list_collections,
)
from moothall.kernel.observations.entries import instant
from moothall.standards import geojson
from moothall.standards.ogcapi import words
from moothall.standards.ogcapi.crs import CRS84, SYSTEMS
from moothall.values.observations import Column

SCHEMA_JSON = "application/schema+json"
SCHEMA_FORMS = (("json", SCHEMA_JSON), ("html", HTML))
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


@answered
def collections(request: HttpRequest) -> HttpResponse:
    """List every collection."""
    only(request)
    form = form_of(request, BOTH)
    found = list_collections(request.now)  # type: ignore[attr-defined]
    if form == "html":
        return shown(
            request, "collections.html", heading=_("Collections of places"), collections=found
        )
    with translation.override("en"):
        return written(
            request,
            {
                "links": forms_of(request, form, BOTH),
                "numberMatched": len(found),
                "numberReturned": len(found),
                "crs": [one.uri for one in SYSTEMS],
                "collections": [describe(one, root_of(request)) for one in found],
            },
        )


@answered
def collection(request: HttpRequest, name: str) -> HttpResponse:
    """Describe one collection."""
    only(request)
    form = form_of(request, BOTH)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    if form == "html":
        return shown(
            request,
            "collection.html",
            heading=found.dataset.title,
            collection=found,
            dataset=found.dataset,
            spans=spans_of(found),
            systems=SYSTEMS,
        )
    with translation.override("en"):
        described = describe(found, root_of(request))
        own = forms_of(request, form, BOTH)
        described["links"] = [*own, *(one for one in described["links"] if one["rel"] != "self")]
        return written(request, described)


@answered
def queryables(request: HttpRequest, name: str) -> HttpResponse:
    """Say what features can be chosen by."""
    return _columns(request, name, "queryables", _("What can be asked of it"))


@answered
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """Say what features have."""
    return _columns(request, name, "schema", _("What each feature has"))


def _columns(request: HttpRequest, name: str, what: str, words_of: str) -> HttpResponse:
    only(request)
    form = form_of(request, SCHEMA_FORMS)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    if form == "html":
        return shown(
            request,
            "columns.html",
            heading=f"{found.dataset.title}: {words_of}",
            collection=found,
            dataset=found.dataset,
            columns=_listed(found, what),
        )
    with translation.override("en"):
        described = words.describe_columns(
            at=f"{address_of(found, root_of(request))}/{what}",
            title=found.dataset.title,
            description=found.dataset.summary,
            columns=_listed(found, what),
            geometry=found.frame.geometry,
            role=what == "schema",
        )
        return written(request, described, media_type=SCHEMA_JSON)


def _listed(found: Collection, what: str) -> tuple[Column, ...]:
    return found.frame.queryables if what == "queryables" else found.frame.columns


def address_of(one: Collection, root: str) -> str:
    """Return where a collection is described."""
    return f"{root}{ROOT}/collections/{one.name}"


def spans_of(one: Collection) -> tuple[datetime | None, datetime | None]:
    """Return from when, and until when, its features speak; None for an end that is open."""
    frame = one.frame
    if frame.from_at is None:
        return None, None
    dated = frame.from_at <= frame.until_at
    if not dated.any():
        return None, None
    until_at = int(frame.until_at[dated].max())
    is_open = until_at == np.iinfo(np.int64).max
    return instant(int(frame.from_at[dated].min())), None if is_open else instant(until_at)


def describe(one: Collection, root: str) -> dict[str, Any]:
    """Describe a collection in the standard's words."""
    dataset, frame, at = one.dataset, one.frame, address_of(one, root)
    extent: dict[str, Any] = {}
    box = frame.extent
    if box is None and dataset.spatial is not None:
        city = dataset.spatial
        box = (city.west, city.south, city.east, city.north)
    if box is not None:
        extent["spatial"] = {"bbox": [list(box)], "crs": CRS84.uri}
    times = [None if end is None else f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in spans_of(one)]
    if any(times):
        extent["temporal"] = {"interval": [times], "trs": GREGORIAN}
    described: dict[str, Any] = {
        "id": one.name,
        "title": dataset.title,
        "description": dataset.summary,
        "keywords": list(dataset.keywords),
        "attribution": dataset.attribution,
        "itemType": "feature",
        "numberOfFeatures": len(frame),
        "crs": [system.uri for system in SYSTEMS],
        "storageCrs": CRS84.uri,
        "links": [
            link(at, "self", JSON, "This collection"),
            link(f"{at}/items", "items", geojson.MEDIA_TYPE, "Its features, as GeoJSON"),
            link(f"{at}/items?f=html", "items", HTML, "Its features, as a page"),
            link(f"{at}/schema", words.SCHEMA, SCHEMA_JSON, "What its features have"),
            link(f"{at}/schema", "describedby", SCHEMA_JSON, "What its features have"),
            link(f"{at}/queryables", words.QUERYABLES, SCHEMA_JSON, "What they can be chosen by"),
            link(f"{at}/tiles", words.TILESETS, JSON, "Its vector tiles"),
            link(f"{root}{dataset.url}", "about", HTML, "Where it comes from, and its history"),
            link(f"{root}/data/{one.name}.csv", "enclosure", "text/csv", "All of it, as CSV"),
        ],
    }
    if extent:
        described["extent"] = extent
    if dataset.licence_url:
        described["links"].append(link(dataset.licence_url, "license", HTML, dataset.licences[0]))
    return described
