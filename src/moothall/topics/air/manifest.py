"""What the air service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel import packs
from moothall.kernel.registry import Layer, Page, Service
from moothall.topics.air.feeds import daily, sensor_community, uk_air
from moothall.topics.air.queries import summary
from moothall.values.places import Box


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's sites: each must be whole, in the city, and sourced."""
    box = Box(**section["city"]["box"]) if "city" in section else packs.current().box
    seen: set[str] = set()
    columns: set[int] = set()
    for number, row in enumerate(section.get("site", ()), start=1):
        name = f"[[site]] {row.get('id') or number}"
        for what in _check_row(row, box):
            yield f"{name} {what}"
        if row.get("id") in seen:
            yield f"{name} is there twice"
        if row.get("daily_column") in columns:
            yield f"{name} has another site's daily_column"
        seen.add(row.get("id", ""))
        columns |= {row["daily_column"]} if "daily_column" in row else set()


def _check_row(row: Mapping[str, Any], box: Box) -> Iterator[str]:
    for field in ("id", "name", "kind", "lat", "lon", "measures", "source", "licence"):
        if not row.get(field):
            yield f"has no {field}"
    unknown = set(row.get("measures", ())) - set(uk_air.PROPERTIES)
    if unknown:
        yield f"measures {', '.join(sorted(unknown))}, which nothing here reads"
    lon, lat = row.get("lon", box.west), row.get("lat", box.south)
    if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
        yield "has a position that is not two numbers"
    elif not box.holds(lon=lon, lat=lat):
        yield "lies outside the city's box"


SERVICE = Service(
    name="air",
    title="Air",
    summary="The Daily Air Quality Index at the city's monitoring sites, and people's own sensors.",
    feeds=(uk_air.FEED, daily.FEED, sensor_community.FEED),
    cards=(summary.get_air_card,),
    layers=(Layer(id="air-sites", title="Air quality", list_marks=summary.list_marks),),
    near=summary.list_near,
    search=summary.search,
    pages=(
        Page(
            title="Air",
            url="/air/",
            summary="How clean the air is now, and what that asks of people.",
            also="pollution smog asthma quality breathe dust smoke no2 pm10 pm2.5 ozone sensor clean",
            menu=True,
        ),
    ),
    check_pack=check_pack,
    order=30,
)
