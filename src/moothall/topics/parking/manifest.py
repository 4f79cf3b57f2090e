"""What the parking service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel import packs
from moothall.kernel.registry import Layer, Page, Service
from moothall.topics.parking import queries, rules
from moothall.topics.parking.feeds import datex, occupancy_csv
from moothall.values.places import Box


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's car parks: each whole, in the city, and sourced."""
    box = Box(**section["city"]["box"]) if "city" in section else packs.current().box
    seen: set[str] = set()
    for number, row in enumerate(section.get("car_park", ()), start=1):
        name = str(row.get("id", ""))
        where = f"[[car_park]] {name or number}"
        for field in ("id", "name", "source", "licence"):
            if not row.get(field):
                yield f"{where} has no {field}"
        lon, lat = row.get("lon"), row.get("lat")
        if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
            yield f"{where} has no position of two numbers, lon and lat"
        elif not box.holds(lon=lon, lat=lat):
            yield f"{where} lies outside the city's box"
        capacity = row.get("capacity", 1)
        if not isinstance(capacity, int) or capacity <= 0:
            yield f"{where} has a capacity that is no number of places"
        try:
            rules.state_series(name)
        except ValueError:
            yield f"{where} has an id that cannot name a series"
        if name in seen:
            yield f"{where} is there twice"
        seen.add(name)


SERVICE = Service(
    name="parking",
    title="Car parks",
    summary="Where there is a space now, and how sure that is.",
    feeds=(occupancy_csv.FEED, datex.FEED),
    cards=(queries.get_card,),
    layers=(Layer(id="car-parks", title="Car parks", list_marks=queries.list_marks),),
    near=queries.list_near,
    search=queries.search,
    pages=(
        Page(
            title="Car parks",
            url="/parking/",
            summary="Where there is a space now, and how sure that is.",
            also="parking park space spaces car multi-storey",
        ),
    ),
    check_pack=check_pack,
    order=45,
)
