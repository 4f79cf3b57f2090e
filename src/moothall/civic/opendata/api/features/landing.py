"""Where a program begins: what is here, what it conforms to, how it is asked."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from moothall.civic.opendata.api.answers import root_of
from moothall.civic.opendata.api.features import openapi
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
from moothall.civic.opendata.queries import datasets, describing
from moothall.standards.ogcapi import words

CONFORMS = (*words.CONFORMS, *words.TILES)
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


@answered
def landing(request: HttpRequest) -> HttpResponse:
    """Say what is here and where to go on."""
    only(request)
    form = form_of(request, BOTH)
    if form == "html":
        return shown(request, "landing.html", heading=_("Places, for programs and maps"))
    with translation.override("en"):
        root = f"{root_of(request)}{ROOT}"
        return written(
            request,
            {
                "title": f"{datasets.city_name()}: OGC API - Features",
                "description": (
                    f"The open data of {datasets.city_name()} that say where things are, as they"
                    " stand now. No key is needed."
                ),
                "attribution": describing.council(),
                "links": [
                    *forms_of(request, form, BOTH),
                    link(f"{root}/api", "service-desc", OPENAPI, "How it is asked, as OpenAPI"),
                    link(f"{root}/api?f=html", "service-doc", HTML, "How it is asked, as a page"),
                    link(f"{root}/conformance", "conformance", JSON, "What it conforms to"),
                    link(f"{root}/conformance", words.CONFORMANCE, JSON, "What it conforms to"),
                    link(f"{root}/collections", "data", JSON, "The collections"),
                    link(f"{root}/collections", words.DATA, JSON, "The collections"),
                    link(
                        f"{root_of(request)}/catalog.jsonld", "describedby", "application/ld+json"
                    ),
                ],
            },
        )


@answered
def conformance(request: HttpRequest) -> HttpResponse:
    """Say which parts of the standards hold here."""
    only(request)
    form = form_of(request, BOTH)
    if form == "html":
        heading = _("What the service of places conforms to")
        return shown(request, "conformance.html", heading=heading, classes=CONFORMS)
    with translation.override("en"):
        links = forms_of(request, form, BOTH)
        return written(request, {"links": links, "conformsTo": list(CONFORMS)})


@answered
def api(request: HttpRequest) -> HttpResponse:
    """Say how the service is asked."""
    only(request)
    form = form_of(request, (("json", OPENAPI), ("html", HTML)))
    if form == "html":
        return shown(
            request,
            "api.html",
            heading=_("How to ask for places"),
            parameters=openapi.PARAMETERS.values(),
            address=f"{root_of(request)}{ROOT}",
        )
    with translation.override("en"):
        described: dict[str, Any] = openapi.describe(f"{root_of(request)}{ROOT}")
        return written(request, described, media_type=OPENAPI)
