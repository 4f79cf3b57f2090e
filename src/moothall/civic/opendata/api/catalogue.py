"""The catalogue in DCAT: all of it, one dataset of it, and `data.json`."""

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from moothall.civic.opendata.api.answers import give, read_number, root_of, told
from moothall.civic.opendata.queries import datasets, describing, quality
from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.standards.dcat import graph, pod, writing
from moothall.standards.dcat.model import Service

SERVICES = (
    (
        "/api/3/action/",
        "CKAN Action API, for reading",
        "/api/3/action/status_show",
        "https://docs.ckan.org/en/2.11/api/",
    ),
    (
        "/api/features/",
        "OGC API - Features",
        "/api/features/conformance",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    ),
    (
        "/api/sta/v1.1/",
        "SensorThings API",
        "/api/sta/v1.1/",
        "http://www.opengis.net/doc/is/sensorthings/1.1",
    ),
)
"""What may answer besides: its address, title, description and standard."""
ROOT = "https://root.invalid"
"""Stands in what is kept for the address of the site, which is as each asker calls it."""
TOLD_IN = "en"
"""The language of what is for programs, whatever language their owner's browser prefers."""


@told
def catalogue(request: HttpRequest, form: str) -> HttpResponse:
    """Describe every dataset, `describing.PER_PAGE` of them a page."""
    now = request.now  # type: ignore[attr-defined]
    page = read_number(request, "page", usual=1, least=1, most=10_000)

    def make() -> tuple[bytes, Any]:
        found = describing.get_catalogue(
            now, root=ROOT, at=f"{ROOT}/catalog.{form}", page=page, services=list_services()
        )
        if page > len(found.pages):
            raise datasets.UnableToFindDataset(f"page {page}", ())
        return writing.write(graph.describe(found), form), found.modified_at

    body, changed_at = _kept(("dcat", form, page), now, make)
    return give(request, _placed(body, request), writing.MEDIA_TYPES[form], changed_at=changed_at)


@told
def dataset(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """Describe one dataset."""
    now = request.now  # type: ignore[attr-defined]

    def make() -> tuple[bytes, Any]:
        found = datasets.get_dataset(name, now)
        entry = describing.describe(found, ROOT, quality.get_score(found, now))
        return writing.write((graph.describe_entry(entry),), form), entry.modified_at

    body, changed_at = _kept(("dcat", form, name), now, make)
    return give(request, _placed(body, request), writing.MEDIA_TYPES[form], changed_at=changed_at)


@told
def data_json(request: HttpRequest) -> HttpResponse:
    """List every open dataset with its files, and every open feed with how it is doing.

    Shape:   "trouble" says what keeps the site's own stores from keeping anything, "" if nothing.
    """
    now = request.now  # type: ignore[attr-defined]
    held = trouble.told(now)

    def make() -> bytes:
        found = describing.get_catalogue(
            now, root=ROOT, at=f"{ROOT}/data.json", page=None, services=()
        )
        body = {
            **pod.describe(found),
            "city": datasets.city_name(),
            "trouble": held.public_words if held else "",
            "feeds": [
                {
                    "name": one.name,
                    "title": one.feed.title,
                    "state": datasets.feed_state(one),
                    "words": one.words,
                    "fault": (one.last and one.last.fault) or "",
                    "why": one.why,
                    "mender": one.mender.value if one.mender else "",
                    "page": f"{ROOT}/data/feeds/{one.name}/",
                }
                for one in datasets.list_open_feeds(now)
            ],
        }
        return orjson.dumps(body)

    body = _kept(("data.json", held and held.kind), now, make)
    return give(request, _placed(body, request), "application/json")


def list_services() -> tuple[Service, ...]:
    """Name the addresses of this house that answer questions about its datasets."""
    return tuple(
        Service(url=ROOT + path, title=title, description_url=ROOT + about, standard=standard)
        for path, title, about, standard in SERVICES
        if _is_here(path)
    )


def _is_here(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _kept(name: tuple[Any, ...], now: Any, make: Callable[[], Any]) -> Any:
    with translation.override(TOLD_IN):
        return kept.keep(name, now, make)


def _placed(body: bytes, request: HttpRequest) -> bytes:
    return body.replace(ROOT.encode(), root_of(request).encode())
