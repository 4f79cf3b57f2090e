"""A page for each open table."""

from django.http import HttpRequest, HttpResponse

from moothall.civic.tables import queries
from moothall.ui import pages
from moothall.ui.missing import or_not_found

MOST = 200
"""How many things one page lists; the data pages list them all."""


@or_not_found(queries.UnableToFindTable, back="/data/")
def one_table(request: HttpRequest, name: str) -> HttpResponse:
    """What one table lists and what it says now, for somebody who came for just that."""
    now = request.now  # type: ignore[attr-defined]
    table = queries.get_table(name)
    things = queries.list_things(table, now=now)
    return pages.page(
        request,
        "tables/table.html",
        heading=table.title,
        summary=table.summary,
        table=table,
        says=queries.say_lead(table, things),
        things=things[:MOST],
        facts=tuple(fact for one in things[:MOST] for fact in one.facts),
        left_out=max(0, len(things) - MOST),
        origins={int(fact.origin) for one in things for fact in one.facts},
        dataset=table.feed if table.measures else table.kind.name,
    )
