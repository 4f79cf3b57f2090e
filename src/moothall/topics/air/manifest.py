"""What the air service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.registry import Layer, Nearby, Page, Service
from moothall.topics.air.feeds import daily, sensor_community, uk_air
from moothall.topics.air.queries import summary


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with what the pack's sites measure."""
    columns: set[int] = set()
    for row in section.get("site", ()):
        name = f"[[site]] {row.get('id')}"
        unknown = set(row.get("measures", ())) - set(uk_air.PROPERTIES)
        if unknown:
            yield f"{name} measures {', '.join(sorted(unknown))}, which nothing here reads"
        if row.get("daily_column") in columns:
            yield f"{name} has another site's daily_column"
        columns |= {row["daily_column"]} if "daily_column" in row else set()


SERVICE = Service(
    name="air",
    title="Air",
    theme="ENVI",
    summary="The Daily Air Quality Index at the city's monitoring sites, and people's own sensors.",
    feeds=(uk_air.FEED, daily.FEED, sensor_community.FEED),
    cards=(summary.get_air_card,),
    layers=(Layer(id="air-sites", title="Air quality", list_marks=summary.list_marks),),
    nearby=(
        Nearby(list_facts=summary.list_site_facts, most=1),
        Nearby(list_facts=summary.list_sensor_facts, most=2),
    ),
    list_findable=summary.list_findable,
    pages=(
        Page(
            title="Air",
            url="/air/",
            summary="How clean the air is now, and what that asks of people.",
            also="pollution smog asthma quality breathe dust smoke no2 pm10 pm2.5 ozone sensor"
            " clean",
            menu=True,
        ),
    ),
    rows={"site": ("id", "name", "kind", "lat", "lon", "measures")},
    rows_may={"site": ("daily_column",)},
    check_pack=check_pack,
    order=30,
)
