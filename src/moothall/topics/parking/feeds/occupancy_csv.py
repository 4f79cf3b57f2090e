"""Car parks as a CSV file of readings: one row a car park and time.

Source:   the shape of Birmingham City Council's file, whose columns are the default:
          https://archive.ics.uci.edu/dataset/482/parking+birmingham
Licence:  the publisher's; OGL-UK-3.0 for UK councils.
Cadence:  every 5 minutes.
Params:   the pack's parking.toml, [feeds.occupancy_csv]: url; delimiter, time_pattern (strptime),
          time_zone and columns (id, capacity, occupied, free, state, at, name, lon, lat), all
          optional; [[car_park]]: id, name, code (the file's id), lon, lat, capacity.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import cos, pi
from typing import TYPE_CHECKING, Any
from zlib import crc32
from zoneinfo import ZoneInfo

from moothall.kernel.registry import Feed, Params
from moothall.standards.csvtext import Rows, find_column
from moothall.standards.localtime import LocalClock
from moothall.topics.parking import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_count, read_number
from moothall.values.observations import (
    Batch,
    Origin,
    Record,
    Series,
    Severity,
)
from moothall.values.requests import Payload, Request

if TYPE_CHECKING:
    import pyarrow as pa

_Told = tuple[int | None, int | None, str]

BIRMINGHAM = {
    "id": "SystemCodeNumber",
    "capacity": "Capacity",
    "occupied": "Occupancy",
    "at": "LastUpdated",
}
COLUMNS = ("id", "at", "capacity", "occupied", "free", "state", "name", "lon", "lat")
"""What a pack may name a column for."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOST_PLACES = 100_000
ASSUMED_CAPACITY = 400
"""A simulated car park's size where the real one's is not known."""


def requests(params: Params) -> Iterator[Request]:
    """Ask for the file the pack names, if it names one."""
    if params.get("url"):
        yield Request(url=str(params["url"]))


def parse(payload: Payload, params: Params) -> Batch:
    """Read every row; a count that cannot be is kept as suspect, and is an issue.

    Shape:   CSV with a heading; the pack says which column is which.
    Units:   places.
    Errors:  ValueError if it is not text, or lacks the columns for the car park and the time.
    """
    zone = ZoneInfo(str(params.get("time_zone") or params["city"]["time_zone"]))
    reader = _Reader(
        zone=zone,
        clock=LocalClock(zone, pattern=str(params.get("time_pattern", ""))),
        places={str(row.get("code", row["id"])): row for row in params.get("car_park", ())},
        fetched_at=payload.fetched_at,
    )
    rows = Rows(payload.body, delimiter=str(params.get("delimiter", ",")))
    found = _columns(rows.heading(), params.get("columns") or BIRMINGHAM)
    for line, cells in rows:
        if not cells:
            continue
        width = len(cells)
        row = {ours: cells[place].strip() if place < width else "" for ours, place in found}
        try:
            reader.read(line, row)
        except ValueError as fault:
            reader.issues.note(f"line {line}", fault, row)
    reader.issues.extend(rows.issues())
    return reader.batch()


