"""The services of the house as one city has them: what its pack adds, rewords or leaves out."""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from moothall.kernel.packs import Pack
from moothall.kernel.registry import Feed, Service

log = structlog.get_logger(__name__)

TOLD = ("title", "summary", "publisher", "documentation", "licence", "attribution")
"""What a pack may say otherwise of a feed: the same format is published by many, on other terms."""


def fit_all(services: Iterable[Service], pack: Pack) -> tuple[Service, ...]:
    """Return every service as the pack has it; one whose section is unreadable stays as it is.

    Shape:   the pages of a service without a section are not offered; its feeds stay known, for
             what they brought before they were switched off.
    """
    return tuple(_fit(service, pack) for service in services)


def _fit(service: Service, pack: Pack) -> Service:
    try:
        section = pack.section(service.name)
        if service.fit is not None:
            service = service.fit({**section, "city": pack.city})
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        log.debug("section_unreadable", service=service.name, fault=str(fault))
        return service
    tables = section.get("feeds", {})
    if isinstance(tables, dict):
        service = replace(service, feeds=tuple(_reword(feed, tables) for feed in service.feeds))
    if section or service.in_every_city:
        on = {f"{service.name}.{source}" for source in tables}
        pages = tuple(page for page in service.pages if not page.feeds or on & {*page.feeds})
        return replace(service, pages=pages)
    return replace(service, cards=(), layers=(), nearby=(), near=None, list_findable=None, pages=())


def _reword(feed: Feed, tables: dict[str, object]) -> Feed:
    stated = tables.get(feed.name.partition(".")[2])
    if not isinstance(stated, dict):
        return feed
    told = {key: stated[key] for key in TOLD if isinstance(stated.get(key), str)}
    if "publisher" in told or "licence" in told:
        # Whoever else publishes it is not to be credited in our words for the first publisher.
        publisher = told.get("publisher", feed.publisher)
        told.setdefault("attribution", f"{publisher}, {told.get('licence', feed.licence)}")
    return replace(feed, **told) if told else feed
