"""Where each postcode is: the ONS postcode lookups, or a file cut from one of them."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from moothall.kernel.places.rules import GSS, UnableToReadPostcode, postcode_id, read_postcode
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Column, Issue, Kind, Mender, Record, Severity
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
    rows = _rows(payload.body)
    header = [name.strip().lower() for name in next(rows, [])]
    at = _positions(header)
    box = Box(**params["city"]["box"])
    records: dict[str, Record] = {}
    issues: list[Issue] = []
    for line, row in enumerate(rows, start=2):
        found = _postcode(row, at, box, payload)
        if isinstance(found, Record):
            records.setdefault(found.id, found)
        elif found:
            issues.append(_issue(line, found, row))
    listed_in_full = len(params.get("files", ())) == 1
    return Batch(
        records=tuple(records.values()),
        issues=tuple(issues),
        complete=frozenset({POSTCODE.name}) if listed_in_full and records else frozenset(),
    )


def _rows(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValueError(f"not UTF-8: {fault}") from fault
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from lines
    except csv.Error as fault:
        raise ValueError(f"line {lines.line_num}: {fault}") from fault


def _positions(header: Sequence[str]) -> dict[str, int]:
    """Say which column holds what."""
    wanted = {"postcode": _POSTCODE_COLUMNS, "lat": _LAT_COLUMNS, "lon": _LON_COLUMNS}
    at = {}
    for what, names in wanted.items():
        there = [name for name in names if name in header]
        if not there:
            raise ValueError(f"no column for the {what}; expected one of {', '.join(names)}")
        at[what] = header.index(there[0])
    for what, matches in (("ward", _WARD.fullmatch), ("lsoa", _LSOA.fullmatch)):
        there = [name for name in header if matches(name)]
        if there:
            at[what] = header.index(there[0])
    ended = [name for name in _ENDED_COLUMNS if name in header]
    if ended:
        at["ended"] = header.index(ended[0])
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
        lat, lon = float(row[at["lat"]]), float(row[at["lon"]])
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


def _issue(line: int, what: str, row: list[str]) -> Issue:
    return Issue(
        where=f"line {line}",
        what=what,
        severity=Severity.WARNING,
        mender=Mender.PUBLISHER,
        item=",".join(row)[:300],
    )


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
    parse=parse,
    kinds=(POSTCODE,),
    observes=False,
    keep_raw=timedelta(days=800),
    max_bytes=256 * 1024 * 1024,
)
