"""The United Kingdom's National Chargepoint Registry, in the three shapes it was published in.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
          The registry closed in November 2024: copies of it are read, none is newer.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from moothall.values.places import Box
from moothall.values.times import parse_instant

ZONE = ZoneInfo("Europe/London")
NOTHING = frozenset({"", "na", "NA", "n/a", "N/A", "none", "None", "null", "NULL"})
MOST_CONNECTORS = 8
"""The flat shapes have columns for eight connectors."""
_FLAGS = dict.fromkeys(("1", "true", "True", "yes", "Yes"), True) | dict.fromkeys(
    ("0", "false", "False", "no", "No"), False
)
_TEXTS = (
    "chargedeviceid",
    "datedeleted",
    "name",
    "reference",
    "buildingnumber",
    "street",
    "town",
    "postcode",
    "deviceownername",
    "devicecontrollername",
    "devicenetworks",
    "chargedevicestatus",
    "publishstatus",
    "locationtype",
    "access24hours",
    "paymentrequired",
    "subscriptionrequired",
    "accessrestrictionflag",
    "accessrestrictiondetails",
    "dateupdated",
)
_CONNECTORS = tuple(
    tuple(f"connector{number}{part}" for part in ("id", "type", "ratedoutputkw", "status"))
    for number in range(1, MOST_CONNECTORS + 1)
)

# The nested JSON's names for what the flat shapes call otherwise.
_RENAMED = {
    "chargedeviceref": "reference",
    "chargedevicename": "name",
    "posttown": "town",
    "paymentrequiredflag": "paymentrequired",
    "subscriptionrequiredflag": "subscriptionrequired",
    "accessible24hours": "access24hours",
}
_RENAMED_OF_CONNECTOR = {
    "connectorid": "id",
    "connectortype": "type",
    "chargepointstatus": "status",
}


class Connector(NamedTuple):
    """One socket or cable of a device."""

    type: str
    kw: float | None
    status: str


class Device(NamedTuple):
    """One charging device. What the registry left out is None or ""."""

    id: str
    name: str
    lon: float | None
    lat: float | None
    reference: str
    street: str
    town: str
    postcode: str
    owner: str
    controller: str
    networks: str
    status: str
    published: bool
    location_type: str
    open_24_hours: bool | None
    payment_required: bool | None
    subscription_required: bool | None
    restricted: bool | None
    restrictions: str
    updated_at: datetime | None
    connectors: tuple[Connector, ...]


def read_devices(
    body: bytes, *, box: Box
) -> tuple[tuple[Device, ...], tuple[tuple[str, str, str], ...]]:
    """Read the registry: the devices in a box or without a position, and what is no device.

    Shape:   (devices, faults), a fault being (where, what, item). GeoJSON features, the registry's
             nested JSON or its CSV, told apart by their bytes.
    Errors:  ValueError if the whole is none of the three.
    """
    text = body.decode("utf-8-sig", errors="strict")
    items = _json_items(text) if text.lstrip()[:1] in ("{", "[") else _csv_items(text)
    devices, faults = [], []
    for where, item, flatten in items:
        try:
            flat = flatten(item)
            lon, lat = _number(flat.get("longitude")), _number(flat.get("latitude"))
            # Of a national file only the city's devices are read any further.
            if lon is None or lat is None or box.holds(lon=lon, lat=lat):
                devices.append(_device(flat, lon, lat))
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            faults.append((where, str(fault) or repr(fault), json.dumps(item, default=str)[:500]))
    return tuple(devices), tuple(faults)


Flat = Mapping[str, Any]
Item = tuple[str, Any, Callable[[Any], Flat]]


def _csv_items(text: str) -> Iterator[Item]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        named = [name.strip().lower() for name in next(rows, [])]
        if not {"chargedeviceid", "latitude", "longitude"} <= set(named):
            raise ValueError("not a chargepoint registry: the CSV has no chargeDeviceID, ...")
        for number, cells in enumerate(rows, start=2):
            yield f"row {number}", dict(zip(named, cells, strict=False)), dict
    except csv.Error as fault:
        raise ValueError(f"not a readable CSV: {fault}") from fault


def _json_items(text: str) -> Iterator[Item]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        # Only the slower reader knows the NaN that some tools write.
        try:
            told = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as fault:
            raise ValueError(f"not JSON: {fault}") from fault
    told = told if isinstance(told, Mapping) else {}
    for name, flatten in (("features", _flatten_feature), ("ChargeDevice", _flatten_nested)):
        items = told.get(name)
        if isinstance(items, list):
            for number, item in enumerate(items):
                yield f"{name}[{number}]", item, flatten
            return
    raise ValueError("not a chargepoint registry: neither `features` nor `ChargeDevice` is a list")


def _flatten_feature(feature: Mapping[str, Any]) -> Flat:
    geometry = feature.get("geometry")
    if geometry is None:
        return {**feature["properties"], "longitude": None, "latitude": None}
    lon, lat = geometry["coordinates"][:2]
    return {**feature["properties"], "longitude": lon, "latitude": lat}


def _flatten(told: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in told.items()}


def _flatten_nested(device: Mapping[str, Any]) -> Flat:
    place = device.get("ChargeDeviceLocation") or {}
    flat = _flatten(place.get("Address") or {}) | _flatten(place) | _flatten(device)
    flat |= {new: flat[old] for old, new in _RENAMED.items() if old in flat}
    for role in ("owner", "controller"):
        named = device.get(f"Device{role.title()}") or {}
        flat[f"device{role}name"] = str(named.get("OrganisationName") or "")
    for number, connector in enumerate(device.get("Connector") or (), start=1):
        for key, value in _flatten(connector).items():
            flat[f"connector{number}{_RENAMED_OF_CONNECTOR.get(key, key)}"] = value
    return flat


def _text(value: Any) -> str:
    """Read a text; the registry writes nothing in many ways."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return "" if isinstance(value, list | dict) else str(value)
    text = value.strip()
    return "" if text in NOTHING or text[:4] == "*No " else text


