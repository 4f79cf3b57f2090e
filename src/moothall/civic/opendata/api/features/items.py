"""The features of a collection: a page of them, or one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.api.features.answers import (
    HTML,
    JSON,
    UnableToFind,
    answered,
    form_of,
    forms_of,
    here,
    link,
    linked,
    only,
    sent,
    shown,
)
from moothall.civic.opendata.api.features.collections import address_of
from moothall.civic.opendata.api.features.openapi import MOST, PARAMETERS, USUAL
from moothall.civic.opendata.queries.features import items as choosing
from moothall.civic.opendata.queries.features.collections import Collection, get_collection
from moothall.civic.opendata.queries.features.items import Asked, Page
from moothall.standards import geojson
from moothall.standards.cql2 import reading
from moothall.standards.cql2.reading import UnableToFilter
from moothall.standards.ogcapi import parameters
from moothall.standards.ogcapi.crs import CRS84, SYSTEMS, Crs
from moothall.standards.ogcapi.parameters import UnableToRead
from moothall.values.observations import Column

FORMS = (("json", geojson.MEDIA_TYPE), ("html", HTML))
KNOWN = frozenset(PARAMETERS)
MOST_SHOWN = 200
"""How many features are on a page for people."""
LANGUAGES = ("cql2-text", "cql2-json")


@answered
def items(request: HttpRequest, name: str) -> HttpResponse:
    """Give features of a collection, a page at a time."""
    form = form_of(request, FORMS)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    asked, system = _read(request, found)
    if form == "html":
        asked = replace(asked, limit=min(asked.limit, MOST_SHOWN))
    try:
        page = choosing.choose(found.frame, asked)
    except UnableToFilter as fault:
        raise UnableToRead("filter", str(fault)) from fault
    ways = _ways(request, page)
    if form == "html":
        return _page(request, found, page, system, ways)
    with translation.override("en"):
        links = [*forms_of(request, form, FORMS), *ways, _of(request, found)]
    return _features(request, found, page, system, links)


@answered
def item(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """Give one feature."""
    form = form_of(request, FORMS)
    only(request, {"crs"})
    system = _system(request)
    found = get_collection(name, request.now)  # type: ignore[attr-defined]
    place = found.frame.find(id)
    if place is None:
        raise UnableToFind(_("There is no %(id)s in this collection.") % {"id": id[:80]})
    chosen = np.array([place])
    if form == "html":
        feature = choosing.show(found.frame, chosen, system)[0]
        return _placed(
            shown(
                request,
                "item.html",
                heading=_label(found, feature.values) or id,
                collection=found,
                dataset=found.dataset,
                feature=feature,
                columns={one.name: one for one in found.frame.columns},
                evidence=_evidence(found, id),
                system=system,
            ),
            system,
        )
    with translation.override("en"):
        links = [
            *forms_of(request, form, FORMS),
            _of(request, found),
            link(f"{root_of(request)}{_evidence(found, id)}", "about", HTML, "Where it comes from"),
        ]
    body = choosing.write(found.frame, chosen, system)
    written = [body[:-1], b',"links":', orjson.dumps(links), b"}"]
    return _placed(linked(sent(request, written, geojson.MEDIA_TYPE), links), system)


def _features(
    request: HttpRequest, found: Collection, page: Page, system: Crs, links: list[dict[str, str]]
) -> HttpResponse:
    head = {
        "type": "FeatureCollection",
        "numberMatched": page.matched,
        "numberReturned": len(page.chosen),
        "attribution": found.dataset.attribution,
        "links": links,
    }
    written = [
        orjson.dumps(head)[:-1],
        b',"features":[',
        choosing.write(found.frame, page.chosen, system),
        b"]",
    ]
    # Of when the answer speaks: the same features read again are still the same answer.
    stamp = f',"timeStamp":"{found.frame.read_at:%Y-%m-%dT%H:%M:%SZ}"}}'
    answer = sent(request, written, geojson.MEDIA_TYPE, apart=stamp.encode())
    return _placed(linked(answer, links), system)


def _placed(answer: HttpResponse, system: Crs) -> HttpResponse:
    answer["Content-Crs"] = f"<{system.uri}>"
    return answer


def _of(request: HttpRequest, found: Collection) -> dict[str, str]:
    return link(address_of(found, root_of(request)), "collection", JSON, found.dataset.title)


def _ways(request: HttpRequest, page: Page) -> list[dict[str, str]]:
    """Link a page to the one behind it and the one in front."""
    ways = []
    if page.next is not None:
        address = here(request, after=page.next, before=None)
        ways.append(link(address, "next", geojson.MEDIA_TYPE, _("Next page")))
    if page.previous is not None:
        address = here(request, before=page.previous, after=None)
        ways.append(link(address, "prev", geojson.MEDIA_TYPE, _("Page before")))
    return ways


def _page(
    request: HttpRequest,
    found: Collection,
    page: Page,
    system: Crs,
    ways: list[dict[str, str]],
) -> HttpResponse:
    features = choosing.show(found.frame, page.chosen, system)
    named = [(one, _label(found, one.values) or one.id) for one in features]
    answer = shown(
        request,
        "items.html",
        heading=_("Features of %(title)s") % {"title": found.dataset.title},
        collection=found,
        dataset=found.dataset,
        columns=[one for one in found.frame.columns if one.name != _label_column(found)][:5],
        features=named,
        matched=page.matched,
        ways={one["rel"]: one["href"].removeprefix(root_of(request)) for one in ways},
        as_json=here(request, f="json").removeprefix(root_of(request)),
        asked=request.GET,
        system=system,
        systems=SYSTEMS,
    )
    return _placed(answer, system)


def _label_column(found: Collection) -> str:
    kind = found.dataset.kind
    if kind is not None:
        return kind.label
    return "thing" if found.dataset.source == "feed" else ""


def _label(found: Collection, values: Mapping[str, Any]) -> str:
    return str(values.get(_label_column(found)) or "")


def _evidence(found: Collection, id_: str) -> str:
    """Return the address of what stands behind a feature."""
    if found.dataset.kind is not None:
        return f"/data/{found.name}/records/{quote(id_)}/"
    if found.dataset.source == "feed":
        return f"/data/series/{quote(id_)}/"
    return found.dataset.url


# --- what is asked -----------------------------------------------------------------------------
def _read(request: HttpRequest, found: Collection) -> tuple[Asked, Crs]:
    """Read the parameters of a question; errors: UnableToRead."""
    columns = {one.name: one for one in found.frame.queryables if one.name not in KNOWN}
    only(request, {*KNOWN, *columns})
    given = request.GET
    bounds = interval = None
    limit = USUAL
    if "bbox-crs" in given and "bbox" not in given:
        raise UnableToRead("bbox-crs", "it says in which system bbox is: give bbox as well")
    if "bbox" in given:
        named = given.get("bbox-crs", CRS84.uri)
        bounds = parameters.read_bounds(given["bbox"], parameters.read_crs("bbox-crs", named))
    if "datetime" in given:
        interval = parameters.read_interval(given["datetime"])
    if "limit" in given:
        limit = parameters.read_limit(given["limit"], most=MOST)
    tree, filter_crs = _read_filter(request)
    if "after" in given and "before" in given:
        raise UnableToRead("before", "give after or before, as the links of a page do")
    equal = tuple((n, read_value(columns[n], text)) for n, text in given.items() if n in columns)
    asked = Asked(
        bounds=bounds,
        interval=interval,
        equal=equal,
        filter=tree,
        filter_crs=filter_crs,
        limit=limit,
        after=given.get("after"),
        before=given.get("before"),
    )
    return asked, _system(request)


def _read_filter(request: HttpRequest) -> tuple[Any, Crs]:
    """Read a filter and the system it writes places in; errors: UnableToRead."""
    given = request.GET
    if "filter" not in given:
        for name in ("filter-lang", "filter-crs"):
            if name in given:
                raise UnableToRead(name, "it says how filter is written: give filter as well")
        return None, CRS84
    text = given["filter"]
    usual = LANGUAGES[text.lstrip().startswith("{")]
    language = given.get("filter-lang", usual)
    if language not in LANGUAGES:
        raise UnableToRead("filter-lang", f"give one of {', '.join(LANGUAGES)}")
    system = parameters.read_crs("filter-crs", given.get("filter-crs", CRS84.uri))
    try:
        return reading.read(text, language), system
    except UnableToFilter as fault:
        raise UnableToRead("filter", str(fault)) from fault


def _system(request: HttpRequest) -> Crs:
    return parameters.read_crs("crs", request.GET.get("crs", CRS84.uri))


def read_value(column: Column, text: str) -> str | int | float | bool | date:
    """Read what a column is to say, by its type; errors: UnableToRead."""
    if column.type == "integer":
        number = parameters.read_number(column.name, text)
        if not number.is_integer() or abs(number) > 2**53:
            raise UnableToRead(column.name, "give a whole number")
        return int(number)
    if column.type == "number":
        return parameters.read_number(column.name, text)
    if column.type == "boolean":
        if text not in {"true", "false"}:
            raise UnableToRead(column.name, "give true or false")
        return text == "true"
    read = {"date": parameters.read_day, "datetime": parameters.read_instant}.get(column.type)
    if read is None:
        return text
    found = read(text)
    if found is None:
        raise UnableToRead(
            column.name, "write a day as 2026-01-05, an instant 2026-01-05T09:15:00Z"
        )
    return found
