"""Counters of people cycling and walking: how many went by in each hour.

Source:   https://datamillnorth.org/ (Leeds' annual cycle growth and footfall), gathered in one
          archive: a CSV for each lane of a counter, a row a day and a column an hour, and an index
          of where the counters stand.
Licence:  OGL-UK-3.0
Cadence:  daily.
Params:   the pack's travel.toml, [feeds.counters]: url (optional), history_days (how much of each
          lane to keep, 100 unless said); city.time_zone.

The hours are the city's clock's. In spring one of them does not happen: a count in it is an issue.
In autumn one happens twice and the file has one column for both: its count stands for two hours,
and is suspect, for the file does not say whether it is the sum. A blank is not a zero: the cycle
files leave out both hours without a bike and hours without a count.
"""

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from moothall.kernel.registry import Feed, Params
from moothall.standards import zipped
from moothall.standards.csvtext import decode
from moothall.standards.jsontext import read_json
from moothall.standards.localtime import NEVER, LocalDays
from moothall.topics.travel import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import (
    Batch,
    Column,
    Kind,
    Observation,
    Origin,
    Record,
    Series,
    Severity,
)
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

if TYPE_CHECKING:
    import pyarrow as pa

MAX_UNPACKED_BYTES = 96 * 1024 * 1024
MAX_COUNTS = 8_000_000
HISTORY_DAYS = 100
MOST_IN_AN_HOUR = 100_000
ISSUES_EACH = 20
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LANE = re.compile(r"(?:.*/)?((?P<what>[a-z]+)-\w+)-(?P<lane>\w+)\.csv")
COUNTED = {"cycle": "people cycling", "footfall": "people walking"}
SIMULATED_COUNTERS = 4

