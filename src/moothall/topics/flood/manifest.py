"""What the flood service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.registry import Layer, Nearby, Page, Service
from moothall.topics.flood.feeds import levels, readings, stations, warnings
from moothall.topics.flood.queries import summary


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the levels the pack states for its gauges."""
    for row in section.get("gauge", ()):
        for what in _check_level(row):
            yield f"[[gauge]] {row.get('id')} {what}"


def _check_level(row: Mapping[str, Any]) -> Iterator[str]:
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
    theme="ENVI",
    summary="River levels beside their usual range, rain, and the flood warnings in force.",
    feeds=(readings.FEED, levels.FEED, stations.FEED, warnings.FEED),
    cards=(summary.get_warnings_card, summary.get_rivers_card),
    layers=(Layer(id="river-gauges", title="River levels", list_marks=summary.list_marks),),
    nearby=(Nearby(list_facts=summary.list_facts, most=3),),
    list_findable=summary.list_findable,
    pages=(
        Page(
            title="Rivers and floods",
            url="/flood/",
            summary="How high the rivers are now, and which flood warnings are in force.",
            also="flood flooded flooding water level rain rainfall warning alert beck high river",
            menu=True,
        ),
    ),
    rows={
        "gauge": ("id", "name", "river", "lat", "lon", "measure"),
        "rain_gauge": ("id", "name", "lat", "lon", "measure"),
    },
    rows_may={
        "gauge": (
            "datum",
            "downstream_measure",
            "downstream_typical_high_m",
            "downstream_typical_low_m",
            "flooding_likely_m",
            "range_as_of",
            "range_source",
            "record_m",
            "record_on",
            "rloi",
            "typical_high_m",
            "typical_low_m",
            "weir",
        )
    },
    check_pack=check_pack,
    order=20,
)
