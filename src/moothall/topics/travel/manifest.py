"""What the travel service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.registry import Layer, Nearby, Page, Service
from moothall.topics.travel.feeds import bikes as bikes_feed
from moothall.topics.travel.feeds import charging as charging_feed
from moothall.topics.travel.feeds import counters as counters_feed
from moothall.topics.travel.feeds import routes as routes_feed
from moothall.topics.travel.feeds import vehicles as vehicles_feed
from moothall.topics.travel.queries import buses, charging, cycling, summary


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the codes of the pack's operators."""
    seen: set[str] = set()
    for row in section.get("operator", ()):
        code = str(row.get("code", ""))
        if not (len(code) == 4 and code.isascii() and code.isalnum()):
            yield f"[[operator]] {code} needs a national operator code of four letters or digits"
        if code in seen:
            yield f"[[operator]] {code} is there twice"
        seen.add(code)


SERVICE = Service(
    name="travel",
    title="Getting around",
    theme="TRAN",
    summary="Buses as they move, hire bikes, charge points, and counts of people cycling.",
    feeds=(
        vehicles_feed.FEED,
        routes_feed.FEED,
        bikes_feed.FEED,
        charging_feed.FEED,
        counters_feed.FEED,
    ),
    cards=(buses.get_card, cycling.get_card, charging.get_card),
    layers=(
        Layer(id="buses", title="Buses", list_marks=buses.list_marks),
        Layer(id="hire-bikes", title="Hire bikes", list_marks=cycling.list_station_marks),
        Layer(
            id="counters",
            title="Cycle and footfall counters",
            list_marks=cycling.list_counter_marks,
        ),
        Layer(id="charge-points", title="Charge points", list_marks=charging.list_marks),
    ),
    nearby=(
        Nearby(list_facts=buses.list_facts, most=8, within_m=800),
        Nearby(list_facts=cycling.list_station_facts, most=5, within_m=1200),
        Nearby(list_facts=charging.list_facts, most=5, within_m=1500),
    ),
    list_findable=summary.list_findable,
    pages=(
        Page(
            title="Getting around",
            url="/travel/",
            summary="Buses, bikes and charge points, with what is known now.",
            also="transport travel journey bus bike cycle walk train",
            menu=True,
        ),
        Page(
            title="Buses now",
            url="/travel/buses/",
            summary="Where buses are: those heard of in the last five minutes.",
            also="bus timetable stop stops late route transport",
            feeds=(vehicles_feed.FEED.name, routes_feed.FEED.name),
        ),
        Page(
            title="Cycling",
            url="/cycling/",
            summary="Hire bikes to take now, and how many people cycle and walk past counters.",
            also="bike bikes cycle hire bicycle counter walking footfall",
            feeds=(bikes_feed.FEED.name, counters_feed.FEED.name),
        ),
        Page(
            title="Charge points",
            url="/charging/",
            summary="Where electric vehicles can be charged, and how fast.",
            also="ev electric car vehicle charger chargers charging plug",
            feeds=(charging_feed.FEED.name,),
        ),
    ),
    rows={"operator": ("code", "name")},
    check_pack=check_pack,
    order=40,
)