COUNTER = Kind(
    name="travel.counter",
    title="Cycle and footfall counters",
    summary="Where people cycling and walking are counted, hour by hour.",
    columns=(
        Column(name="name", meaning="Where it stands"),
        Column(name="reference", meaning="The publisher's name for it"),
        Column(name="counts", meaning="people cycling, or people walking"),
        Column(name="lanes", type="integer", unit="1", meaning="Lanes or directions counted apart"),
        Column(name="lane_series", meaning="The series of its lanes, by their keys"),
        Column(name="last_on", type="date", meaning="The last day it counted"),
    ),
    geometry="Point",
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the archive the pack names, if it names one."""
    if params.get("url"):
        yield Request(url=str(params["url"]))


def parse(payload: Payload, params: Params) -> Batch:
    """Read every lane's newest days.

    Shape:   a zip archive of "<counter>-<lane>.csv" files and "index-*.json" files.
    Units:   people in an hour.
    Errors:  ValueError if it is no such archive, or unpacks to too much.
    """
    archive = zipped.Archive(payload.body, max_bytes=MAX_UNPACKED_BYTES)
    names = sorted(archive.names())
    issues = Issues()
    index = _read_index(archive, names, issues)
    hours = LocalDays(ZoneInfo(str(params["city"]["time_zone"])))
    keep = timedelta(days=int(params.get("history_days", HISTORY_DAYS)))
    lanes: dict[str, list[_Lane]] = {}
    counted = 0
    for name in names:
        found = _LANE.fullmatch(name)
        if not found:
            continue
        try:
            lane = _Lane(found, index)
            lane.read(archive.read(name), hours, keep=keep, until=payload.fetched_at)
        except ValueError as fault:
            issues.note(where=name, what=str(fault), severity=Severity.ERROR)
            continue
        counted += len(lane.value)
        if counted > MAX_COUNTS:
            raise ValueError(f"more than {MAX_COUNTS} counts: keep fewer days")
        issues.extend(lane.issues)
        if lane.value:
            lanes.setdefault(lane.counter, []).append(lane)
    if not lanes and not issues:
        raise ValueError("the archive holds no counter")
    every = [lane for lanes_of_one in lanes.values() for lane in lanes_of_one]
    last_on = max((lane.last_on for lane in every), default=None)
    return Batch(
        records=tuple(_record(counter, read) for counter, read in lanes.items()),
        series=tuple(lane.series() for lane in every),
        table=_table(every) if every else None,
        issues=tuple(issues),
        as_of=hours.end_of(last_on) if last_on else None,
    )


def _read_index(
    archive: zipped.Archive, names: list[str], issues: Issues
) -> dict[str, Mapping[str, Any]]:
    """Read where the counters stand, by the name their files begin with."""
    index: dict[str, Mapping[str, Any]] = {}
    for name in names:
        if not name.endswith(".json"):
            continue
        try:
            told = read_json(archive.read(name))
        except ValueError as fault:
            issues.note(name, fault)
            continue
        for key, row in told.items() if isinstance(told, Mapping) else ():
            if isinstance(row, Mapping):
                # The index puts the city's name before the counter's.
                index[key.partition("-")[2]] = row
    return index


class _Lane:
    """One lane of one counter, and the counts read of it."""

    def __init__(self, found: re.Match[str], index: Mapping[str, Mapping[str, Any]]) -> None:
        self.counter = found[1]
        self.lane = found["lane"]
        self.told = index.get(self.counter, {})
        self.counts = COUNTED.get(found["what"], "people")
        self.key = rules.lane_series(self.counter, self.lane)
        # Years of hours: kept as the machine does, not as Python objects.
        self.at = array("q")
        self.until = array("q")
        self.value = array("d")
        self.quality = array("b")
        self.issues = Issues()
        self.last_on = date.min

    @property
    def name(self) -> str:
        """Where the counter stands, as its publisher says it."""
        return str(self.told.get("desc") or self.told.get("name") or self.counter)

    @property
    def point(self) -> tuple[float, float] | None:
        """Its longitude and latitude; the index has them the other way round."""
        try:
            lat, lon = self.told["c"]
            return read_number(lon, least=-180, most=180), read_number(lat, least=-90, most=90)
        except (KeyError, TypeError, ValueError):
            return None

    def read(self, body: bytes, hours: LocalDays, *, keep: timedelta, until: datetime) -> None:
        """Read the newest days of a file; errors: ValueError if it is not laid out as one."""
        text = decode(body)
        lines = text.splitlines()
        if not lines or lines[0].count(",") != 24 or ",00:00," not in lines[0]:
            raise ValueError("not a file of days by 24 hours")
        # Python's own reader is three times as fast, and also reads 1_000 and other scripts.
        number = float if text.isascii() and "_" not in text else read_number
        # A day to come would be the newest, and all that are true too old.
        days = list(self._days(lines, hours, not_after=until.date() + timedelta(days=1)))
        self.last_on = max((day for day, _ in days), default=date.min)
        seen: set[date] = set()
        not_after = (until - EPOCH) // timedelta(microseconds=1)
        for day, line in days:
            if keep and self.last_on - day >= keep:
                continue
            cells = lines[line - 1].split(",")[1:25]
            if day in seen:
                self._say(f"line {line}", f"{day} is there twice", cells)
                continue
            seen.add(day)
            self._read_day(day, line, cells, hours, not_after=not_after, number=number)

    def _days(
        self, lines: list[str], hours: LocalDays, *, not_after: date
    ) -> Iterator[tuple[date, int]]:
        """Find the day of each line, and its number; most lines are too old to be read further."""
        for number, line in enumerate(lines[1:], start=2):
            day = hours.day(line.partition(",")[0])
            if day is not None and day <= not_after:
                yield day, number
            elif day is not None:
                self._say(f"line {number}", f"{day} is still to come", [line])
            elif line:
                self._say(f"line {number}", "a row without a date", [line])

    def _read_day(
        self,
        day: date,
        line: int,
        cells: list[str],
        hours: LocalDays,
        *,
        not_after: int,
        number: Callable[[str], float],
    ) -> None:
        for cell, (at, until, trust) in zip(cells, hours.of(day), strict=False):
            if not cell:
                continue
            try:
                value = number(cell)
            except ValueError:
                value = -1.0
            if trust == NEVER:
                self._say(f"line {line}", f"{day}: the clocks went over this hour", [cell])
            elif not 0 <= value <= MOST_IN_AN_HOUR or at > not_after:
                self._say(f"line {line}", f"{day}: not a count that can be", [cell])
            else:
                self.at.append(at)
                self.until.append(until)
                self.value.append(value)
                self.quality.append(trust)

    def _say(self, where: str, what: str, cells: list[str]) -> None:
        if len(self.issues) < ISSUES_EACH:
            self.issues.note(f"{self.counter}-{self.lane} {where}", what, cells)

    def series(self) -> Series:
        """Declare the lane's series."""
        point = self.point
        return Series(
            key=self.key,
            title=f"{self.name}, lane {self.lane}: {self.counts} in an hour",
            unit="1",
            observed_property=self.counts,
            thing=self.name,
            thing_id=self.counter,
            procedure="count over an hour of the city's clock",
            lon=point[0] if point else None,
            lat=point[1] if point else None,
        )


def _record(counter: str, lanes: list[_Lane]) -> Record:
    first = lanes[0]
    last_on = max(lane.last_on for lane in lanes)
    return Record(
        kind=COUNTER.name,
        id=counter,
        from_at=datetime.combine(last_on, time(0), tzinfo=UTC),
        fields={
            "name": first.name,
            "reference": str(first.told.get("name") or counter),
            "counts": first.counts,
            "lanes": len(lanes),
            "lane_series": " ".join(lane.key for lane in lanes),
            "last_on": last_on.isoformat(),
        },
        geometry=(
            {"type": "Point", "coordinates": list(first.point)} if first.point is not None else None
        ),
    )


def _table(lanes: list[_Lane]) -> "pa.Table":
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    keys = pa.array([lane.key for lane in lanes], pa.string())

    def column(type_: pa.DataType, values: "array[Any]") -> pa.Array:
        return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)])

    return pa.concat_tables(
        pa.table(
            {
                "series": pa.DictionaryArray.from_arrays(
                    column(pa.int32(), array("i", [number]) * len(lane.value)), keys
                ),
                "at": column(instant, lane.at),
                "until": column(instant, lane.until),
                "value": column(pa.float64(), lane.value),
                "quality": column(pa.int8(), lane.quality),
            }
        )
        for number, lane in enumerate(lanes)
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Make up counters and the last two days of their counts."""
    box = Box(**params["city"]["box"])
    zone = ZoneInfo(str(params["city"]["time_zone"]))
    until = now.replace(minute=0, second=0, microsecond=0)
    records, series, observations = [], [], []
    for number in range(1, SIMULATED_COUNTERS + 1):
        counter = f"simulated-{number}"
        key = rules.lane_series(counter, "1")
        luck = Random(counter)  # noqa: S311 - a stand-in, not a secret
        lon = round(
            luck.uniform(box.west * 0.6 + box.east * 0.4, box.west * 0.4 + box.east * 0.6), 5
        )
        lat = round(
            luck.uniform(box.south * 0.6 + box.north * 0.4, box.south * 0.4 + box.north * 0.6), 5
        )
        name = f"Simulated counter {number}"
        series.append(
            Series(
                key=key,
                title=f"{name}: people cycling in an hour",
                unit="1",
                observed_property=COUNTED["cycle"],
                thing=name,
                thing_id=counter,
                procedure="made up",
                lon=lon,
                lat=lat,
            )
        )
        for back in range(1, 49):
            at = until - back * HOUR
            busy = rules.usual_share(at.astimezone(zone).hour)
            observations.append(
                Observation(
                    series=key,
                    at=at,
                    until=at + HOUR,
                    result=round(busy * (60 + 20 * number)),
                    origin=Origin.SIMULATED,
                )
            )
        last_on = (until - HOUR).astimezone(zone).date()
        records.append(
            Record(
                kind=COUNTER.name,
                id=counter,
                from_at=datetime.combine(last_on, time(0), tzinfo=UTC),
                fields={
                    "name": name,
                    "reference": counter,
                    "counts": COUNTED["cycle"],
                    "lanes": 1,
                    "lane_series": key,
                    "last_on": last_on.isoformat(),
                },
                geometry={"type": "Point", "coordinates": [lon, lat]},
                origin=Origin.SIMULATED,
            )
        )
    return Batch(
        records=tuple(records),
        series=tuple(series),
        observations=tuple(observations),
        as_of=until,
    )


FEED = Feed(
    name="travel.counters",
    title="Cycle and footfall counts",
    summary="How many people cycled or walked by a counter in each hour.",
    publisher="Leeds City Council, Data Mill North",
    documentation="https://datamillnorth.org/",
    licence="OGL-UK-3.0",
    attribution="Contains Leeds City Council data, Open Government Licence v3.0.",
    every=timedelta(days=1),
    stale_after=timedelta(days=45),
    requests=requests,
    reads=("url", "history_days"),
    parse=parse,
    kinds=(COUNTER,),
    simulate=simulate,
)
