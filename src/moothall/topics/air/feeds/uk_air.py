"""UK-AIR: hourly means of the Automatic Urban and Rural Network, a file a site and year.

Source:   https://uk-air.defra.gov.uk/data/flat_files
Cadence:  hourly; values are provisional for months and may be corrected.
Params:   air.toml: [[site]] id (UK-AIR's code: LEED), name, kind, lat, lon, measures, source;
          keep_days (8): how far back of a year's file is read; `now`: the run's instant
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from math import cos, pi, sin
from typing import Any
from zlib import crc32

from moothall.kernel.registry import Feed, Params
from moothall.standards.csvtext import Rows
from moothall.topics.air import rules
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import (
    Batch,
    Observation,
    Origin,
    Quality,
    Series,
)
from moothall.values.requests import Payload, Request

FILES = "https://uk-air.defra.gov.uk/datastore/data_files/site_data/"
HOUR = timedelta(hours=1)
QUANTITIES = {
    "ozone": "o3",
    "nitrogen dioxide": "no2",
    "sulphur dioxide": "so2",
    "pm10 particulate matter (hourly measured)": "pm10",
    "pm2.5 particulate matter (hourly measured)": "pm25",
    # Measured, kept, and never taken for nitrogen dioxide.
    "nitric oxide": "no",
    "nitrogen oxides as nitrogen dioxide": "nox",
}
PROPERTIES = {
    "o3": "ozone",
    "no2": "nitrogen dioxide",
    "so2": "sulphur dioxide",
    "pm10": "PM10 particulate matter",
    "pm25": "PM2.5 particulate matter",
    "no": "nitric oxide",
    "nox": "nitrogen oxides as nitrogen dioxide",
}
QUALITIES = {"R": Quality.GOOD, "V": Quality.GOOD, "S": Quality.SUSPECT}
UNITS = ("ugm", "ug/m", "ug m", "µg")
NOTHING = frozenset({"", "no data", "n/a", "-99", "-99.0", "-99.00"})
LONGEST_NOTES = 50
"""Rows of notes before the heading, at the most."""
_TAG = re.compile(r"<[^>]*>")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::[0-9]{2})?")
_GAP = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Column:
    """Where one series stands in the file."""

    place: int
    status: int | None
    unit: int | None
    series: str


def requests(params: Params) -> Iterator[Request]:
    """Ask for each site's file of this year; in its first days, of the last year too."""
    now: datetime | None = params.get("now")
    if now is None:
        return
    years = {now.year, (now - timedelta(days=params.get("keep_days", 8))).year}
    for site in params.get("site", ()):
        for year in sorted(years):
            yield Request(url=f"{FILES}{site['id']}_{year}.csv?v=1", role=site["id"])


def parse(payload: Payload, params: Params) -> Batch:
    """Read the newest days of a file for this city's sites.

    Shape:   some lines of notes, a line naming the site (or several, over their columns), then
             Date,time,<pollutant>,status[,unit],... Hours are GMT and end at the stated time,
             "24:00" being midnight. A cell may be empty or say "No data".
    Units:   µg/m³; an observation covers the hour before the stated time.
    Errors:  ValueError if there is no such header; a bad cell becomes an Issue.
    Leaves:  rows older than keep_days, columns the index has no use for.
    """
    rows = Rows(payload.body)
    names, header = find_header(rows)
    columns, series = _read_header(header, names, payload.request.role, params)
    since = (payload.fetched_at - timedelta(days=params.get("keep_days", 8))).date()
    observations: list[Observation] = []
    issues = Issues()
    for number, row in rows:
        if len(row) < 3 or row[0].strip().lower() in {"", "end"}:
            continue
        try:
            day = read_day(row[0])
            if day < since:
                continue
            start = _read_hour_start(day, row[1])
            if start > payload.fetched_at:
                raise ValueError(f"is in the future: {row[0]} {row[1]}")
        except (OverflowError, ValueError) as fault:
            issues.note(f"line {number}", fault, row)
            continue
        for column in columns:
            try:
                found = _read_cell(row, column, start)
            except (OverflowError, ValueError) as fault:
                issues.note(f"line {number}", fault, row)
                continue
            if found is not None:
                observations.append(found)
    used = {observation.series for observation in observations}
    return Batch(
        observations=tuple(observations),
        series=tuple(one for one in series if one.key in used),
        issues=(*issues, *rows.issues()),
        as_of=max((one.until for one in observations if one.until), default=None),
    )


def find_header(rows: Iterable[tuple[int, list[str]]]) -> tuple[list[str], list[str]]:
    """Read on to the row that starts Date, time; return the row before it, and it.

    Errors:  ValueError if there is none.
    """
    before: list[str] = []
    for _, row in islice(rows, LONGEST_NOTES):
        if [cell.strip().lower() for cell in row[:2]] == ["date", "time"]:
            return before, row
        before = row
    raise ValueError("no row that starts Date,time: not a UK-AIR file")


def read_day(text: str) -> date:
    """Read a day as UK-AIR writes it: 31-12-2025, 31/12/2025 or 2025-12-31; errors: ValueError."""
    parts = text.strip().replace("/", "-").split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise ValueError(f"not a day: {text!r:.60}")
    first, second, third = parts
    if len(first) == 4:
        return date(int(first), int(second), int(third))
    return date(int(third), int(second), int(first))


def _read_hour_start(day: date, clock: str) -> datetime:
    """Read the time an hour ends, GMT, as the instant it begins."""
    told = _CLOCK.fullmatch(clock.strip())
    ends = timedelta(hours=int(told[1]), minutes=int(told[2])) if told else timedelta(days=2)
    if ends > timedelta(days=1):
        raise ValueError(f"not a time of day: {clock!r:.60}")
    return datetime.combine(day, time(), tzinfo=UTC) + ends - HOUR


