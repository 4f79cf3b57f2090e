"""Car parks as DATEX II: what they are, and how full.

Source:   https://docs.datex2.eu/ (whichever publisher the pack names)
Licence:  the publisher's; the pack says which, in [feeds.datex] licence.
Cadence:  every 5 minutes.
Params:   the pack's parking.toml, [feeds.datex]: url (reports), static_url (optional: what the
          car parks are), time_zone (optional, for times without an offset);
          [[car_park]]: id, name, code (the publisher's id), lon, lat, capacity.
"""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from moothall.kernel.registry import Feed, Params
from moothall.standards import datex
from moothall.topics.parking import rules
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Issue, Observation, Record, Series, Severity
from moothall.values.requests import Payload, Request


def requests(params: Params) -> Iterator[Request]:
    """Ask for what the car parks are, where the publisher says that apart, and how they are."""
    for role, key in (("static", "static_url"), ("status", "url")):
        if params.get(key):
            yield Request(url=str(params[key]), role=role)


def parse(payload: Payload, params: Params) -> Batch:
    """Read one message; which kind it is shows in the message, not in what was asked.

    Shape:   DATEX II of version 1 (situations) or 2 (facilities, and reports on them).
    Units:   places.
    Errors:  ValueError if the whole is no such message.
    """
    zone = ZoneInfo(str(params.get("time_zone") or params["city"]["time_zone"]))
    told = datex.read_publication(payload.body, zone=zone)
    places = {row.get("code", row["id"]): row for row in params.get("car_park", ())}
    said_at = told.at if told.at is not None and told.at <= payload.fetched_at else None
    issues = Issues(told.issues)
    records: dict[str, Record] = {}
    series: list[Series] = []
    observations: dict[tuple[str, object], Observation] = {}
    for facility in told.facilities:
        place = places.get(facility.id, {})
        name = str(place.get("name") or facility.name or facility.id)
        lon = facility.lon if facility.lon is not None else place.get("lon")
        lat = facility.lat if facility.lat is not None else place.get("lat")
        car_park = str(place.get("id") or facility.id)
        try:
            declared = rules.declare_series(car_park, name=name, lon=lon, lat=lat)
        except ValueError as fault:
            issues.note(where=f"car park {facility.id}", what=str(fault))
            continue
        if facility.describes:
            records[car_park] = rules.state_car_park(
                car_park,
                name=name,
                # A situation's time is of its counts: what the car park is held before.
                from_at=(facility.at if not facility.reports else None)
                or said_at
                or payload.fetched_at,
                capacity=facility.capacity or place.get("capacity"),
                operator=facility.owner or str(place.get("operator", "")),
                lon=lon,
                lat=lat,
            )
        if not facility.reports:
            continue
        if facility.at is None or facility.at > payload.fetched_at:
            issues.note(where=f"car park {facility.id}", what="a report without a time that can be")
            continue
        reading = rules.assess_occupancy(
            capacity=facility.capacity or place.get("capacity"),
            occupied=facility.occupied,
            vacant=facility.vacant,
            words=facility.statuses,
            local_hour=facility.at.astimezone(zone).hour,
        )
        issues.extend(
            Issue.of(
                f"car park {facility.id}",
                doubt.value,
                f"occupied {facility.occupied}, free {facility.vacant}, "
                f"capacity {facility.capacity}, {' '.join(facility.statuses)}",
            )
            for doubt in reading.doubts
        )
        if said_at is not None and said_at - facility.at > rules.STALE_AFTER:
            issues.note(
                where=f"car park {facility.id}",
                what=f"its report is of {facility.at:%Y-%m-%d %H:%M}, long before the message",
                severity=Severity.INFO,
            )
        series.extend(declared)
        for item in rules.observe(car_park, reading, at=facility.at):
            observations[item.series, item.at] = item
    return Batch(
        records=tuple(records.values()),
        series=tuple({line.key: line for line in series}.values()),
        observations=tuple(observations.values()),
        issues=tuple(issues),
        as_of=said_at,
        complete=frozenset({rules.CAR_PARK.name} if records else ()),
    )


FEED = Feed(
    name="parking.datex",
    title="Car parks (DATEX II)",
    summary="How full car parks are, from a traffic control centre that publishes DATEX II.",
    publisher="The city's traffic control centre",
    documentation="https://docs.datex2.eu/",
    licence="OGL-UK-3.0",
    attribution="Car park data by the city's traffic control centre.",
    every=timedelta(minutes=5),
    stale_after=rules.STALE_AFTER,
    requests=requests,
    reads=("url", "static_url", "time_zone"),
    parse=parse,
    kinds=(rules.CAR_PARK,),
)