def _device(flat: Flat, lon: float | None, lat: float | None) -> Device:
    # Of a national file every microsecond here is a second: all texts are read in one sweep.
    said = dict(zip(_TEXTS, map(_text, map(flat.get, _TEXTS)), strict=True))
    if not said["chargedeviceid"]:
        raise ValueError("a device without an id")
    if said["datedeleted"]:
        raise ValueError(f"deleted by its owner on {flat['datedeleted']}")
    number, street = said["buildingnumber"], said["street"]
    return Device(
        id=said["chargedeviceid"],
        name=said["name"],
        lon=lon,
        lat=lat,
        reference=said["reference"],
        street=f"{number} {street}" if number and street else number or street,
        town=said["town"],
        postcode=said["postcode"],
        owner=said["deviceownername"],
        controller=said["devicecontrollername"],
        networks=said["devicenetworks"],
        status=said["chargedevicestatus"].lower(),
        # The nested shape numbers what the flat ones write out: 1 is published.
        published=said["publishstatus"].lower() in {"", "published"}
        and str(flat.get("publishstatusid", "1")) == "1",
        location_type=said["locationtype"],
        open_24_hours=_FLAGS.get(said["access24hours"]),
        payment_required=_FLAGS.get(said["paymentrequired"]),
        subscription_required=_FLAGS.get(said["subscriptionrequired"]),
        restricted=_FLAGS.get(said["accessrestrictionflag"]),
        restrictions=said["accessrestrictiondetails"],
        updated_at=_instant(said["dateupdated"]),
        connectors=_connectors(flat),
    )


def _connectors(flat: Flat) -> tuple[Connector, ...]:
    found = []
    for name, type_, kw, status in _CONNECTORS:
        if name not in flat and type_ not in flat:
            break
        what = _text(flat.get(type_))
        # A connector with no id and no type is not there.
        if what or _text(flat.get(name)):
            found.append(
                Connector(
                    type=what, kw=_number(flat.get(kw)), status=_text(flat.get(status)).lower()
                )
            )
    return tuple(found)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and value.strip() in NOTHING:
        return None
    if value is None:
        return None
    number = float(value)
    return number if isfinite(number) else None


def _instant(text: str) -> datetime | None:
    if not text or text.startswith("0000"):
        return None
    return parse_instant(text, zone=ZONE)
