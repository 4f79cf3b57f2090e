"""Environment Agency monitoring stations: rivers and rain gauges round the city.

Source:   https://environment.data.gov.uk/flood-monitoring/doc/reference#stations
Cadence:  daily; stations seldom change.
Params:   the city's box
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from moothall.kernel.registry import Feed, Params
from moothall.topics.flood.feeds.readings import read_items, read_level
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Column, Kind, Origin, Record, Scalar
from moothall.values.places import Box, Point
from moothall.values.requests import Payload, Request
from moothall.values.times import parse_instant

STATIONS = "https://environment.data.gov.uk/flood-monitoring/id/stations"
LONDON = ZoneInfo("Europe/London")
STATION = Kind(
    name="flood.station",
    title="River level and rainfall stations",
    summary="Where the Environment Agency measures, what, and the usual range where it says so.",
    columns=(
        Column(name="name", meaning="The station's label"),
        Column(name="station_reference"),
        Column(name="rloi_id", meaning="The number of its Check for flooding page"),
        Column(name="river"),
        Column(name="town"),
        Column(name="catchment"),
        Column(name="status", meaning="Active, Closed or Suspended"),
        Column(name="opened_on", type="date"),
        Column(name="measures", meaning="Measure ids, separated by spaces"),
        Column(name="typical_low_m", type="number", unit="m"),
        Column(name="typical_high_m", type="number", unit="m"),
        Column(name="highest_recent_m", type="number", unit="m"),
        Column(name="highest_recent_at", type="datetime"),
        Column(name="record_m", type="number", unit="m", meaning="The highest on record"),
        Column(name="record_at", type="datetime"),
        Column(name="downstream_typical_low_m", type="number", unit="m"),
        Column(name="downstream_typical_high_m", type="number", unit="m"),
        Column(name="source_url"),
    ),
    geometry="Point",
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the stations in a circle round the city's box, with their scales embedded."""
    yield Request(url=f"{STATIONS}?{circle(params)}&_view=full")


def circle(params: Params) -> str:
    """Write the circle round the city's box as the API's lat, long and dist (kilometres)."""
    box = Box(**params["city"]["box"])
    centre = Point(lon=(box.west + box.east) / 2, lat=(box.south + box.north) / 2)
    reach_m = centre.distance_m(Point(lon=box.west, lat=box.south))
    return f"lat={centre.lat:.4f}&long={centre.lon:.4f}&dist={reach_m / 1000:.0f}"


def parse(payload: Payload, params: Params) -> Batch:
    """Keep the stations in the city's box.

    Shape:   {"items": [station]} or {"items": station}; `stageScale` is a URI, or an object with
             typicalRangeLow and -High. A field with several values is a list: the first counts.
    Units:   metres above the station's own datum.
    Errors:  ValueError if the whole is not that shape; one bad item becomes an Issue.
    Leaves:  a station listed twice counts once, as it first stands.
    """
    box = Box(**params["city"]["box"])
    records: dict[str, Record] = {}
    issues = Issues()
    for number, item in enumerate(read_items(payload.body)):
        try:
            lon, lat = (
                read_number(_first(item["long"])),
                read_number(_first(item["lat"])),
            )
            if not box.holds(lon=lon, lat=lat):
                continue
            reference = str(_first(item["stationReference"]))
            if reference in records:
                raise ValueError(f"station {reference} is listed twice")
            records[reference] = Record(
                kind=STATION.name,
                id=reference,
                from_at=payload.fetched_at,
                fields=_read_fields(reference, item),
                geometry={"type": "Point", "coordinates": [lon, lat]},
            )
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"items[{number}]", fault, item)
    return Batch(records=tuple(records.values()), issues=tuple(issues))


def _first(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if value else None
    return value


def _read_fields(reference: str, item: Mapping[str, Any]) -> dict[str, Scalar]:
    """Read the columns of one station; what is not embedded is None."""
    stage, down = _scale(item, "stageScale"), _scale(item, "downstageScale")
    highest, record = stage.get("highestRecent"), stage.get("maxOnRecord")
    opened = _first(item.get("dateOpened"))
    return {
        "name": read_text(item.get("label")),
        "station_reference": reference,
        "rloi_id": read_text(item.get("RLOIid")),
        "river": read_text(item.get("riverName")),
        "town": read_text(item.get("town")),
        "catchment": read_text(item.get("catchmentName")),
        "status": (read_text(item.get("status")) or "").rpartition("/status")[2] or None,
        "opened_on": opened[:10] if opened else None,
        "measures": " ".join(
            measure["@id"].rpartition("/")[2]
            for measure in _many(item.get("measures"))
            if isinstance(measure, dict)
        ),
        "typical_low_m": _number(stage.get("typicalRangeLow")),
        "typical_high_m": _number(stage.get("typicalRangeHigh")),
        "highest_recent_m": _peak(highest),
        "highest_recent_at": _peak_at(highest),
        "record_m": _peak(record),
        "record_at": _peak_at(record),
        "downstream_typical_low_m": _number(down.get("typicalRangeLow")),
        "downstream_typical_high_m": _number(down.get("typicalRangeHigh")),
        "source_url": f"{STATIONS}/{reference}",
    }


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def read_text(value: Any) -> str | None:
    """Read a word of text, the first if there are several; None for none."""
    value = _first(value)
    return None if value is None or value == "" else str(value).strip()


def _number(value: Any) -> float | None:
    """Read a level; None for none, or for a text that says there is none."""
    value = _first(value)
    return read_level(value) if isinstance(value, int | float) else None


def _scale(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an embedded scale; a bare link to one says nothing."""
    found = _first(item.get(name))
    return found if isinstance(found, dict) else {}


def _peak(peak: Any) -> float | None:
    return _number(peak.get("value")) if isinstance(peak, dict) else None


def _peak_at(peak: Any) -> str | None:
    """Read when a peak was; the source writes these in local time without a zone."""
    if not isinstance(peak, dict) or not isinstance(peak.get("dateTime"), str):
        return None
    return parse_instant(peak["dateTime"], zone=LONDON).isoformat()


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: the pack's own gauges, as stations."""
    return Batch(
        records=tuple(
            Record(
                kind=STATION.name,
                id=gauge["id"],
                from_at=datetime(2020, 1, 1, tzinfo=UTC),
                fields={
                    **dict.fromkeys(column.name for column in STATION.columns),
                    "name": gauge["name"],
                    "station_reference": gauge["id"],
                    "river": gauge.get("river"),
                    "measures": gauge["measure"],
                    "source_url": gauge["source"],
                },
                geometry={"type": "Point", "coordinates": [gauge["lon"], gauge["lat"]]},
                origin=Origin.SIMULATED,
            )
            for gauge in (*params.get("gauge", ()), *params.get("rain_gauge", ()))
        ),
        as_of=now,
    )


FEED = Feed(
    name="flood.stations",
    title="River and rainfall stations",
    summary="The Environment Agency's stations in the city, with their usual ranges.",
    publisher="Environment Agency",
    documentation="https://environment.data.gov.uk/flood-monitoring/doc/reference",
    licence="OGL-UK-3.0",
    attribution=(
        "This uses Environment Agency flood and river level data from the real-time data API (Beta)"
    ),
    every=timedelta(days=1),
    stale_after=timedelta(days=7),
    parse=parse,
    requests=requests,
    kinds=(STATION,),
    observes=False,
    simulate=simulate,
)
