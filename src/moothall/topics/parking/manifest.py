"""What the parking service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.registry import Layer, Nearby, Page, Service
from moothall.topics.parking import queries, rules
from moothall.topics.parking.feeds import datex, occupancy_csv


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's car parks: ids that name no series, odd sizes."""
    for row in section.get("car_park", ()):
        where = f"[[car_park]] {row.get('id')}"
        capacity = row.get("capacity", 1)
        if not isinstance(capacity, int) or capacity <= 0:
            yield f"{where} has a capacity that is no number of places"
        try:
            rules.state_series(str(row.get("id", "")))
        except ValueError:
            yield f"{where} has an id that cannot name a series"


SERVICE = Service(
    name="parking",
    title="Car parks",
    theme="TRAN",
    summary="Where there is a space now, and how sure that is.",
    feeds=(occupancy_csv.FEED, datex.FEED),
    cards=(queries.get_card,),
    layers=(Layer(id="car-parks", title="Car parks", list_marks=queries.list_marks),),
    nearby=(Nearby(list_facts=queries.list_facts, most=5, within_m=1500),),
    list_findable=queries.list_findable,
    pages=(
        Page(
            title="Car parks",
            url="/parking/",
            summary="Where there is a space now, and how sure that is.",
            also="parking park space spaces car multi-storey",
        ),
    ),
    rows={"car_park": ("id", "name", "lat", "lon")},
    rows_may={"car_park": ("capacity", "code", "operator")},
    check_pack=check_pack,
    order=45,
)
