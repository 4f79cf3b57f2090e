"""Pages of the strategy."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.strategy import queries
from moothall.kernel.registry import Page, house
from moothall.ui import pages
from moothall.ui.missing import or_not_found


@pages.kept_page("strategy")
def plan(request: HttpRequest) -> HttpResponse:
    """The whole strategy, for someone who asks what the city is working towards."""
    outline = queries.find_outline()
    return pages.page(
        request,
        "strategy/plan.html",
        heading=outline.title if outline else _("The city's strategy"),
        outline=outline,
        branches=queries.list_branches(),
    )


@or_not_found(queries.UnableToFindNode, back="/plan/")
@pages.kept_page("strategy")
def node(request: HttpRequest, node_id: str) -> HttpResponse:
    """One thing the city set out to do: what it serves, what serves it, where to see it."""
    found = queries.get_node(node_id)
    return pages.page(
        request,
        "strategy/node.html",
        heading=found.node.title,
        found=found,
        outline=queries.find_outline(),
        seen_on=_pages_of(found.node.services),
    )


def _pages_of(services: tuple[str, ...]) -> tuple[Page, ...]:
    return tuple(
        page
        for service in house.services
        if service.name in services
        for page in service.pages
        if page.menu or len(service.pages) == 1
    )
