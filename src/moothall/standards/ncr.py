"""The United Kingdom's National Chargepoint Registry, in the three shapes it was published in.

Source:   https://www.gov.uk/guidance/find-and-use-data-on-public-electric-vehicle-chargepoints
          The registry closed in November 2024: copies of it are read, none is newer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import astuple

from moothall.standards.csvtext import Rows, decode
from moothall.standards.jsontext import read_json
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import EXCERPT, Issue
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
# What each device says of its own, and what very many say alike: these are read once each.
_OWN = (
    "chargedeviceid",
    "name",
    "reference",
    "buildingnumber",
    "street",
    "town",
    "postcode",
    "accessrestrictiondetails",
    "dateupdated",
)
_ALIKE = (
    "datedeleted",
    "deviceownername",
    "devicecontrollername",
    "devicenetworks",
    "chargedevicestatus",
    "publishstatus",
    "publishstatusid",
    "locationtype",
    "access24hours",
    "paymentrequired",
    "subscriptionrequired",
    "accessrestrictionflag",
)
_PARTS = ("id", "type", "ratedoutputkw", "status")
_SOCKETS = tuple(
    f"connector{number}{part}" for number in range(1, MOST_CONNECTORS + 1) for part in _PARTS
)
_READ = (*_OWN, *_ALIKE, *_SOCKETS)
_WIDTH = len(_PARTS)
_ENDS = len(_OWN), len(_OWN) + len(_ALIKE)

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
Told = tuple[Any, ...]
Found = tuple[Any, Any, Told]
"""A device's longitude and latitude, and what it is told to be, as it stands: see `_READ`."""

# Of a feature only what is read is made into objects; what it leaves out is "".
_Properties: Any = msgspec.defstruct("_Properties", [(name, Any, "") for name in _READ], gc=False)
_Odd = None | bool | int | float | str | list[Any]
"""What may stand where an object should: it is one device's fault, and no other's."""


class _Place(msgspec.Struct, gc=False):
    coordinates: Any = msgspec.UNSET


_Feature: Any = msgspec.defstruct(
    "_Feature",
    [
        ("properties", _Properties | _Odd, msgspec.UNSET),
        ("geometry", _Place | _Odd, None),
    ],
    gc=False,
)
_Collection: Any = msgspec.defstruct("_Collection", [("features", list[_Feature | _Odd])])


class _AsTheyStand(msgspec.Struct):
    features: list[msgspec.Raw]


_read_features: Callable[[bytes], Any] = msgspec.json.Decoder(_Collection).decode
_read_as_they_stand = msgspec.json.Decoder(_AsTheyStand).decode


def read_devices(body: bytes, *, box: Box) -> tuple[tuple[Device, ...], tuple[Issue, ...]]:
    """Read the registry: the devices in a box or without a position, and what is no device.

    Shape:   GeoJSON features, the registry's nested JSON or its CSV, told apart by their bytes.
    Errors:  ValueError if the whole is none of the three.
    """
    is_json = decode(body[:64]).lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    items = _json_items(body) if is_json else _csv_items(body)
    issues, find = Issues(), items.find
    west, south, east, north = box.west, box.south, box.east, box.north
    reader = _Reader(issues, items.name)
    read, devices = reader.read, []
    for number, item in items.each:
        try:
            lon, lat, told = find(item)
            if not lon.__class__ is lat.__class__ is float:
                lon, lat = _degrees(lon, 180), _degrees(lat, 90)
            # Of a national file only the city's devices are read any further.
            if lon is None or lat is None or (west <= lon <= east and south <= lat <= north):
                devices.append(read(number, lon, lat, told))
            else:
                _degrees(lon, 180), _degrees(lat, 90)
        except (AttributeError, LookupError, TypeError, ValueError) as fault:
            issues.note(items.name.format(number), fault, items.show(number, item))
    issues.extend(items.issues())
    return tuple(devices), tuple(issues)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    """What a payload lists, and how to read one of it."""

    each: Iterable[tuple[int, Any]]
    name: str
    find: Callable[[Any], Found]
    show: Callable[[int, Any], object] = lambda _, item: item
    """Give an item as it stood, for whoever is to mend it."""
    issues: Callable[[], Iterable[Issue]] = tuple


