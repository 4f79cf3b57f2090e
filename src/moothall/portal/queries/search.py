"""Search of everything: pages, data and what each service holds; forgiving of typing slips."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import structlog
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, utils

from moothall.kernel.registry import Service, house
from moothall.portal.keeping import kept
from moothall.portal.queries.pages import list_portal_pages
from moothall.values.facts import Hit
from moothall.values.observations import Access

log = structlog.get_logger(__name__)

LONGEST = 200
ENOUGH = 66.0
"""Of 100: how alike a text must be to be an answer. Lets "chargin point" find charging points."""
POSTCODE = re.compile(r"[A-Za-z]{1,2}[0-9][A-Za-z0-9]?\s*[0-9][A-Za-z]{2}")


def search(text: str, *, now: datetime, limit: int = 40) -> tuple[Hit, ...]:
    """Return the best answers to a text, best first; none for an empty one.

    Leaves:  a service whose own search fails, which is logged without the text.
    """
    asked = " ".join(text[:LONGEST].split())
    if not asked:
        return ()
    hits = [*_postcode(asked), *_score(asked, _known(now))]
    for service in house.services:
        if service.search is not None:
            # A service knows what fits better than spelling does: its answers are never left out.
            hits.extend(
                replace(hit, score=max(_alike(asked, hit), ENOUGH))
                for hit in _ask(service, service.search, asked, limit)
            )
    found: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.score):
        found.setdefault(hit.url, hit)
    return tuple(found.values())[:limit]


def _ask(
    service: Service, ask: Callable[[str, int], tuple[Hit, ...]], text: str, limit: int
) -> tuple[Hit, ...]:
    try:
        return ask(text, limit)
    except Exception as fault:
        log.error("search_failed", service=service.name, fault=type(fault).__name__)
        return ()


def _postcode(text: str) -> Iterator[Hit]:
    if POSTCODE.fullmatch(text):
        shown = f"{text.replace(' ', '')[:-3]} {text[-3:]}".upper()
        yield Hit(
            title=_("Near %(place)s") % {"place": shown},
            url=f"/near/?postcode={shown.replace(' ', '+')}",
            summary=_("What is around this postcode, now"),
            kind=_("Place"),
            score=200,
        )


def _known(now: datetime) -> tuple[Hit, ...]:
    """Return every page, dataset and ward by name: a few hundred, so they are simply compared."""
    known: tuple[Hit, ...] = kept.keep("search index", now, lambda: tuple(_list_known()))
    return known


def _list_known() -> Iterator[Hit]:
    for page in list_portal_pages():
        yield Hit(title=page.title, url=page.url, summary=page.summary, kind=_("Page"))
    for service in house.services:
        for page in service.pages:
            title, summary = _(page.title), _(page.summary)
            yield Hit(title=title, url=page.url, summary=summary, kind=_("Page"))
    for feed in house.feeds():
        if feed.access is Access.OPEN and feed.observes:
            yield Hit(
                title=_(feed.title),
                url=f"/data/{feed.name}/",
                summary=_(feed.summary),
                kind=_("Data"),
            )
    for kind, _feeds in house.kinds().values():
        if kind.access is Access.OPEN:
            yield Hit(
                title=_(kind.title),
                url=f"/data/{kind.name}/",
                summary=_(kind.summary) if kind.summary else "",
                kind=_("Data"),
            )


def _score(text: str, known: tuple[Hit, ...]) -> Iterator[Hit]:
    for hit in known:
        score = _alike(text, hit)
        if score >= ENOUGH:
            yield replace(hit, score=score)


def _alike(text: str, hit: Hit) -> float:
    """Judge how well an answer fits a text, of 110; the same rule for whoever offers it."""
    asked = utils.default_process(text)
    title = utils.default_process(hit.title)
    whole = utils.default_process(f"{hit.title} {hit.summary}")
    long_enough = len(asked) > 3
    score = max(
        fuzz.token_set_ratio(asked, title),
        fuzz.partial_ratio(asked, title) if long_enough else 0.0,
        0.9 * fuzz.partial_token_ratio(asked, whole) if long_enough else 0.0,
    )
    # Of two equally alike the shorter title says it more exactly.
    return float(score + fuzz.ratio(asked, title) / 10)
