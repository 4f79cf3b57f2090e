"""UK-AIR: daily means at the national monitoring sites.

Source:   https://uk-air.defra.gov.uk/data/data_selector
Cadence:  dropped as files (CSV) when someone exports them: years of history, not the present.
Params:   air.toml: [[site]] id, name, lat, lon, source, daily_column
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from moothall.kernel.registry import Arrival, Feed, Params
from moothall.standards.csvtext import Rows
from moothall.topics.air import rules
from moothall.topics.air.feeds.uk_air import (
    PROPERTIES,
    describe,
    read_concentration,
    read_day,
)
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Observation, Series
from moothall.values.requests import Payload

DAY = timedelta(days=1)
QUANTITIES = {
    "o3": "o3",
    "no2": "no2",
    "so2": "so2",
    "pm10": "pm10",
    "pm2.5": "pm25",
    "no": "no",
    # Nitrogen oxides are not nitrogen dioxide: a series of their own, and no index.
    "nox": "nox",
}


def parse(payload: Payload, params: Params) -> Batch:
    """Read daily means, in either of the two shapes they are published in.

    Shape:   Date,NOx_1,NOx_2,PM10_1,...: a column a pollutant and site, the number being the
             site's `daily_column` in the pack; or U,V,tstamp,SCODE,SFNAME,STYPE,Poll_Value: a row
             a site and day, the pollutant being the request's role. A cell may say "No data".
    Units:   µg/m³, mean of the day [00:00, 24:00) GMT.
    Errors:  ValueError if it is neither; a bad cell becomes an Issue.
    """
    rows = Rows(payload.body)
    header = rows.heading()
    sites = tuple(params.get("site", ()))
    series: dict[str, Series] = {}
    observations: list[Observation] = []
    issues = Issues()
    latest = payload.fetched_at.date()
    if header[:1] == ["Date"]:
        cells = _read_wide(header, rows, sites, series, issues, latest=latest)
    elif {"tstamp", "SCODE", "Poll_Value"} <= set(header):
        cells = _read_long(
            header, rows, sites, series, issues, latest=latest, role=payload.request.role
        )
    else:
        raise ValueError("neither a Date column first nor tstamp, SCODE and Poll_Value")
    for number, row, key, day, text in cells:
        at = datetime.combine(day, time(), tzinfo=UTC)
        try:
            value = read_concentration(text)
        except ValueError as fault:
            issues.note(f"line {number}", fault, row)
            continue
        if value is not None:
            observations.append(Observation(series=key, at=at, until=at + DAY, result=value))
    used = {observation.series for observation in observations}
    return Batch(
        observations=tuple(observations),
        series=tuple(one for one in series.values() if one.key in used),
        issues=(*issues, *rows.issues()),
        as_of=max((one.until for one in observations if one.until), default=None),
    )


_Cell = tuple[int, list[str], str, date, str]


def _read_wide(
    header: Sequence[str],
    rows: Iterable[tuple[int, list[str]]],
    sites: Sequence[Mapping[str, Any]],
    series: dict[str, Series],
    issues: Issues,
    *,
    latest: date,
) -> Iterator[_Cell]:
    by_column = {str(site["daily_column"]): site for site in sites if "daily_column" in site}
    wanted: list[tuple[int, str]] = []
    for place, name in enumerate(header[1:], start=1):
        pollutant, _, number = name.strip().rpartition("_")
        quantity, site = QUANTITIES.get(pollutant.lower()), by_column.get(number)
        if quantity is not None and site is not None:
            described = _describe(site, quantity)
            series[described.key] = described
            wanted.append((place, described.key))
    for number, row in rows:
        if not row:
            continue
        try:
            day = _read_past_day(row[0], latest)
        except ValueError as fault:
            issues.note(f"line {number}", fault, row)
            continue
        for place, key in wanted:
            yield number, row, key, day, row[place] if place < len(row) else ""


def _read_long(
    header: Sequence[str],
    rows: Iterable[tuple[int, list[str]]],
    sites: Sequence[Mapping[str, Any]],
    series: dict[str, Series],
    issues: Issues,
    *,
    latest: date,
    role: str,
) -> Iterator[_Cell]:
    quantity = QUANTITIES.get(role.lower())
    if quantity is None:
        raise ValueError(f"its rows do not name a pollutant, and the role {role!r} is none")
    by_code = {site["id"]: _describe(site, quantity) for site in sites}
    at_day, at_code, at_value = (header.index(name) for name in ("tstamp", "SCODE", "Poll_Value"))
    for number, row in rows:
        if not row:
            continue
        try:
            described = by_code.get(row[at_code])
            if described is None:
                continue
            day, text = _read_past_day(row[at_day], latest), row[at_value]
        except (IndexError, ValueError) as fault:
            issues.note(f"line {number}", fault, row)
            continue
        series[described.key] = described
        yield number, row, described.key, day, text


def _read_past_day(text: str, latest: date) -> date:
    day = read_day(text)
    if day > latest:
        raise ValueError(f"is in the future: {text}")
    return day


def _describe(site: Mapping[str, Any], quantity: str) -> Series:
    return replace(
        describe(site, quantity),
        key=rules.daily_series(site["id"], quantity),
        title=f"{PROPERTIES[quantity]}, daily mean: {site['name']}",
        procedure="mean of the calendar day (GMT); says nothing about its hours",
    )


FEED = Feed(
    name="air.daily",
    title="Air quality, daily means",
    summary="Years of daily means at the national monitoring sites in the city.",
    publisher="Department for Environment, Food & Rural Affairs",
    documentation="https://uk-air.defra.gov.uk/data/data_selector",
    licence="OGL-UK-3.0",
    attribution=(
        "© Crown copyright Defra via uk-air.defra.gov.uk, licensed under the Open Government "
        "Licence"
    ),
    every=DAY,
    stale_after=timedelta(days=400),
    parse=parse,
    arrives=Arrival.DROP,
)