def _csv_items(body: bytes) -> _Items:
    rows = Rows(body)
    named = [name.lower() for name in rows.heading()]
    if not {"chargedeviceid", "latitude", "longitude"} <= set(named):
        raise ValueError("not a chargepoint registry: the CSV has no chargeDeviceID, ...")
    each = ((number, dict(zip(named, cells, strict=False))) for number, cells in rows if cells)
    return _Items(each=each, name="row {}", find=_find_in_row, issues=rows.issues)


def _json_items(body: bytes) -> _Items:
    try:
        features = _read_features(body).features
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # It is the nested shape, or written as the standard does not allow.
        return _loose_items(body)

    @cache
    def stood() -> list[msgspec.Raw]:
        return _read_as_they_stand(body).features

    return _Items(
        each=enumerate(features),
        name="features[{}]",
        find=_find_in_feature,
        show=lambda number, _: bytes(memoryview(stood()[number])[:EXCERPT]),
    )


def _loose_items(body: bytes) -> _Items:
    told = read_json(body)
    told = told if isinstance(told, dict) else {}
    finds = (("features", _find_in_loose_feature), ("ChargeDevice", _find_in_nested))
    for name, find in finds:
        if isinstance(items := told.get(name), list):
            return _Items(each=enumerate(items), name=f"{name}[{{}}]", find=find)
    raise ValueError("not a chargepoint registry: neither `features` nor `ChargeDevice` is a list")


def _find_in_row(row: Flat) -> Found:
    return row["longitude"], row["latitude"], _picked(row)


def _find_in_feature(feature: Any) -> Found:
    told, geometry = feature.properties, feature.geometry
    if told.__class__ is not _Properties:
        if told is msgspec.UNSET:
            raise KeyError("properties")
        raise ValueError("a feature without properties")
    if geometry is None:
        return None, None, astuple(told)
    position = geometry.coordinates
    return position[0], position[1], astuple(told)


def _find_in_loose_feature(feature: Flat) -> Found:
    geometry = feature.get("geometry")
    properties = feature["properties"]
    if not isinstance(properties, dict):
        raise ValueError("a feature without properties")
    if geometry is None:
        return None, None, _picked(properties)
    position = geometry["coordinates"]
    return position[0], position[1], _picked(properties)


def _flatten(told: Flat) -> Flat:
    return {key.lower(): value for key, value in told.items()}


def _find_in_nested(device: Flat) -> Found:
    place = device.get("ChargeDeviceLocation") or {}
    flat = _flatten(place.get("Address") or {}) | _flatten(place) | _flatten(device)
    flat |= {new: flat[old] for old, new in _RENAMED.items() if old in flat}
    for role in ("owner", "controller"):
        named = device.get(f"Device{role.title()}") or {}
        flat[f"device{role}name"] = named.get("OrganisationName")
    for number, connector in enumerate(device.get("Connector") or (), start=1):
        for key, value in _flatten(connector).items():
            flat[f"connector{number}{_RENAMED_OF_CONNECTOR.get(key, key)}"] = value
    return flat.get("longitude"), flat.get("latitude"), _picked(flat)


def _picked(flat: Flat) -> Told:
    return tuple([flat.get(name, "") for name in _READ])


def _clean(told: Any) -> str:
    """Read a text; the registry writes nothing in many ways."""
    if told.__class__ is not str:
        # A list or an object where a text should stand says nothing.
        if told is None or isinstance(told, list | dict):
            return ""
        told = str(told)
    text: str = told.strip()
    return "" if text in NOTHING or text[:4] == "*No " else text


def _clean_all(told: Told) -> list[str]:
    try:
        texts = list(map(str.strip, told))
    except TypeError:
        return [_clean(one) for one in told]
    return [
        "" if text in NOTHING or (text[0] == "*" and text[:4] == "*No ") else text for text in texts
    ]


class _Said(NamedTuple):
    """What very many devices say alike."""

    deleted: str
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