def _columns(heading: list[str], columns: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Find where our columns stand; errors: ValueError without one for the car park or time."""
    places = {ours: find_column(heading, theirs) for ours, theirs in columns.items()}
    if places.get("id") is None or places.get("at") is None:
        raise ValueError(f"no columns {columns.get('id')} and {columns.get('at')}: {heading[:20]}")
    return tuple((ours, place) for ours, place in places.items() if place is not None)


class _Reader:
    """What the rows read so far come to."""

    def __init__(
        self,
        *,
        zone: ZoneInfo,
        clock: LocalClock,
        places: Mapping[str, Mapping[str, Any]],
        fetched_at: datetime,
    ) -> None:
        self._zone = zone
        self._clock = clock
        self._places = places
        self._not_after = fetched_at + timedelta(minutes=2)
        self._names: dict[str, str] = {}
        self._last: dict[str, datetime] = {}
        self._records: dict[str, Record] = {}
        self._series: list[Series] = []
        self._readings: dict[tuple[str, datetime], tuple[_Told, rules.Occupancy]] = {}
        self.issues = Issues()

    def read(self, line: int, row: dict[str, str]) -> None:
        """Take one row; errors: ValueError if it cannot be read at all."""
        code = row["id"]
        if not code:
            raise ValueError("a row without a car park")
        place = self._places.get(code, {})
        car_park = str(place.get("id") or code)
        last = self._last.get(code)
        at, happened = self._clock.read(row["at"], after=last)
        if at > self._not_after:
            raise ValueError("a time in the future")
        capacity = _count(row.get("capacity")) or place.get("capacity")
        told = (_count(row.get("occupied")), _count(row.get("free")), row.get("state", ""))
        known = self._readings.get((car_park, at))
        if known is not None and known[0] == told:
            return
        reading = rules.assess_occupancy(
            capacity=capacity,
            occupied=told[0],
            vacant=told[1],
            words=(told[2],),
            local_hour=at.astimezone(self._zone).hour if told[0] == 0 else None,
        )
        if car_park not in self._names:
            self._declare(car_park, code, row, place)
        self._readings[car_park, at] = (told, reading)
        if last is None or at >= last:
            self._last[code] = at
            self._describe(car_park, at, capacity, row, place)
        for doubt in reading.doubts:
            self._say(line, doubt.value, row)
        if known is not None:
            self._say(line, "the same car park and time again, with other counts", row)
        if not happened:
            self._say(line, "a local time the clocks went over", row, Severity.INFO)

    def batch(self) -> Batch:
        """Say what all the rows came to."""
        return Batch(
            records=tuple(self._records.values()),
            series=tuple(self._series),
            table=self._table() if self._readings else None,
            issues=tuple(self.issues),
            as_of=max(self._last.values(), default=None),
        )

    def _table(self) -> "pa.Table":
        """Put the readings into columns: a file of years has hundreds of thousands."""
        import pyarrow as pa

        names = [line.key for line in self._series]
        first = {car_park: 3 * number for number, car_park in enumerate(self._names)}
        series: list[int] = []
        at: list[int] = []
        value: list[int | None] = []
        text: list[str | None] = []
        quality: list[int] = []
        for (car_park, read_at), (_, reading) in self._readings.items():
            place, trust = first[car_park], int(reading.quality)
            micros = (read_at - EPOCH) // MICROSECOND
            for offset, count in enumerate((reading.occupied, reading.free)):
                if count is not None:
                    series.append(place + offset)
                    at.append(micros)
                    value.append(count)
                    text.append(None)
                    quality.append(trust)
            series.append(place + 2)
            at.append(micros)
            value.append(None)
            text.append(reading.state.value)
            quality.append(trust)
        return pa.table(
            {
                "series": pa.DictionaryArray.from_arrays(
                    pa.array(series, pa.int32()), pa.array(names, pa.string())
                ),
                "at": pa.array(at, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
                "value": pa.array(value, pa.float64()),
                "text": pa.array(text, pa.string()),
                "quality": pa.array(quality, pa.int8()),
            }
        )

    def _say(
        self, line: int, what: str, row: dict[str, str], severity: Severity = Severity.WARNING
    ) -> None:
        self.issues.note(f"line {line}", what, row, severity=severity)

    def _declare(
        self, car_park: str, code: str, row: dict[str, str], place: Mapping[str, Any]
    ) -> None:
        name = str(place.get("name") or row.get("name") or code)
        self._series.extend(
            rules.declare_series(car_park, name=name, lon=place.get("lon"), lat=place.get("lat"))
        )
        self._names[car_park] = name

    def _describe(
        self,
        car_park: str,
        at: datetime,
        capacity: int | None,
        row: dict[str, str],
        place: Mapping[str, Any],
    ) -> None:
        """State the car park anew only when its size changed."""
        known = self._records.get(car_park)
        if known is not None and known.fields["capacity"] == capacity:
            return
        self._records[car_park] = rules.state_car_park(
            car_park,
            name=self._names[car_park],
            from_at=at,
            capacity=capacity,
            operator=str(place.get("operator", "")),
            lon=_degrees(row.get("lon"), 180) or place.get("lon"),
            lat=_degrees(row.get("lat"), 90) or place.get("lat"),
        )


def _count(text: str | None) -> int | None:
    """Read a count; "" is None. Some files write whole numbers as 61.0."""
    return read_count(text, least=-MOST_PLACES, most=MOST_PLACES) if text else None


def _degrees(text: str | None, most: float) -> float | None:
    if not text:
        return None
    return read_number(text, least=-most, most=most)


def simulate(params: Params, now: datetime) -> Batch:
    """Make up how full the pack's car parks are: emptiest at 4 in the morning, fullest at 2.

    Where the pack does not know a car park's size, one of 400 places is assumed for the show.
    """
    zone = ZoneInfo(str(params["city"]["time_zone"]))
    at = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    local = at.astimezone(zone)
    records, series, observations = [], [], []
    for place in params.get("car_park", ()):
        car_park, name = str(place["id"]), str(place["name"])
        capacity = place.get("capacity") or ASSUMED_CAPACITY
        luck = crc32(car_park.encode()) % 100 / 100
        daily = (1 - cos(2 * pi * ((local.hour + local.minute / 60 - 2 - luck) % 24) / 24)) / 2
        occupied = round(capacity * (0.05 + (0.65 + 0.3 * luck) * daily))
        reading = rules.assess_occupancy(capacity=capacity, occupied=occupied)
        records.append(
            rules.state_car_park(
                car_park,
                name=name,
                from_at=at.replace(hour=0, minute=0),
                capacity=place.get("capacity"),
                operator=str(place.get("operator", "")),
                lon=place.get("lon"),
                lat=place.get("lat"),
                origin=Origin.SIMULATED,
            )
        )
        series.extend(
            rules.declare_series(car_park, name=name, lon=place.get("lon"), lat=place.get("lat"))
        )
        observations.extend(rules.observe(car_park, reading, at=at, origin=Origin.SIMULATED))
    return Batch(
        records=tuple(records),
        series=tuple(series),
        observations=tuple(observations),
        as_of=at,
    )


FEED = Feed(
    name="parking.occupancy_csv",
    title="Car parks (CSV)",
    summary="How full car parks are, from a file of readings that the council publishes.",
    publisher="The city council",
    documentation="https://archive.ics.uci.edu/dataset/482/parking+birmingham",
    licence="OGL-UK-3.0",
    attribution="Car park data by the city council, Open Government Licence v3.0.",
    every=timedelta(minutes=5),
    stale_after=rules.STALE_AFTER,
    requests=requests,
    reads=(
        "url",
        "time_zone",
        "time_pattern",
        "delimiter",
        "columns",
        *(f"columns.{name}" for name in COLUMNS),
    ),
    parse=parse,
    kinds=(rules.CAR_PARK,),
    simulate=simulate,
)
