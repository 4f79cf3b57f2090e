"""DATEX II: car parks, in the style of version 1 (situations) and of version 2 (facilities).

Source:   https://docs.datex2.eu/
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from moothall.standards.xmltext import read_xml
from moothall.values.issues import Issues
from moothall.values.numbers import read_count, read_number
from moothall.values.observations import Issue
from moothall.values.times import parse_instant

MOST_PLACES = 100_000
"""Of any car park. Some count themselves below zero: what that means is not for here to say."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before this no such message existed: an older time is an unset clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """What one message says about one car park. What it leaves out is None or ()."""

    id: str
    name: str = ""
    lon: float | None = None
    lat: float | None = None
    capacity: int | None = None
    occupied: int | None = None
    vacant: int | None = None
    statuses: tuple[str, ...] = ()
    at: datetime | None = None
    owner: str = ""
    describes: bool = False
    """Whether it says what the car park is: its name, place or size."""
    reports: bool = False
    """Whether it says how the car park is doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message: its facilities, and what is wrong with each item that could not be read."""

    at: datetime | None
    facilities: tuple[Facility, ...]
    issues: tuple[Issue, ...]


def read_publication(body: bytes, *, zone: ZoneInfo) -> Publication:
    """Read a message of car parks.

    Units:   places; degrees in WGS 84, or no position if the numbers are not degrees.
    Errors:  ValueError if the whole is not XML, declares a document type, or has no car park.
    """
    root = read_xml(body)
    facilities, issues = [], Issues()
    found = False
    for where, element, read in _items(root):
        found = True
        try:
            facilities.append(read(element, zone))
        except ValueError as fault:
            issues.note(where, fault, etree.tostring(element, encoding="unicode"))
    if not found and root.find(".//payloadPublication") is None:
        raise ValueError("not a DATEX II message of car parks")
    return Publication(
        at=_instant(root.findtext(".//publicationTime"), zone),
        facilities=tuple(facilities),
        issues=tuple(issues),
    )


_Read = Callable[[etree._Element, ZoneInfo], Facility]


def _items(root: etree._Element) -> Iterator[tuple[str, etree._Element, _Read]]:
    for number, element in enumerate(root.iter("situationRecord")):
        if element.find("carParkIdentity") is not None:
            yield f"situationRecord[{number}]", element, _read_situation
    for number, element in enumerate(root.iter("parkingFacility")):
        yield f"parkingFacility[{number}]", element, _read_description
    number = 0
    # The same tag is used for the report on a facility and for the words inside it.
    for element in root.iter("parkingFacilityStatus"):
        if element.find("parkingFacilityReference") is not None:
            yield f"parkingFacilityStatus[{number}]", element, _read_report
            number += 1


def _read_situation(element: etree._Element, zone: ZoneInfo) -> Facility:
    name, _, code = _text(element, "carParkIdentity").rpartition(":")
    if not code:
        raise ValueError("a car park without an identity")
    lon, lat = _position(element)
    return Facility(
        id=code,
        name=name or code,
        lon=lon,
        lat=lat,
        capacity=_count(element, "totalCapacity"),
        occupied=_count(element, "occupiedSpaces"),
        vacant=_count(element, "numberOfVacantParkingSpaces"),
        statuses=tuple(filter(None, (_text(element, "carParkStatus"),))),
        at=_instant(element.findtext("situationRecordVersionTime"), zone),
        describes=True,
        reports=True,
    )


def _read_description(element: etree._Element, zone: ZoneInfo) -> Facility:
    lon, lat = _position(element)
    return Facility(
        id=_id(element),
        name=_text(element, "parkingFacilityName//value") or _text(element, "parkingFacilityName"),
        lon=lon,
        lat=lat,
        capacity=_count(element, "totalParkingCapacity"),
        owner=_text(element, "owner/contactName"),
        at=_instant(element.findtext("parkingFacilityRecordVersionTime"), zone),
        describes=True,
    )


def _read_report(element: etree._Element, zone: ZoneInfo) -> Facility:
    reference = element.find("parkingFacilityReference")
    if reference is None:
        raise ValueError("a report on no car park")
    told = (child.text or "" for child in element.findall("parkingFacilityStatus"))
    return Facility(
        id=_id(reference),
        occupied=_count(element, "totalNumberOfOccupiedParkingSpaces"),
        vacant=_count(element, "totalNumberOfVacantParkingSpaces"),
        statuses=tuple(word.strip() for word in told if word.strip()),
        at=_instant(element.findtext("parkingFacilityStatusTime"), zone),
        reports=True,
    )


def _id(element: etree._Element) -> str:
    name = (element.get("id") or "").strip()
    if not name:
        raise ValueError("a car park without an id")
    return str(name)


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _count(element: etree._Element, path: str) -> int | None:
    text = _text(element, path)
    return read_count(text, least=-MOST_PLACES, most=MOST_PLACES) if text else None


def _position(element: etree._Element) -> tuple[float | None, float | None]:
    lon, lat = _text(element, ".//longitude"), _text(element, ".//latitude")
    if not (lon and lat):
        return None, None
    # Some producers state metres of a national grid here.
    here = read_number(lon), read_number(lat)
    on_earth = -180 <= here[0] <= 180 and -90 <= here[1] <= 90 and here != (0, 0)
    return here if on_earth else (None, None)


def _instant(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None or not text.strip():
        return None
    at = parse_instant(text, zone=zone)
    return at if at > EARLIEST else None
