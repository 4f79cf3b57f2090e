"""Every page people may want to find: the portal's own and the services'."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from moothall.kernel.feeds import trouble
from moothall.kernel.places import queries as places
from moothall.kernel.registry import Page, house


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The pages of one service, or the portal's own."""

    title: str
    summary: str
    pages: tuple[Page, ...]


def near_words() -> str:
    """Say what people are told of what is near them, and by what."""
    try:
        answers = places.answers_postcodes()
    except Exception as fault:
        # The list of all pages is there while the lake is not.
        if trouble.of(fault) is None:
            raise
        answers = False
    if answers:
        return _("What is around a postcode or in a ward, now")
    return _("What is around you, now")


def list_portal_pages() -> tuple[Page, ...]:
    """Return the pages made of many services, and the statements."""
    return (
        Page(title=_("Home"), url="/", summary=_("What this site is, and the city at a glance")),
        Page(
            title=_("City now"),
            url="/now/",
            summary=_("Everything we measure in the city, as it is now, with a map"),
        ),
        Page(
            title=_("Near me"),
            url="/near/",
            summary=near_words(),
        ),
        Page(title=_("Search"), url="/search/", summary=_("Find a page, a place or data")),
        Page(
            title=_("Status of our sources"),
            url="/status/",
            summary=_("Which sources bring data as they should, and which do not"),
        ),
        Page(
            title=_("How this works"),
            url="/how-this-works/",
            summary=_("How one figure travels from its source to this site, step by step"),
        ),
        Page(
            title=_("Accessibility statement"),
            url="/accessibility/",
            summary=_("How this site meets the accessibility rules, and how to tell us when not"),
        ),
        Page(
            title=_("Privacy"),
            url="/privacy/",
            summary=_("What we keep about you, which is as little as we can"),
        ),
        Page(title=_("All pages"), url="/sitemap/", summary=_("Every page of this site, by name")),
    )


def list_chapters() -> tuple[Chapter, ...]:
    """Return every service that has pages, in the house's order."""
    return tuple(
        Chapter(
            title=_(service.title),
            summary=_(service.summary),
            pages=tuple(
                Page(title=_(page.title), url=page.url, summary=_(page.summary), menu=page.menu)
                for page in service.pages
            ),
        )
        for service in house.services
        if service.pages
    )
