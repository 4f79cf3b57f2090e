"""What other programs read: the pages' twins as data, and what browsers and crawlers ask for."""

from dataclasses import fields
from datetime import datetime
from xml.sax.saxutils import escape

import orjson
from django.http import HttpRequest, HttpResponse

from moothall.kernel.keeping import kept
from moothall.portal.queries import maps, now, pages
from moothall.ui import frame
from moothall.values.facts import Card, Fact
from moothall.values.observations import Origin, Quality

SHORTLY = "public, max-age=15"


def _json(body: bytes, content_type: str = "application/json") -> HttpResponse:
    return HttpResponse(
        body,
        content_type=content_type,
        headers={"Cache-Control": SHORTLY, "Access-Control-Allow-Origin": "*"},
    )


def _write(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"cannot write a {type(value).__name__} as JSON")


def now_json(request: HttpRequest) -> HttpResponse:
    """City now as data: the very cards the page shows.

    Shape:   {"at", "cards": [{"id", "title", "lead", "state", "facts": [{"label", "value",
             "unit", "words", "state", "at", "origin", "series", "dataset", ...}], ...}]};
             `origin` is live, replayed or simulated, `quality` as in the downloads.
    """
    at: datetime = request.now  # type: ignore[attr-defined]
    city_now = now.get_city_now(now=at)
    return _json(_write({"at": city_now.made_at, "cards": [*map(_card, city_now.cards)]}))


def _card(card: Card) -> dict[str, object]:
    said = {field.name: getattr(card, field.name) for field in fields(card)}
    figure = None if card.figure is None else _fact(card.figure)
    return said | {"facts": [*map(_fact, card.facts)], "figure": figure}


def _fact(fact: Fact) -> dict[str, object]:
    said = {field.name: getattr(fact, field.name) for field in fields(fact)}
    quality = None if fact.quality is None else Quality(fact.quality).name.lower()
    return said | {"origin": Origin(fact.origin).name.lower(), "quality": quality}


def features(request: HttpRequest) -> HttpResponse:
    """The map's features as GeoJSON; `?layers=` takes names, with commas between them."""
    at: datetime = request.now  # type: ignore[attr-defined]
    asked = {name for name in request.GET.get("layers", "").split(",") if name}
    offered = maps.list_layer_ids()
    # Each layer is kept by itself: the ways to put them together would fill the memory.
    parts = (_features_of(name, at) for name in sorted(asked & offered if asked else offered))
    body = b",".join(part for part in parts if part)
    return _json(b'{"type":"FeatureCollection","features":[%b]}' % body, maps.GEOJSON)


def _features_of(layer: str, at: datetime) -> bytes:
    """Write one layer's features, with commas between them."""

    def write() -> bytes:
        return _write(maps.get_features(now=at, ids=(layer,))["features"])[1:-1]

    written: bytes = kept.keep(("features", layer), at, write)
    return written


def outline(request: HttpRequest) -> HttpResponse:
    """The city's wards as GeoJSON."""
    at: datetime = request.now  # type: ignore[attr-defined]
    body = kept.keep(
        "outline json", at, lambda: _write(maps.get_outline(now=at)), about=("places",)
    )
    answer = _json(body, maps.GEOJSON)
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def outline_svg(request: HttpRequest) -> HttpResponse:
    """The city's wards as a picture."""
    at: datetime = request.now  # type: ignore[attr-defined]
    return HttpResponse(
        maps.draw_outline(now=at),
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def city_css(request: HttpRequest) -> HttpResponse:
    """The city's colours, kept for good by a browser: the address changes when they do."""
    return HttpResponse(
        frame.city_css(),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page's address, for crawlers."""
    found = [*pages.list_portal_pages()]
    found += [page for chapter in pages.list_chapters() for page in chapter.pages]
    lines = "".join(
        f"<url><loc>{escape(request.build_absolute_uri(url))}</loc></url>"
        for url in dict.fromkeys(page.url for page in found)
    )
    return HttpResponse(
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{lines}</urlset>',
        content_type="application/xml",
    )


def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: all but officers' pages and searches made by people."""
    return HttpResponse(
        "User-agent: *\nDisallow: /desk/\nDisallow: /search/\nDisallow: /near/\n"
        f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}\n",
        content_type="text/plain; charset=utf-8",
    )
