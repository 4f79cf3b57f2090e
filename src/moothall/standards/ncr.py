"""The United Kingdom's National Chargepoint Registry, in the three shapes it was published in.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
          The registry closed in November 2024: copies of it are read, none is newer.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from moothall.values.places import Box
from moothall.values.times import parse_instant

ZONE = ZoneInfo("Europe/London")
NOTHING = frozenset({"", "na", "NA", "n/a", "N/A", "none", "None", "null", "NULL"})
MOST_CONNECTORS = 8
"""The flat shapes have columns for eight connectors."""
_TRUE = frozenset({"1", "true", "True", "yes", "Yes"})
_FALSE = frozenset({"0", "false", "False", "no", "No"})
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
    if value is None or isinstance(value, list | dict):
        return ""
    text = value.strip() if isinstance(value, str) else str(value)
    return "" if text in NOTHING or text.startswith("*No ") else text


def _flag(value: Any) -> bool | None:
    text = _text(value)
    return True if text in _TRUE else False if text in _FALSE else None


def _device(flat: Flat, lon: float | None, lat: float | None) -> Device:
    def text(key: str) -> str:
        return _text(flat.get(key))

    def flag(key: str) -> bool | None:
        return _flag(flat.get(key))

    name = text("chargedeviceid")
    if not name:
        raise ValueError("a device without an id")
    if text("datedeleted"):
        raise ValueError(f"deleted by its owner on {flat['datedeleted']}")
    return Device(
        id=name,
        name=text("name"),
        lon=lon,
        lat=lat,
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
        and str(flat.get("publishstatusid", "1")) == "1",
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