def _read_header(
    header: Sequence[str], names: Sequence[str], role: str, params: Params
) -> tuple[list[_Column], list[Series]]:
    sites = {site["id"]: site for site in params.get("site", ())}
    by_name = {site["name"].casefold(): site for site in sites.values()}
    spread = any(name.strip() for name in names[1:])
    site = sites.get(role) or by_name.get(names[0].strip().casefold() if names else "")
    columns: list[_Column] = []
    series: list[Series] = []
    for place, cell in enumerate(header[2:], start=2):
        if spread and place < len(names) and names[place].strip():
            site = by_name.get(names[place].strip().casefold())
        quantity = QUANTITIES.get(_GAP.sub(" ", _TAG.sub("", cell)).strip().lower())
        if quantity is None or site is None:
            continue
        after = [one.strip().lower() for one in header[place + 1 : place + 3]]
        described = describe(site, quantity)
        series.append(described)
        columns.append(
            _Column(
                place=place,
                status=place + 1 if after[:1] == ["status"] else None,
                unit=place + 2 if after[1:] in (["unit"], ["units"]) else None,
                series=described.key,
            )
        )
    return columns, series


def describe(site: Mapping[str, Any], quantity: str) -> Series:
    """Describe a site's hourly means of one pollutant."""
    return Series(
        key=rules.hourly_series(site["id"], quantity),
        title=f"{PROPERTIES[quantity]}: {site['name']}",
        unit="ug/m3",
        observed_property=PROPERTIES[quantity],
        thing=site["name"],
        thing_id=site["id"],
        procedure="hourly mean, Automatic Urban and Rural Network",
        lon=site["lon"],
        lat=site["lat"],
        source_url=site["source"],
    )


def read_concentration(text: str) -> float | None:
    """Read a concentration; None where the source says there is none; errors: ValueError."""
    # Of a year's file half the cells are these two.
    if not text or text == "No data":
        return None
    text = text.strip()
    if text.lower() in NOTHING:
        return None
    return read_number(text, least=rules.LEAST_UG_M3, most=rules.MOST_UG_M3, unit="µg/m³")


def _read_cell(row: Sequence[str], column: _Column, start: datetime) -> Observation | None:
    width = len(row)
    value = read_concentration(row[column.place]) if column.place < width else None
    if value is None:
        return None
    status, unit = "", ""
    if column.status is not None and column.status < width:
        # Either "P" beside a column of units, or both in one: "P ugm-3 (FIDAS)".
        status, _, unit = row[column.status].strip().partition(" ")
    if column.unit is not None and column.unit < width:
        unit = row[column.unit].strip()
    if unit and not unit.startswith(UNITS):
        raise ValueError(f"{column.series}: unit is {unit!r}, not ugm-3")
    return Observation(
        series=column.series,
        at=start,
        until=start + HOUR,
        result=value,
        quality=QUALITIES.get(status, Quality.UNCHECKED),
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: ordinary air, thicker at the rush hours, ozone by day.

    Every value follows from its own hour, so the same hours simulated twice are the same.
    """
    newest = now.replace(minute=0, second=0, microsecond=0) - HOUR
    observations: list[Observation] = []
    series: list[Series] = []
    for site in params.get("site", ()):
        for quantity in site["measures"]:
            described = describe(site, quantity)
            series.append(described)
            for step in range(29, -1, -1):
                start = newest - HOUR * step
                value = _imagine(quantity, site["kind"], described.key, start)
                observations.append(
                    Observation(
                        series=described.key,
                        at=start,
                        until=start + HOUR,
                        result=value,
                        origin=Origin.SIMULATED,
                    )
                )
    return Batch(observations=tuple(observations), series=tuple(series), as_of=newest + HOUR)


def _imagine(quantity: str, kind: str, key: str, start: datetime) -> float:
    hour = start.hour + start.minute / 60
    rush = max(0.0, cos((hour - 8) * pi / 5)) * (5 < hour < 11) + max(
        0.0, cos((hour - 17.5) * pi / 6)
    ) * (14 < hour < 21)
    daylight = max(0.0, sin((hour - 6) * pi / 14)) * (6 < hour < 20)
    traffic = 1.6 if "Traffic" in kind else 1.0
    drift = 1 + 0.25 * sin(crc32(key.encode()) % 628 / 100 + start.timestamp() / 90_000)
    level = {
        "o3": 38 + 34 * daylight - 10 * rush,
        "no2": (14 + 26 * rush) * traffic,
        "so2": 1.5 + rush,
        "pm25": 6 + 4 * rush,
        "pm10": (11 + 7 * rush) * traffic,
        "no": 9 * rush * traffic,
        "nox": (17 + 38 * rush) * traffic,
    }[quantity]
    return round(max(0.0, level * drift), 1)


FEED = Feed(
    name="air.uk_air",
    title="Air quality, hourly",
    summary="Hourly means at the national monitoring sites in the city.",
    publisher="Department for Environment, Food & Rural Affairs",
    documentation="https://uk-air.defra.gov.uk/data/flat_files",
    licence="OGL-UK-3.0",
    attribution=(
        "© Crown copyright Defra via uk-air.defra.gov.uk, licensed under the Open Government "
        "Licence"
    ),
    every=HOUR,
    stale_after=rules.STALE_AFTER,
    parse=parse,
    requests=requests,
    reads=("keep_days",),
    simulate=simulate,
)
