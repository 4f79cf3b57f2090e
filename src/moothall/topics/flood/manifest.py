"""What the flood service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel import packs
from moothall.kernel.registry import Layer, Page, Service
from moothall.topics.flood.feeds import levels, readings, stations, warnings
from moothall.topics.flood.queries import summary
from moothall.values.places import Box


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's gauges: each must be whole, in the city, and sourced."""
    box = Box(**section["city"]["box"]) if "city" in section else packs.current().box
    seen: set[str] = set()
    for table in ("gauge", "rain_gauge"):
        for number, row in enumerate(section.get(table, ()), start=1):
            name = f"[[{table}]] {row.get('id') or number}"
            for what in (*_check_row(row, box), *_check_level(row, table)):
                yield f"{name} {what}"
            if row.get("id") in seen:
                yield f"{name} is there twice"
            seen.add(row.get("id", ""))


def _check_row(row: Mapping[str, Any], box: Box) -> Iterator[str]:
    for field in ("id", "name", "lat", "lon", "measure", "source", "licence"):
        if row.get(field) in (None, ""):
            yield f"has no {field}"
    lon, lat = row.get("lon", box.west), row.get("lat", box.south)
    if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
        yield "has a position that is not two numbers"
    elif not box.holds(lon=lon, lat=lat):
        yield "lies outside the city's box"


def _check_level(row: Mapping[str, Any], table: str) -> Iterator[str]:
    if table == "gauge" and not row.get("river"):
        yield "has no river"
    if row.get("datum", "gauge") not in readings.DATUMS:
        yield f"has datum {row['datum']!r}, not one of {', '.join(readings.DATUMS)}"
    low, high = row.get("typical_low_m"), row.get("typical_high_m")
    if low is not None and high is not None and low >= high:
        yield "has a usual range that ends below where it begins"
    if high is not None and not row.get("range_source"):
        yield "states a usual range without range_source"


SERVICE = Service(
    name="flood",
    title="Rivers and floods",
    summary="River levels beside their usual range, rain, and the flood warnings in force.",
    feeds=(readings.FEED, levels.FEED, stations.FEED, warnings.FEED),
    cards=(summary.get_warnings_card, summary.get_rivers_card),
    layers=(Layer(id="river-gauges", title="River levels", list_marks=summary.list_marks),),
    near=summary.list_near,
    search=summary.search,
    pages=(
        Page(
            title="Rivers and floods",
            url="/flood/",
            summary="How high the rivers are now, and which flood warnings are in force.",
            also="flood flooded flooding water level rain rainfall warning alert beck high river",
            menu=True,
        ),
    ),
    check_pack=check_pack,
    order=20,
)
