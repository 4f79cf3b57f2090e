"""Bus routes: which line a route id of the live positions is.

Source:   https://www.gov.uk/guidance/bus-open-data-service (GTFS timetables, one a region)
Licence:  OGL-UK-3.0
Cadence:  weekly; a region's archive is tens of megabytes, of which two small tables are read.
Params:   the pack's travel.toml, [feeds.routes]: region ("yorkshire", "east_midlands", ...), or the
          url of any GTFS archive.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from moothall.kernel.registry import Feed, Params
from moothall.standards import gtfs
from moothall.topics.travel.feeds.vehicles import SIMULATED_BUSES
from moothall.values.observations import Batch, Column, Kind, Origin, Record
from moothall.values.requests import Payload, Request

REGION = "https://data.bus-data.dft.gov.uk/timetable/download/gtfs-file/{region}/"

ROUTE = Kind(
    name="travel.route",
    title="Bus routes",
    summary="The lines of the region's timetable: their numbers and who runs them.",
    columns=(
        Column(name="name", meaning="The line's number or name, as on the front of the bus"),
        Column(name="long_name"),
        Column(name="operator_id", meaning="The operator, as the timetable data numbers it"),
        Column(name="operator_name"),
        Column(name="type", type="integer", meaning="GTFS route type: 3 is a bus, 200 a coach"),
    ),
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the archive the pack names, or for the timetable of the region it names."""
    if params.get("url"):
        yield Request(url=str(params["url"]))
    elif params.get("region"):
        yield Request(url=REGION.format(region=params["region"]))


def parse(payload: Payload, params: Params) -> Batch:
    """Keep every route.

    Shape:   a GTFS archive, or its routes.txt alone.
    Errors:  ValueError if it is neither.
    """
    routes, issues = gtfs.read_routes(payload.body)
    records = {
        route.id: Record(
            kind=ROUTE.name,
            id=route.id,
            from_at=payload.fetched_at,
            fields={
                "name": route.short_name or route.long_name or route.id,
                "long_name": route.long_name or None,
                "operator_id": route.agency_id or None,
                "operator_name": route.agency_name or None,
                "type": route.type,
            },
        )
        for route in routes
    }
    return Batch(
        records=tuple(records.values()),
        issues=issues,
        as_of=payload.fetched_at,
        complete=frozenset({ROUTE.name}),
    )


def simulate(params: Params, now: datetime) -> Batch:
    """Make up the routes that simulated buses run on."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Batch(
        records=tuple(
            Record(
                kind=ROUTE.name,
                id=f"simulated-{number}",
                from_at=midnight,
                fields={column.name: None for column in ROUTE.columns}
                | {"name": f"S{number}", "operator_name": "Simulated", "type": 3},
                origin=Origin.SIMULATED,
            )
            for number in range(1, SIMULATED_BUSES // 2 + 1)
        ),
        as_of=midnight,
        complete=frozenset({ROUTE.name}),
    )


FEED = Feed(
    name="travel.routes",
    title="Bus routes",
    summary="The lines of the region's bus timetable.",
    publisher="Department for Transport, Bus Open Data Service",
    documentation="https://www.gov.uk/guidance/bus-open-data-service",
    licence="OGL-UK-3.0",
    attribution="Contains Bus Open Data Service data, Open Government Licence v3.0.",
    every=timedelta(days=7),
    stale_after=timedelta(days=21),
    requests=requests,
    reads=("url", "region"),
    parse=parse,
    kinds=(ROUTE,),
    observes=False,
    simulate=simulate,
    keep_raw=timedelta(days=8),
    max_bytes=256 * 1024 * 1024,
)
