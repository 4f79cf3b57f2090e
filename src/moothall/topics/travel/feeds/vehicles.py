"""Buses as they move: the Bus Open Data Service's vehicle positions.

Source:   https://www.gov.uk/guidance/bus-open-data-service (GTFS-RT, all of Great Britain)
Licence:  OGL-UK-3.0
Cadence:  the publisher makes a frame every 10 seconds; we ask every 30.
Params:   the pack's travel.toml, [feeds.vehicles]: url (optional); [[operator]]: code, name;
          city.box. One address serves the nation and needs no key; it answers with a zip archive.

A third of the vehicles a frame lists stopped reporting minutes, days or months ago. They are
counted, but only those heard of within 300 seconds of the frame become records.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import cos, radians, sin

from moothall.kernel.registry import Feed, Params
from moothall.standards import gtfsrt, zipped
from moothall.topics.travel import rules
from moothall.values.observations import (
    Batch,
    Column,
    Issue,
    Kind,
    Observation,
    Origin,
    Record,
    Series,
    series_key,
)
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

GREAT_BRITAIN = "https://data.bus-data.dft.gov.uk/avl/download/gtfsrt"
MAX_FRAME_BYTES = 48 * 1024 * 1024
ISSUES_EACH = 20
"""A frame from a broken source may hold thousands of the same fault: the first few will do."""
SIMULATED_BUSES = 24

IN_FRAME = series_key("travel", "vehicles", "in_frame_1")
LISTED = series_key("travel", "vehicles", "listed_1")
FRESH = series_key("travel", "vehicles", "fresh_1")
ON_TRIP = series_key("travel", "vehicles", "on_trip_1")

VEHICLE = Kind(
    name="travel.vehicle",
    title="Buses now",
    summary=(
        "Buses heard of within five minutes of the newest frame, where they were. Positions are "
        "the vehicles' own; a bus that stops reporting leaves the list."
    ),
    columns=(
        Column(name="name", meaning="The vehicle's id, as its operator states it"),
        Column(name="recorded_at", type="datetime", meaning="When the vehicle was there"),
        Column(name="operator", meaning="National operator code, where the id states it"),
        Column(name="operator_name", meaning="The operator's name, where the pack knows it"),
        Column(name="route_id", meaning="Route, as the timetable data numbers it; empty if none"),
        Column(name="trip_id", meaning="Journey, as the timetable data numbers it"),
        Column(name="stop_id", meaning="The stop it is at or coming to"),
        Column(name="status", meaning="In transit, incoming at or stopped at the stop"),
        Column(name="bearing_deg", type="number", unit="deg", meaning="Clockwise from north"),
        Column(name="speed_m_s", type="number", unit="m/s", meaning="Speed over the ground"),
        Column(name="occupancy", meaning="How full it is, in GTFS-Realtime's words"),
    ),
    geometry="Point",
    keep_versions=timedelta(days=1),
)


def requests(params: Params) -> Iterator[Request]:
    """Ask once for the newest frame."""
    yield Request(url=str(params.get("url", GREAT_BRITAIN)))


def parse(payload: Payload, params: Params) -> Batch:
    """Keep the city's live vehicles, and count the rest.

    Shape:   a GTFS-Realtime FeedMessage, bare or as the only file of a zip archive.
    Units:   degrees, metres a second; counts of vehicles.
    Errors:  ValueError if the whole is neither.
    """
    frame = gtfsrt.read_vehicles(_unpack(payload.body), box=Box(**params["city"]["box"]))
    # A frame that says it comes from the future cannot be the measure of what is fresh.
    reference = payload.fetched_at
    if frame.at is not None and not rules.is_from_the_future(frame.at, now=payload.fetched_at):
        reference = frame.at
    seen = rules.keep_newest(frame.vehicles)
    live = tuple(vehicle for vehicle in seen if rules.is_live(vehicle.at, now=reference))
    names = {row["code"]: row["name"] for row in params.get("operator", ())}
    records = tuple(_record(vehicle, names) for vehicle in live)
    series, observations = _counts(
        in_frame=frame.listed,
        listed=len(frame.vehicles),
        records=records,
        names=names,
        at=reference,
    )
    return Batch(
        records=records,
        series=series,
        observations=observations,
        issues=tuple(_issues(seen, frame, reference)),
        as_of=reference,
        complete=frozenset({VEHICLE.name}),
    )


def _unpack(body: bytes) -> bytes:
    if not zipped.is_zip(body):
        return body
    archive = zipped.Archive(body, max_bytes=MAX_FRAME_BYTES)
    for name in archive.names():
        return archive.read(name)
    raise ValueError("the archive holds no file")


def _record(vehicle: gtfsrt.Vehicle, names: dict[str, str]) -> Record:
    """State one live vehicle; it has a time, or it would not be live."""
    if vehicle.at is None:
        raise ValueError("a live vehicle has a time")
    operator = rules.read_operator(vehicle.vehicle_id)
    return Record(
        kind=VEHICLE.name,
        id=vehicle.vehicle_id or vehicle.entity_id,
        from_at=vehicle.at,
        fields={
            "name": vehicle.vehicle_id or vehicle.entity_id,
            "recorded_at": vehicle.at.isoformat(),
            "operator": operator or None,
            "operator_name": names.get(operator),
            "route_id": vehicle.route_id or None,
            "trip_id": vehicle.trip_id or None,
            "stop_id": vehicle.stop_id or None,
            "status": vehicle.status or None,
            "bearing_deg": vehicle.bearing_deg,
            "speed_m_s": vehicle.speed_m_s,
            "occupancy": vehicle.occupancy or None,
        },
        geometry={"type": "Point", "coordinates": [vehicle.lon, vehicle.lat]},
    )


def _counts(
    *,
    in_frame: int,
    listed: int,
    records: Sequence[Record],
    names: dict[str, str],
    at: datetime,
    origin: Origin = Origin.LIVE,
) -> tuple[tuple[Series, ...], tuple[Observation, ...]]:
    """Count the city's vehicles, and each operator's that the pack names."""
    counted = {
        IN_FRAME: ("Buses the whole frame lists, wherever they are", "", in_frame),
        LISTED: ("Buses the frame lists in the city's box, fresh or not", "", listed),
        FRESH: ("Buses heard of within five minutes of the frame", "", len(records)),
        ON_TRIP: (
            "Of the fresh buses, those that say which journey they are on",
            "",
            sum(1 for record in records if record.fields["trip_id"]),
        ),
    }
    for code, name in names.items():
        fresh = sum(1 for record in records if record.fields["operator"] == code)
        counted[series_key("travel", f"operator {code}", "fresh_1")] = (
            f"Buses of {name} heard of within five minutes of the frame",
            code,
            fresh,
        )
    series = tuple(
        Series(
            key=key,
            title=title,
            unit="1",
            observed_property="vehicles",
            thing=names.get(code, "Buses in the city"),
            thing_id=code,
            procedure="count of vehicles in one GTFS-Realtime frame",
        )
        for key, (title, code, _) in counted.items()
    )
    observations = tuple(
        Observation(series=key, at=at, result=count, origin=origin)
        for key, (_, _, count) in counted.items()
    )
    return series, observations


def _issues(
    seen: Sequence[gtfsrt.Vehicle], frame: gtfsrt.VehicleFrame, reference: datetime
) -> Iterator[Issue]:
    if frame.at is None:
        yield Issue(where="header.timestamp", what="the frame does not say when it was made")
    elif reference != frame.at:
        yield Issue(where="header.timestamp", what="the frame says it was made in the future")
    yield from frame.issues[:ISSUES_EACH]
    if frame.nowhere:
        yield Issue(where="entity", what=f"{frame.nowhere} vehicles without a position, or at 0, 0")
    for what, faulty in (
        ("a time in the future", rules.is_from_the_future),
        ("no time of its position", lambda at, *, now: at is None),
    ):
        found = [vehicle for vehicle in seen if faulty(vehicle.at, now=reference)]
        for vehicle in found[:ISSUES_EACH]:
            yield Issue.of(f"entity {vehicle.entity_id}", what, vehicle)
        if len(found) > ISSUES_EACH:
            yield Issue(where="entity", what=f"{what}: {len(found)} vehicles in all")


def simulate(params: Params, now: datetime) -> Batch:
    """Make up buses that go to and fro along spokes of the city."""
    box = Box(**params["city"]["box"])
    lon, lat = (box.west + box.east) / 2, (box.south + box.north) / 2
    records = []
    for number in range(SIMULATED_BUSES):
        turn = radians(number * 360 / SIMULATED_BUSES)
        # Out and back in 40 minutes, each bus a little after the last.
        phase = (now.timestamp() / 2400 + number / SIMULATED_BUSES) % 1
        out = 2 * phase if phase < 0.5 else 2 - 2 * phase
        recorded_at = now - timedelta(seconds=number * 7 % 120)
        records.append(
            Record(
                kind=VEHICLE.name,
                id=f"simulated-{number + 1}",
                from_at=recorded_at,
                fields={column.name: None for column in VEHICLE.columns}
                | {
                    "name": f"Simulated bus {number + 1}",
                    "recorded_at": recorded_at.isoformat(),
                    "operator_name": "Simulated",
                    "route_id": f"simulated-{number // 2 + 1}",
                    "trip_id": f"simulated-{number + 1}",
                    "bearing_deg": round((90 - number * 360 / SIMULATED_BUSES) % 360, 1),
                },
                geometry={
                    "type": "Point",
                    "coordinates": [
                        round(lon + 0.4 * out * (box.east - box.west) * cos(turn), 6),
                        round(lat + 0.4 * out * (box.north - box.south) * sin(turn), 6),
                    ],
                },
                origin=Origin.SIMULATED,
            )
        )
    series, observations = _counts(
        in_frame=len(records),
        listed=len(records),
        records=records,
        names={},
        at=now,
        origin=Origin.SIMULATED,
    )
    return Batch(
        records=tuple(records),
        series=series,
        observations=observations,
        as_of=now,
        complete=frozenset({VEHICLE.name}),
    )


FEED = Feed(
    name="travel.vehicles",
    title="Bus positions",
    summary="Where buses are, from the operators' own vehicles, and how many are heard of.",
    publisher="Department for Transport, Bus Open Data Service",
    documentation="https://www.gov.uk/guidance/bus-open-data-service",
    licence="OGL-UK-3.0",
    attribution="Contains Bus Open Data Service data, Open Government Licence v3.0.",
    every=timedelta(seconds=30),
    stale_after=timedelta(minutes=5),
    requests=requests,
    reads=("url",),
    parse=parse,
    kinds=(VEHICLE,),
    simulate=simulate,
    keep_raw=timedelta(days=2),
)
