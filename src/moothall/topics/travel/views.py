"""Pages of getting around."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel.registry import as_told
from moothall.topics.travel.feeds import bikes as bikes_feed
from moothall.topics.travel.feeds import charging as charging_feed
from moothall.topics.travel.feeds import counters as counters_feed
from moothall.topics.travel.feeds import vehicles as vehicles_feed
from moothall.topics.travel.queries import buses as bus_queries
from moothall.topics.travel.queries import charging as charging_queries
from moothall.topics.travel.queries import cycling as cycling_queries
from moothall.topics.travel.queries import summary
from moothall.ui import pages
from moothall.ui.missing import or_not_found

ON_A_PAGE = 20
"""Rows of a long list on one page, to keep pages light."""

Row = TypeVar("Row")


def _leaf(
    request: HttpRequest, rows: Sequence[Row], **kept: str
) -> tuple[Sequence[Row], dict[str, Any]]:
    """Cut one page out of a long list; a page number that is none means the first."""
    last = max(1, -(-len(rows) // ON_A_PAGE))
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = min(max(number, 1), last)

    def address(to: int) -> str:
        query = {key: value for key, value in kept.items() if value}
        return "?" + urlencode(query | ({"page": str(to)} if to > 1 else {}))

    return rows[(number - 1) * ON_A_PAGE : number * ON_A_PAGE], {
        "number": number,
        "last": last,
        "before": address(number - 1) if number > 1 else "",
        "after": address(number + 1) if number < last else "",
    }


@pages.kept_page("travel")
def overview(request: HttpRequest) -> HttpResponse:
    """Ways of getting around the city, each with what is known now."""
    cards = summary.list_cards(request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "travel/overview.html",
        heading=_("Getting around"),
        cards=cards,
        origins={int(fact.origin) for card in cards for fact in card.facts},
    )


@pages.kept_page("travel", asks=("route", "page"))
def buses(request: HttpRequest) -> HttpResponse:
    """Buses heard of in the last five minutes, for someone waiting for one."""
    now = request.now  # type: ignore[attr-defined]
    frame = bus_queries.get_frame(now=now)
    route_id = request.GET.get("route", "")
    listed = tuple(bus for bus in frame.live if not route_id or bus.route_id == route_id)
    rows, leaf = _leaf(request, listed, route=route_id)
    return pages.page(
        request,
        "travel/buses.html",
        heading=_("Buses now"),
        says=bus_queries.say_frame(frame, now=now),
        frame=frame,
        facts=bus_queries.list_count_facts(frame, now=now),
        buses=rows,
        leaf=leaf,
        found=len(listed),
        routes=frame.routes(),
        route_id=route_id,
        origins={int(frame.origin), *(int(bus.origin) for bus in rows)},
        attribution=as_told(vehicles_feed.FEED).attribution,
    )


@pages.kept_page("travel")
def bus(request: HttpRequest, bus_id: str) -> HttpResponse:
    """One bus: where it was when last heard of, less than five minutes ago."""
    now = request.now  # type: ignore[attr-defined]
    try:
        found = bus_queries.get_bus(bus_id, now=now)
    except bus_queries.UnableToFindBus as fault:
        # The bus may be there all the same: we only do not know where.
        return pages.page(
            request,
            "travel/no_bus.html",
            heading=_("This bus has not been heard of"),
            status=404,
            says=str(fault),
        )
    return pages.page(
        request,
        "travel/bus.html",
        heading=found.title,
        bus=found,
        origins={int(found.origin)},
        attribution=as_told(vehicles_feed.FEED).attribution,
    )


@pages.kept_page("travel", asks=("page",))
def cycling(request: HttpRequest) -> HttpResponse:
    """Hire bikes to take now, and how many people the counters saw."""
    now = request.now  # type: ignore[attr-defined]
    stations = cycling_queries.list_stations(now=now)
    counters = cycling_queries.list_counters()
    rows, leaf = _leaf(request, counters)
    free = cycling_queries.list_free_bikes(now=now)
    shown = stations[:ON_A_PAGE]
    return pages.page(
        request,
        "travel/cycling.html",
        heading=_("Cycling"),
        hires=cycling_queries.reads_hire_bikes(),
        stations=(
            *free,
            *(cycling_queries.station_as_fact(one, now=now) for one in shown),
        ),
        left_out=len(stations) - len(shown),
        counters=tuple(cycling_queries.counter_as_fact(one, now=now) for one in rows),
        leaf=leaf,
        origins={int(one.origin) for one in (*free, *shown, *rows)},
        bikes_attribution=as_told(bikes_feed.FEED).attribution,
        counters_attribution=as_told(counters_feed.FEED).attribution,
    )


@or_not_found(cycling_queries.UnableToFindCounter, back="/cycling/")
@pages.kept_page("travel")
def counter(request: HttpRequest, counter_id: str) -> HttpResponse:
    """One counter: its last day of counts, hour by hour."""
    found, hours = cycling_queries.get_counter(counter_id)
    return pages.page(
        request,
        "travel/counter.html",
        heading=found.name,
        counter=found,
        hours=hours,
        busiest=max((hour.total for hour in hours), default=0),
        origins={int(found.origin)},
        attribution=as_told(counters_feed.FEED).attribution,
    )


@pages.kept_page("travel", asks=("rapid", "page"))
def charging(request: HttpRequest) -> HttpResponse:
    """Where an electric vehicle can be charged."""
    points = charging_queries.list_charge_points()
    rapid = request.GET.get("rapid", "") == "yes"
    listed = tuple(point for point in points if point.rapid is True or not rapid)
    rows, leaf = _leaf(request, listed, rapid="yes" if rapid else "")
    return pages.page(
        request,
        "travel/charging.html",
        heading=_("Charge points"),
        says=charging_queries.say_age(points),
        total=len(points),
        rapid_total=sum(point.rapid is True for point in points),
        rapid=rapid,
        found=len(listed),
        facts=tuple(charging_queries.as_fact(point) for point in rows),
        leaf=leaf,
        origins={int(point.origin) for point in rows},
        attribution=as_told(charging_feed.FEED).attribution,
    )


@or_not_found(charging_queries.UnableToFindChargePoint, back="/charging/")
@pages.kept_page("travel")
def charge_point(request: HttpRequest, point_id: str) -> HttpResponse:
    """One charge point, as its owner last described it."""
    found = charging_queries.get_charge_point(point_id)
    return pages.page(
        request,
        "travel/charge_point.html",
        heading=found.name,
        point=found,
        fact=replace(charging_queries.as_fact(found), url=""),
        says=charging_queries.say_age((found,)),
        origins={int(found.origin)},
        attribution=as_told(charging_feed.FEED).attribution,
    )
