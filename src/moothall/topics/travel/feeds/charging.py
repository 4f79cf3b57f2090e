"""Charge points for electric vehicles: a copy of the National Chargepoint Registry.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
Licence:  OGL-UK-3.0
Cadence:  none. The registry closed in November 2024, so nothing is asked for unless the pack
          gives the address of a copy; each point says when its owner last touched it.
Params:   the pack's travel.toml, [feeds.charging]: url (optional); city.box.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from moothall.kernel.registry import Feed, Params
from moothall.standards import ncr
from moothall.topics.travel import rules
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Column, Kind, Origin, Record, Severity
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

REGISTRY_BEGAN = datetime(2011, 1, 1, tzinfo=UTC)
SIMULATED_POINTS = 30

CHARGE_POINT = Kind(
    name="travel.charge_point",
    title="Charge points",
    summary=(
        "Devices that charge electric vehicles, as their owners told the National Chargepoint "
        "Registry, which closed in November 2024. Each says when its owner last updated it."
    ),
    columns=(
        Column(name="name", meaning="The site's name"),
        Column(name="reference", meaning="The owner's reference"),
        Column(name="operator", meaning="Who controls the device, else who owns it"),
        Column(name="network", meaning="Networks it can be used with"),
        Column(name="street"),
        Column(name="postcode"),
        Column(name="location_type", meaning="On-street, public car park, ..."),
        Column(name="status", meaning="in service, out of service, planned or unknown"),
        Column(name="connectors", type="integer", unit="1", meaning="Sockets and cables"),
        Column(name="connectors_in_service", type="integer", unit="1"),
        Column(name="connector_types", meaning="Kinds of connector, each once"),
        Column(name="max_kw", type="number", unit="kW", meaning="Most powerful connector"),
        Column(name="rapid", type="boolean", meaning="Whether it gives 50 kW or more"),
        Column(name="access", meaning="public, customers or restricted; empty if not said"),
        Column(name="access_details", meaning="In the owner's words"),
        Column(name="open_24_hours", type="boolean"),
        Column(name="payment_required", type="boolean"),
        Column(name="subscription_required", type="boolean"),
        Column(name="updated_at", type="datetime", meaning="When its owner last updated it"),
    ),
    geometry="Point",
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the copy the pack names, if it names one."""
    if params.get("url"):
        yield Request(url=str(params["url"]))


def parse(payload: Payload, params: Params) -> Batch:
    """Keep the published devices in the city's box.

    Shape:   GeoJSON, nested JSON or CSV, as `standards.ncr` reads them.
    Units:   kilowatts.
    Errors:  ValueError if the whole is none of them.
    """
    devices, faults = ncr.read_devices(payload.body, box=Box(**params["city"]["box"]))
    issues = Issues(faults)
    records: dict[str, Record] = {}
    for device in devices:
        id, lon, lat, updated_at = device.id, device.lon, device.lat, device.updated_at
        if lon is None or lat is None:
            issues.note(where=f"device {id}", what="it has no position")
            continue
        if not device.published:
            continue
        if updated_at is None or updated_at > payload.fetched_at:
            updated_at = None
            issues.note(
                where=f"device {id}",
                what="it does not say when it was updated, or says it will be",
                severity=Severity.INFO,
            )
        known = records.get(id)
        if known is not None:
            issues.note(where=f"device {id}", what="it is listed twice")
            if (updated_at or REGISTRY_BEGAN) <= known.from_at:
                continue
        records[id] = _record(device, updated_at)
    return Batch(
        records=tuple(records.values()),
        issues=tuple(issues),
        as_of=max((record.from_at for record in records.values()), default=None),
        complete=frozenset({CHARGE_POINT.name}),
    )


def _record(device: ncr.Device, updated_at: datetime | None) -> Record:
    # Taken apart at once: by their names its parts take as long as all the rest.
    (
        id, name, lon, lat, reference, street, _, postcode, owner, controller, networks, status, _,
        location_type, all_hours, payment, subscription, restricted, restrictions, _, connectors,
    ) = device  # fmt: skip
    count, in_service, types, max_kw = _sum_up(connectors)
    return Record(
        kind=CHARGE_POINT.name,
        id=id,
        # Without a date of its own a device is as old as anything the registry could hold.
        from_at=updated_at or REGISTRY_BEGAN,
        fields={
            "name": name or reference or id,
            "reference": reference or None,
            "operator": controller or owner or None,
            "network": networks or None,
            "street": street or None,
            "postcode": postcode or None,
            "location_type": location_type or None,
            "status": status or "unknown",
            "connectors": count,
            "connectors_in_service": in_service,
            "connector_types": types,
            "max_kw": max_kw,
            "rapid": rules.is_rapid(max_kw),
            "access": rules.describe_access(restricted=restricted, location_type=location_type),
            "access_details": restrictions or None,
            "open_24_hours": all_hours,
            "payment_required": payment,
            "subscription_required": subscription,
            "updated_at": updated_at.isoformat() if updated_at else None,
        },
        geometry={"type": "Point", "coordinates": [lon, lat]},
    )


@lru_cache(maxsize=4096)
def _sum_up(
    connectors: tuple[ncr.Connector, ...],
) -> tuple[int | None, int | None, str | None, float | None]:
    """Count connectors and those in service, name their kinds and the most power of any."""
    if not connectors:
        return None, None, None, None
    in_service = sum(one.status == "in service" for one in connectors)
    types = "; ".join(dict.fromkeys(one.type for one in connectors if one.type))
    powers = [one.kw for one in connectors if one.kw is not None]
    return len(connectors), in_service, types or None, max(powers, default=None)


def simulate(params: Params, now: datetime) -> Batch:
    """Make up charge points spread over the city; the same ones every time."""
    box = Box(**params["city"]["box"])
    luck = Random(str(params["city"]["box"]))  # noqa: S311 - a stand-in, not a secret
    updated_at = datetime(2024, 1, 1, tzinfo=UTC)
    records = []
    for number in range(1, SIMULATED_POINTS + 1):
        max_kw = luck.choice((7.0, 7.0, 7.0, 22.0, 50.0))
        records.append(
            Record(
                kind=CHARGE_POINT.name,
                id=f"simulated-{number}",
                from_at=updated_at,
                fields={column.name: None for column in CHARGE_POINT.columns}
                | {
                    "name": f"Simulated charge point {number}",
                    "operator": "Simulated",
                    "status": "in service",
                    "connectors": 2,
                    "connectors_in_service": 2,
                    "max_kw": max_kw,
                    "rapid": rules.is_rapid(max_kw),
                    "updated_at": updated_at.isoformat(),
                },
                geometry={
                    "type": "Point",
                    "coordinates": [
                        round(luck.uniform(box.west, box.east), 5),
                        round(luck.uniform(box.south, box.north), 5),
                    ],
                },
                origin=Origin.SIMULATED,
            )
        )
    return Batch(records=tuple(records), as_of=updated_at, complete=frozenset({CHARGE_POINT.name}))


FEED = Feed(
    name="travel.charging",
    title="Charge points",
    summary="Where electric vehicles can be charged, from the registry that closed in 2024.",
    publisher="Office for Zero Emission Vehicles, National Chargepoint Registry",
    documentation=(
        "https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints"
    ),
    licence="OGL-UK-3.0",
    attribution="Contains National Chargepoint Registry data, Open Government Licence v3.0.",
    every=timedelta(days=1),
    stale_after=timedelta(days=365),
    requests=requests,
    reads=("url",),
    parse=parse,
    kinds=(CHARGE_POINT,),
    observes=False,
    simulate=simulate,
    max_bytes=128 * 1024 * 1024,
)
