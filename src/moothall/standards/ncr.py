"""The United Kingdom's National Chargepoint Registry, in the three shapes it was published in.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
          The registry closed in November 2024: copies of it are read, none is newer.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from moothall.values.times import parse_instant

ZONE = ZoneInfo("Europe/London")
NOTHING = frozenset({"", "na", "n/a", "none", "null"})
_CONNECTOR = re.compile(r"connector(\d+)([a-z]+)")
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One socket or cable of a device."""

    type: str
    kw: float | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
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


def read_devices(body: bytes) -> tuple[tuple[Device, ...], tuple[tuple[str, str, str], ...]]:
    """Read the registry: the devices, and (where, what, item) of each item that is none.

    Shape:   GeoJSON features, the registry's nested JSON, or its CSV; told apart by their bytes.
    Errors:  ValueError if the whole is none of the three.
    """
    text = body.decode("utf-8-sig", errors="strict")
    items = _json_items(text) if text.lstrip()[:1] in ("{", "[") else _csv_items(text)
    devices, faults = [], []
    for where, item, flatten in items:
        try:
            devices.append(_device(flatten(item)))
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            faults.append((where, str(fault) or repr(fault), json.dumps(item, default=str)[:500]))
    return tuple(devices), tuple(faults)


Flat = dict[str, str]
Item = tuple[str, Any, Callable[[Any], Flat]]


def _csv_items(text: str) -> Iterator[Item]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    named = {name.strip().lower() for name in rows.fieldnames or ()}
    if not {"chargedeviceid", "latitude", "longitude"} <= named:
        raise ValueError("not a chargepoint registry: the CSV has no chargeDeviceID, latitude ...")
    try:
        for number, row in enumerate(rows, start=2):
            yield f"row {number}", row, _flatten
    except csv.Error as fault:
        raise ValueError(f"not a readable CSV: {fault}") from fault


def _json_items(text: str) -> Iterator[Item]:
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


def _flatten(told: Mapping[Any, Any]) -> Flat:
    return {
        str(key).strip().lower(): str(value).strip()
        for key, value in told.items()
        if key is not None and value is not None and not isinstance(value, list | Mapping)
    }


def _flatten_feature(feature: Mapping[str, Any]) -> Flat:
    flat = _flatten(feature["properties"])
    geometry = feature.get("geometry")
    if geometry is not None:
        flat["longitude"], flat["latitude"] = (str(part) for part in geometry["coordinates"][:2])
    return flat


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


def _device(flat: Flat) -> Device:
    def text(key: str) -> str:
        value = flat.get(key, "")
        return "" if value.lower() in NOTHING or value.startswith("*No ") else value

    def flag(key: str) -> bool | None:
        value = flat.get(key, "").lower()
        return True if value in _TRUE else False if value in _FALSE else None

    name = text("chargedeviceid")
    if not name:
        raise ValueError("a device without an id")
    if text("datedeleted"):
        raise ValueError(f"deleted by its owner on {flat['datedeleted']}")
    return Device(
        id=name,
        name=text("name"),
        lon=_number(flat.get("longitude")),
        lat=_number(flat.get("latitude")),
        reference=text("reference"),
        street=" ".join(part for part in (text("buildingnumber"), text("street")) if part),
        town=text("town"),
        postcode=text("postcode"),
        owner=text("deviceownername"),
        controller=text("devicecontrollername"),
        networks=text("devicenetworks"),
        status=text("chargedevicestatus").lower(),
        # The nested shape numbers what the flat ones write out: 1 is published.
        published=text("publishstatus").lower() in {"", "published"}
        and flat.get("publishstatusid", "1") == "1",
        location_type=text("locationtype"),
        open_24_hours=flag("access24hours"),
        payment_required=flag("paymentrequired"),
        subscription_required=flag("subscriptionrequired"),
        restricted=flag("accessrestrictionflag"),
        restrictions=text("accessrestrictiondetails"),
        updated_at=_instant(text("dateupdated")),
        connectors=_connectors(flat),
    )


def _connectors(flat: Flat) -> tuple[Connector, ...]:
    told: dict[int, Flat] = {}
    for key, value in flat.items():
        found = _CONNECTOR.fullmatch(key)
        if found and value and value.lower() not in NOTHING:
            told.setdefault(int(found[1]), {})[found[2]] = value
    return tuple(
        Connector(
            type=one.get("type", ""),
            kw=_number(one.get("ratedoutputkw")),
            status=one.get("status", "").lower(),
        )
        for _, one in sorted(told.items())
        # A CSV has columns for eight connectors: those with no id and no type are not there.
        if "id" in one or "type" in one
    )


def _number(text: str | None) -> float | None:
    if text is None or text.lower() in NOTHING:
        return None
    number = float(text)
    return number if isfinite(number) else None


def _instant(text: str) -> datetime | None:
    if not text or text.startswith("0000"):
        return None
    return parse_instant(text, zone=ZONE)
