"""Where each postcode is: the ONS postcode lookups, or a file cut from one of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from moothall.kernel.places.rules import GSS, UnableToReadPostcode, postcode_id, read_postcode
from moothall.kernel.registry import Feed
from moothall.standards.csvtext import Rows, find_column
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Column, Kind, Record
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

POSTCODE = Kind(
    name="places.postcode",
    title="Postcodes and where they are",
    summary="The position the Office for National Statistics gives each postcode in use.",
    columns=(
        Column(name="postcode", meaning="the postcode, with its space"),
        Column(name="ward", meaning="GSS code of the ward, where the source says it"),
        Column(name="lsoa", meaning="GSS code of the small census area, where the source says it"),
    ),
    geometry="Point",
    label="postcode",
)

# The lookups have renamed their columns from edition to edition; the first that is there is read.
_POSTCODE_COLUMNS = ("pcds", "postcode", "pcd", "pcd7", "pcd8", "pcd2")
_LAT_COLUMNS = ("lat", "latitude")
_LON_COLUMNS = ("long", "lon", "longitude", "lng")
_ENDED_COLUMNS = ("doterm",)
_WARD = re.compile(r"osward|wd\d\dcd")
_LSOA = re.compile(r"lsoa21(cd)?")
_NOWHERE = 99.0
"""The lookups say latitude 99.999999 for a postcode with no position."""


def requests(params: Mapping[str, Any]) -> Iterable[Request]:
    """Ask for each file the pack lists."""
    return [Request(url=url) for url in params.get("files", ())]


def parse(payload: Payload, params: Mapping[str, Any]) -> Batch:
    """Read the postcodes that lie in the city's box.

    Shape:   CSV with a header: a postcode, a latitude and a longitude at least.
    Errors:  ValueError if the bytes are not such a table.
    """
    rows = Rows(payload.body)
    header = [name.lower() for name in rows.heading()]
    at = _positions(header)
    box = Box(**params["city"]["box"])
    records: dict[str, Record] = {}
    issues = Issues()
    for line, row in rows:
        found = _postcode(row, at, box, payload)
        if isinstance(found, Record):
            records.setdefault(found.id, found)
        elif found:
            issues.note(f"line {line}", found, row)
    listed_in_full = len(params.get("files", ())) == 1 and not rows.issues()
    return Batch(
        records=tuple(records.values()),
        issues=(*issues, *rows.issues()),
        complete=frozenset({POSTCODE.name}) if listed_in_full and records else frozenset(),
    )


def _positions(header: Sequence[str]) -> dict[str, int]:
    """Say which column holds what."""
    wanted = {"postcode": _POSTCODE_COLUMNS, "lat": _LAT_COLUMNS, "lon": _LON_COLUMNS}
    at = {}
    for what, names in wanted.items():
        place = find_column(header, *names)
        if place is None:
            raise ValueError(f"no column for the {what}; expected one of {', '.join(names)}")
        at[what] = place
    for what, matches in (("ward", _WARD.fullmatch), ("lsoa", _LSOA.fullmatch)):
        there = [name for name in header if matches(name)]
        if there:
            at[what] = header.index(there[0])
    ended = find_column(header, *_ENDED_COLUMNS)
    if ended is not None:
        at["ended"] = ended
    return at


def _postcode(
    row: list[str], at: Mapping[str, int], box: Box, payload: Payload
) -> Record | str | None:
    """Read one line: a record, what is wrong with it, or None if it is none of ours."""
    if not row:
        return None
    try:
        if "ended" in at and row[at["ended"]].strip():
            return None
        lat, lon = read_number(row[at["lat"]]), read_number(row[at["lon"]])
        if lat > _NOWHERE or not box.holds(lon=lon, lat=lat):
            return None
        postcode = read_postcode(row[at["postcode"]])
    except IndexError:
        return "the line is cut short"
    except UnableToReadPostcode:
        return "not a postcode"
    except ValueError:
        return "no position in degrees"
    return Record(
        kind=POSTCODE.name,
        id=postcode_id(postcode),
        from_at=payload.fetched_at,
        fields={
            "postcode": postcode,
            "ward": _code(row, at, "ward"),
            "lsoa": _code(row, at, "lsoa"),
        },
        geometry={"type": "Point", "coordinates": [lon, lat]},
    )


def _code(row: list[str], at: Mapping[str, int], what: str) -> str | None:
    code = row[at[what]].strip() if what in at and at[what] < len(row) else ""
    return code if GSS.fullmatch(code) else None


FEED = Feed(
    name="places.postcodes",
    title="Postcodes",
    summary="The position of each postcode in and around the city.",
    publisher="Office for National Statistics",
    documentation="https://geoportal.statistics.gov.uk/",
    licence="OGL-UK-3.0",
    attribution=(
        "Contains OS data © Crown copyright and database right, Royal Mail data © Royal Mail"
        " copyright and database right, and National Statistics data © Crown copyright and"
        " database right."
    ),
    every=timedelta(days=30),
    stale_after=timedelta(days=400),
    requests=requests,
    reads=("files",),
    parse=parse,
    kinds=(POSTCODE,),
    observes=False,
    keep_raw=timedelta(days=800),
    max_bytes=256 * 1024 * 1024,
)
