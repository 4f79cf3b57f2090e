"""Car park pages."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.topics.parking import queries, rules
from moothall.ui import pages
from moothall.ui.missing import or_not_found

NEWEST = 48
"""How many readings a car park's page lists; the rest is one click away."""
MOST = 200
"""How many car parks one page lists; the data pages list them all."""


@pages.kept_page("parking")
def car_parks(request: HttpRequest) -> HttpResponse:
    """Where there is a space now, for someone about to drive."""
    now = request.now  # type: ignore[attr-defined]
    found = queries.list_car_parks(now=now)
    return pages.page(
        request,
        "parking/car_parks.html",
        heading=_("Car parks"),
        says=queries.say_lead(found),
        facts=tuple(queries.as_fact(one, now=now) for one in found[:MOST]),
        left_out=max(0, len(found) - MOST),
        origins={int(one.origin) for one in found},
        attribution=queries.attribution(),
    )


@or_not_found(queries.UnableToFindCarPark, back="/parking/")
@pages.kept_page("parking")
def car_park(request: HttpRequest, car_park_id: str) -> HttpResponse:
    """One car park: how it is now, how it was over its last day, and who says so."""
    now = request.now  # type: ignore[attr-defined]
    found, readings = queries.get_car_park(car_park_id, now=now)
    return pages.page(
        request,
        "parking/car_park.html",
        heading=found.name,
        car_park=found,
        fact=replace(queries.as_fact(found, now=now), url=""),
        readings=readings[:NEWEST],
        series=rules.free_series(found.id) if found.at is not None else "",
        dataset=rules.CAR_PARK.name,
        origins={int(found.origin)},
        attribution=queries.attribution(),
    )