class _Reader:
    """What makes devices of what is told; what is wrong yet costs no device is noted."""

    def __init__(self, issues: Issues, name: str) -> None:
        self._issues = issues
        self._name = name
        self._said: dict[tuple[Any, ...], _Said] = {}
        self._connectors: dict[tuple[Any, ...], tuple[Connector, ...]] = {}

    def read(self, place: int, lon: float | None, lat: float | None, told: Told) -> Device:
        """Read one; errors: ValueError, TypeError if it is none."""
        alike, sockets = _ENDS
        id, name, reference, number, street, town, postcode, restrictions, updated = _clean_all(
            told[:alike]
        )
        (
            deleted, owner, controller, networks, status, published, location_type, all_hours,
            payment, subscription, restricted,
        ) = self._read_alike(told[alike:sockets])  # fmt: skip
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
            status,
            published,
            location_type,
            all_hours,
            payment,
            subscription,
            restricted,
            restrictions,
            _instant(updated),
            self._read_connectors(place, told[sockets:]),
        )

    def _read_alike(self, told: Told) -> _Said:
        try:
            return self._said[told]
        except KeyError:
            said = self._said[told] = _say(told)
            return said
        except TypeError:
            # Something in it is a list or an object.
            return _say(told)

    def _read_connectors(self, place: int, sockets: Told) -> tuple[Connector, ...]:
        types = sockets[1::_WIDTH]
        end = _WIDTH * (types.index("") if "" in types else MOST_CONNECTORS)
        if any(sockets[end:]):
            return self._make_connectors(place, sockets)[0]
        # Ids are all different, and matter only where there is no type.
        alike = sockets[1:end:_WIDTH] + sockets[2:end:_WIDTH] + sockets[3:end:_WIDTH]
        try:
            known = self._connectors.get(alike)
        except TypeError:
            # Something in it is a list or an object.
            return self._make_connectors(place, sockets)[0]
        if known is None:
            known, lasting = self._make_connectors(place, sockets)
            if lasting:
                self._connectors[alike] = known
        return known

    def _make_connectors(self, place: int, sockets: Told) -> tuple[tuple[Connector, ...], bool]:
        """Read a device's connectors; say whether others told to have the same have the same."""
        made, lasting = [], True
        for number in range(MOST_CONNECTORS):
            id, type_, power, status = sockets[_WIDTH * number : _WIDTH * (number + 1)]
            what = _clean(type_)
            if not what and id:
                lasting = False
            # A connector with no id and no type is not there.
            if what or _clean(id):
                try:
                    kw = _power(power)
                except (TypeError, ValueError) as fault:
                    where = f"{self._name.format(place)} connector{number + 1}ratedoutputkw"
                    self._issues.note(where, fault, power)
                    kw, lasting = None, False
                made.append(Connector(what, kw, _clean(status).lower()))
        return tuple(made), lasting


def _say(told: Told) -> _Said:
    (
        deleted, owner, controller, networks, status, publish_status, publish_id, location_type,
        all_hours, payment, subscription, restricted,
    ) = _clean_all(told)  # fmt: skip
    return _Said(
        deleted=deleted,
        owner=owner,
        controller=controller,
        networks=networks,
        status=status.lower(),
        # The nested shape numbers what the flat ones write out: 1 is published.
        published=publish_status in _PUBLISHED and publish_id in {"", "1"},
        location_type=location_type,
        open_24_hours=_FLAGS.get(all_hours),
        payment_required=_FLAGS.get(payment),
        subscription_required=_FLAGS.get(subscription),
        restricted=_FLAGS.get(restricted),
    )


def _degrees(told: Any, most: float) -> float | None:
    if told.__class__ is float and -most <= told <= most:
        return told  # as almost every one is
    if told is None or (isinstance(told, str) and told.strip() in NOTHING):
        return None
    return read_number(told, least=-most, most=most)


def _power(told: Any) -> float | None:
    if told is None or (isinstance(told, str) and told.strip() in NOTHING):
        return None
    return read_number(told, least=0, most=MOST_KW, unit="kW")


@lru_cache(maxsize=16_384)
def _instant(text: str) -> datetime | None:
    if not text or text.startswith("0000"):
        return None
    return parse_instant(text, zone=ZONE)
