"""The United Kingdom's National Chargepoint Registry, in the three shapes it was published in.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
          The registry closed in November 2024: copies of it are read, none is newer.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from moothall.standards.csvtext import Rows, decode
from moothall.standards.jsontext import read_json
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Issue
from moothall.values.places import Box
from moothall.values.times import parse_instant

ZONE = ZoneInfo("Europe/London")
NOTHING = frozenset({"", "na", "NA", "n/a", "N/A", "none", "None", "null", "NULL"})
MOST_KW = 4_000
"""The megawatt chargers of lorries give 3,750."""
MOST_CONNECTORS = 8
"""The flat shapes have columns for eight connectors."""
_PUBLISHED = frozenset({"", "published", "Published", "PUBLISHED"})
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


Flat = dict[str, Any]
Item = tuple[str, Any, Callable[[Any], tuple[Any, Any, Flat]]]


def read_devices(body: bytes, *, box: Box) -> tuple[tuple[Device, ...], tuple[Issue, ...]]:
    """Read the registry: the devices in a box or without a position, and what is no device.

    Shape:   GeoJSON features, the registry's nested JSON or its CSV, told apart by their bytes.
    Errors:  ValueError if the whole is none of the three.
    """
    is_json = decode(body[:64]).lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    issues = Issues()
    items = _json_items(body) if is_json else _csv_items(body, issues)
    west, south, east, north = box.west, box.south, box.east, box.north
    reader = _Reader(issues)
    devices = []
    for where, item, flatten in items:
        try:
            lon, lat, flat = flatten(item)
            lon, lat = _degrees(lon, 180), _degrees(lat, 90)
            # Of a national file only the city's devices are read any further.
            if lon is None or lat is None or (west <= lon <= east and south <= lat <= north):
                devices.append(reader.read(where, lon, lat, flat))
        except (AttributeError, LookupError, TypeError, ValueError) as fault:
            issues.note(where, fault, item)
    return tuple(devices), tuple(issues)


def _csv_items(body: bytes, issues: Issues) -> Iterator[Item]:
    rows = Rows(body)
    named = [name.lower() for name in rows.heading()]
    if not {"chargedeviceid", "latitude", "longitude"} <= set(named):
        raise ValueError("not a chargepoint registry: the CSV has no chargeDeviceID, ...")
    for number, cells in rows:
        if cells:
            yield f"row {number}", dict(zip(named, cells, strict=False)), _flatten_row
    issues.extend(rows.issues())


def _json_items(body: bytes) -> Iterator[Item]:
    told = read_json(body)
    told = told if isinstance(told, dict) else {}
    for name, flatten in (("features", _flatten_feature), ("ChargeDevice", _flatten_nested)):
        items = told.get(name)
        if isinstance(items, list):
            for number, item in enumerate(items):
                yield f"{name}[{number}]", item, flatten
            return
    raise ValueError("not a chargepoint registry: neither `features` nor `ChargeDevice` is a list")


def _flatten_row(row: Flat) -> tuple[Any, Any, Flat]:
    return row["longitude"], row["latitude"], row


def _flatten_feature(feature: Flat) -> tuple[Any, Any, Flat]:
    geometry = feature.get("geometry")
    properties = feature["properties"]
    if not isinstance(properties, dict):
        raise ValueError("a feature without properties")
    if geometry is None:
        return None, None, properties
    position = geometry["coordinates"]
    return position[0], position[1], properties


def _flatten(told: Flat) -> Flat:
    return {key.lower(): value for key, value in told.items()}


def _flatten_nested(device: Flat) -> tuple[Any, Any, Flat]:
    place = device.get("ChargeDeviceLocation") or {}
    flat = _flatten(place.get("Address") or {}) | _flatten(place) | _flatten(device)
    flat |= {new: flat[old] for old, new in _RENAMED.items() if old in flat}
    for role in ("owner", "controller"):
        named = device.get(f"Device{role.title()}") or {}
        flat[f"device{role}name"] = named.get("OrganisationName")
    for number, connector in enumerate(device.get("Connector") or (), start=1):
        for key, value in _flatten(connector).items():
            flat[f"connector{number}{_RENAMED_OF_CONNECTOR.get(key, key)}"] = value
    return flat.get("longitude"), flat.get("latitude"), flat


class _Texts(dict[Any, str]):
    """Every text, clean. The registry says the same few thousand over and over."""

    def __missing__(self, told: Any) -> str:
        text = self[told] = _clean(told)
        return text


def _clean(told: Any) -> str:
    """Read a text; the registry writes nothing in many ways."""
    if told is None:
        return ""
    text: str = (told if told.__class__ is str else str(told)).strip()
    return "" if text in NOTHING or text[:4] == "*No " else text


class _Reader:
    """What makes devices of flat rows; what is wrong yet costs no device is noted."""

    def __init__(self, issues: Issues) -> None:
        self._issues = issues
        self._texts = _Texts()

    def read(self, where: str, lon: float | None, lat: float | None, flat: Flat) -> Device:
        """Read one; errors: ValueError, TypeError if it is none."""
        # Of a national file every microsecond here is a second: all texts are read in one sweep.
        (
            id, deleted, name, reference, number, street, town, postcode, owner, controller,
            networks, status, publish_status, location_type, all_hours, payment, subscription,
            restricted, restrictions, updated,
        ) = self._sweep(flat)  # fmt: skip
        if not id:
            raise ValueError("a device without an id")
        if deleted:
            raise ValueError(f"deleted by its owner on {deleted}")
        # By position: with names it takes twice the time.
        return Device(
            id,
            name,
            lon,
            lat,
            reference,
            f"{number} {street}" if number and street else number or street,
            town,
            postcode,
            owner,
            controller,
            networks,
            status.lower(),
            # The nested shape numbers what the flat ones write out: 1 is published.
            publish_status in _PUBLISHED and str(flat.get("publishstatusid", "1")) == "1",
            location_type,
            _FLAGS.get(all_hours),
            _FLAGS.get(payment),
            _FLAGS.get(subscription),
            _FLAGS.get(restricted),
            restrictions,
            _instant(updated),
            self._connectors(where, flat),
        )

    def _sweep(self, flat: Flat) -> Iterable[str]:
        told = map(flat.get, _TEXTS)
        try:
            return tuple(map(self._texts.__getitem__, told))
        except TypeError:
            # A list or an object stands where a text should: it says nothing.
            return [
                "" if isinstance(one, list | dict) else _clean(one) for one in map(flat.get, _TEXTS)
            ]

    def _connectors(self, where: str, flat: Flat) -> tuple[Connector, ...]:
        found = []
        said, texts = flat.get, self._texts
        for name, type_, kw, status in _CONNECTORS:
            id, what = said(name), said(type_)
            if id is None and what is None:
                if name not in flat and type_ not in flat:
                    break
                continue
            what = texts[what]
            # A connector with no id and no type is not there.
            if what or texts[id]:
                power = said(kw)
                try:
                    power = _power(power)
                except (TypeError, ValueError) as fault:
                    self._issues.note(f"{where} {kw}", fault, power)
                    power = None
                found.append(_connector(what, power, texts[said(status)]))
        return tuple(found)


@lru_cache(maxsize=4096)
def _connector(what: str, power: float | None, status: str) -> Connector:
    return Connector(what, power, status.lower())


def _degrees(told: Any, most: float) -> float | None:
    if told.__class__ is float and -most <= told <= most:
        return told  # as almost every one is
    if told is None or (isinstance(told, str) and told.strip() in NOTHING):
        return None
    return read_number(told, least=-most, most=most)


@lru_cache(maxsize=4096)
def _power(told: Any) -> float | None:
    if told is None or (isinstance(told, str) and told.strip() in NOTHING):
        return None
    return read_number(told, least=0, most=MOST_KW, unit="kW")


@lru_cache(maxsize=16_384)
def _instant(text: str) -> datetime | None:
    if not text or text.startswith("0000"):
        return None
    return parse_instant(text, zone=ZONE)
