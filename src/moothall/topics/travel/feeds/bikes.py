"""Hire bikes: stations, how many bikes stand at each, and those that stand free.

Source:   GBFS 2 or 3, https://gbfs.org/; the pack names the system.
Licence:  the system's own, in its system_information file.
Cadence:  every minute; the discovery file is read each time, and leads to the others.
Params:   the pack's travel.toml, [feeds.bikes]: url (of gbfs.json), language; city.box.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import cos, pi, sin
from urllib.parse import urlsplit

from moothall.kernel.registry import Feed, Params
from moothall.standards import gbfs
from moothall.topics.travel import rules
from moothall.values.issues import Issues
from moothall.values.observations import (
    Batch,
    Column,
    Kind,
    Observation,
    Origin,
    Record,
    Series,
    series_key,
)
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

WANTED = frozenset({"station_information", "station_status", "free_bike_status", "vehicle_status"})
"""Of a system's files: not its prices, nor the zones where riding is forbidden."""
SIMULATED_STATIONS = 12

LISTED = series_key("travel", "hire bikes", "listed_1")
AVAILABLE = series_key("travel", "hire bikes", "available_1")

STATION = Kind(
    name="travel.bike_station",
    title="Hire bike stations",
    summary="Where hire bikes may be taken and left.",
    columns=(
        Column(name="name"),
        Column(name="address"),
        Column(name="capacity", type="integer", unit="1", meaning="Docks, or bikes it may hold"),
        Column(name="virtual", type="boolean", meaning="A marked place without docks"),
    ),
    geometry="Point",
)
BIKE = Kind(
    name="travel.hire_bike",
    title="Hire bikes now",
    summary="Hire bikes and scooters that stand free. A bike's id changes after every trip.",
    columns=(
        Column(name="name", meaning="The id the bike has until it is next ridden"),
        Column(name="vehicle_type"),
        Column(name="station_id"),
        Column(name="reserved", type="boolean"),
        Column(name="disabled", type="boolean"),
        Column(name="range_m", type="number", unit="m"),
    ),
    geometry="Point",
    # Where one bike stood over months would be where its riders live.
    keep_versions=timedelta(days=1),
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the discovery file of the system the pack names."""
    if params.get("url"):
        yield Request(url=str(params["url"]), role=gbfs.Part.DISCOVERY.value)


def parse(payload: Payload, params: Params) -> Batch:
    """Read one of a system's files; the discovery file leads to the others.

    Shape:   JSON, as `standards.gbfs` reads it; what a file is shows in it.
    Units:   counts; metres.
    Errors:  ValueError if it is no such file.
    """
    told = gbfs.read_body(payload.body, language=str(params.get("language", "en")))
    box = Box(**params["city"]["box"])
    at = told.updated_at
    issues = Issues(told.issues)
    if at is None or at - payload.fetched_at > rules.CLOCKS_DIFFER:
        issues.note(where="last_updated", what="no time, or one in the future")
        at = payload.fetched_at
    if told.part is gbfs.Part.DISCOVERY:
        return _discovered(told, issues)
    if told.part is gbfs.Part.STATIONS:
        return Batch(
            records=tuple(
                _station(one, at) for one in told.stations if box.holds(lon=one.lon, lat=one.lat)
            ),
            issues=tuple(issues),
            as_of=at,
            complete=frozenset({STATION.name}),
        )
    if told.part is gbfs.Part.STATION_STATUS:
        return _statuses(told, at, issues)
    if told.part is gbfs.Part.VEHICLES:
        return _bikes(told, at, box, issues)
    return Batch(issues=tuple(issues), as_of=at)


def _discovered(told: gbfs.Body, issues: Issues) -> Batch:
    follow = {}
    for name, address in told.addresses:
        if name not in WANTED:
            continue
        if urlsplit(address).scheme not in ("http", "https"):
            issues.note(f"feeds {name}", "not a web address", address)
            continue
        follow[name] = Request(url=address, role=name)
    return Batch(follow=tuple(follow.values()), issues=tuple(issues), as_of=told.updated_at)


def _station(one: gbfs.Station, at: datetime, origin: Origin = Origin.LIVE) -> Record:
    return Record(
        kind=STATION.name,
        id=one.id,
        from_at=at,
        fields={
            "name": one.name,
            "address": one.address or None,
            "capacity": one.capacity,
            "virtual": one.virtual,
        },
        geometry={"type": "Point", "coordinates": [one.lon, one.lat]},
        origin=origin,
    )


def _statuses(told: gbfs.Body, at: datetime, issues: Issues, origin: Origin = Origin.LIVE) -> Batch:
    series: list[Series] = []
    observations: dict[tuple[str, datetime], Observation] = {}
    for one in told.statuses:
        where = f"station {one.id}"
        said_at = one.at or at
        if said_at - at > rules.CLOCKS_DIFFER:
            issues.note(where=where, what="reported in the future")
            continue
        for key, title, unit, result in (
            (rules.bikes_series(one.id), "bikes to take", "1", one.vehicles),
            (rules.docks_series(one.id), "docks to leave one in", "1", one.docks),
            (
                rules.station_state_series(one.id),
                "state",
                "",
                rules.describe_station(
                    installed=one.installed, renting=one.renting, returning=one.returning
                ),
            ),
        ):
            if result is None:
                continue
            series.append(
                Series(
                    key=key,
                    title=f"Station {one.id}: {title}",
                    unit=unit,
                    observed_property=title,
                    thing=f"Hire bike station {one.id}",
                    thing_id=one.id,
                    procedure="as the hire system reports it",
                )
            )
            observations[key, said_at] = Observation(
                series=key, at=said_at, result=result, origin=origin
            )
    return Batch(
        series=tuple({line.key: line for line in series}.values()),
        observations=tuple(observations.values()),
        issues=tuple(issues),
        as_of=at,
    )


def _bikes(told: gbfs.Body, at: datetime, box: Box, issues: Issues) -> Batch:
    records = {}
    for one in told.vehicles:
        if one.lon is None or one.lat is None:
            # A bike in a dock may leave its position to its station.
            continue
        if box.holds(lon=one.lon, lat=one.lat):
            records[one.id] = Record(
                kind=BIKE.name,
                id=one.id,
                from_at=at,
                fields={
                    "name": one.id,
                    "vehicle_type": one.type_id or None,
                    "station_id": one.station_id or None,
                    "reserved": one.reserved,
                    "disabled": one.disabled,
                    "range_m": one.range_m,
                },
                geometry={"type": "Point", "coordinates": [one.lon, one.lat]},
            )
    ready = sum(
        not (record.fields["reserved"] or record.fields["disabled"]) for record in records.values()
    )
    counted = (
        (LISTED, "Hire bikes standing free in the city's box", len(records)),
        (AVAILABLE, "Hire bikes standing free that may be taken", ready),
    )
    return Batch(
        records=tuple(records.values()),
        series=tuple(
            Series(
                key=key,
                title=title,
                unit="1",
                observed_property="vehicles",
                thing="Hire bikes in the city",
                procedure="count of vehicles in one GBFS file",
            )
            for key, title, _ in counted
        ),
        observations=tuple(
            Observation(series=key, at=at, result=count) for key, _, count in counted
        ),
        issues=tuple(issues),
        as_of=at,
        complete=frozenset({BIKE.name}),
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Make up stations in a ring, fuller by night than by day."""
    box = Box(**params["city"]["box"])
    lon, lat = (box.west + box.east) / 2, (box.south + box.north) / 2
    at = now.replace(second=0, microsecond=0)
    midnight = at.replace(hour=0, minute=0)
    stations, statuses = [], []
    for number in range(1, SIMULATED_STATIONS + 1):
        turn = 2 * pi * number / SIMULATED_STATIONS
        name = f"simulated-{number}"
        stations.append(
            gbfs.Station(
                id=name,
                name=f"Simulated station {number}",
                lon=round(lon + 0.12 * (box.east - box.west) * cos(turn), 5),
                lat=round(lat + 0.12 * (box.north - box.south) * sin(turn), 5),
                address="",
                capacity=16,
                virtual=False,
            )
        )
        day = (1 - cos(2 * pi * (at.hour * 60 + at.minute) / 1440)) / 2
        bikes = round(8 + 6 * cos(turn + 3 * day))
        statuses.append(
            gbfs.StationStatus(
                id=name,
                vehicles=bikes,
                docks=16 - bikes,
                installed=True,
                renting=True,
                returning=True,
                at=at,
            )
        )
    told = gbfs.Body(
        part=gbfs.Part.STATION_STATUS, version="", updated_at=at, statuses=tuple(statuses)
    )
    reported = _statuses(told, at, Issues(), Origin.SIMULATED)
    return Batch(
        records=tuple(_station(one, midnight, Origin.SIMULATED) for one in stations),
        series=reported.series,
        observations=reported.observations,
        as_of=at,
        complete=frozenset({STATION.name}),
    )


FEED = Feed(
    name="travel.bikes",
    title="Hire bikes",
    summary="Hire bike stations, the bikes at each, and bikes that stand free.",
    publisher="The city's hire bike system",
    documentation="https://gbfs.org/documentation/",
    licence="LicenseRef-GBFS-system-information",
    attribution="Hire bike data by the city's hire system, as GBFS.",
    every=timedelta(minutes=1),
    stale_after=timedelta(minutes=15),
    requests=requests,
    reads=("url", "language"),
    parse=parse,
    kinds=(STATION, BIKE),
    simulate=simulate,
    keep_raw=timedelta(days=2),
)
