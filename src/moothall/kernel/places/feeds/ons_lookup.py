"""Which ward each small census area lies in best: the ONS best-fit lookup."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from moothall.kernel.places.rules import GSS
from moothall.kernel.registry import Feed
from moothall.standards.csvtext import Rows
from moothall.standards.jsontext import read_json
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Column, Kind, Record
from moothall.values.requests import Payload, Request

LOOKUP = Kind(
    name="places.lookup",
    title="Small census areas and the wards they lie in",
    summary="Each 2021 lower layer super output area, with the ward that fits it best.",
    columns=(
        Column(name="lsoa", meaning="GSS code of the small census area"),
        Column(name="lsoa_name", meaning="its name"),
        Column(name="ward", meaning="GSS code of the ward that fits it best"),
        Column(name="ward_name", meaning="the ward's name"),
        Column(name="council", meaning="GSS code of the council"),
    ),
    label="lsoa_name",
)
# Column names carry the year of each geography: LSOA21CD, WD24CD, lsoa21_code, ward24_code.
_COLUMNS = {
    "lsoa": re.compile(r"lsoa\d\d(cd|_code)"),
    "lsoa_name": re.compile(r"lsoa\d\d(nm|_name)"),
    "ward": re.compile(r"(wd|ward)\d\d(cd|_code)"),
    "ward_name": re.compile(r"(wd|ward)\d\d(nm|_name)"),
    "council": re.compile(r"(lad|ltla)\d\d(cd|_code)"),
}
_CODES = ("lsoa", "ward", "council")


def requests(params: Mapping[str, Any]) -> Iterable[Request]:
    """Ask for the lookup the pack names."""
    return [Request(url=params["url"])] if params.get("url") else []


def parse(payload: Payload, params: Mapping[str, Any]) -> Batch:
    """Read the city's own small areas and the ward of each.

    Shape:   CSV with a header, or JSON as an ArcGIS table answers (features with attributes).
    Errors:  ValueError if it is neither, or a column is missing.
    """
    issues = Issues()
    is_json = _is_json(payload.body)
    rows = _json_rows(payload.body) if is_json else _csv_rows(payload.body, issues)
    if not rows:
        raise ValueError("the lookup is empty")
    columns = _columns(rows[0])
    council = params["city"]["gss"]
    records: dict[str, Record] = {}
    for place, row in enumerate(rows):
        fields = {what: str(row.get(name) or "").strip() for what, name in columns.items()}
        wrong = [what for what in _CODES if not GSS.fullmatch(fields[what])]
        if wrong:
            what = f"not a GSS code: {', '.join(wrong)}"
            issues.note(f"row {place + 1}", what, fields)
        elif fields["council"] == council:
            records[fields["lsoa"]] = Record(
                kind=LOOKUP.name, id=fields["lsoa"], from_at=payload.fetched_at, fields=fields
            )
    return Batch(
        records=tuple(records.values()),
        issues=tuple(issues),
        complete=frozenset({LOOKUP.name}) if records else frozenset(),
    )


def _is_json(body: bytes) -> bool:
    return body[:64].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")


def _json_rows(body: bytes) -> list[Mapping[str, Any]]:
    found = read_json(body)
    if isinstance(found.get("error"), dict):
        raise ValueError(f"the server says: {found['error'].get('message', 'error')}")
    features = found.get("features")
    if not isinstance(features, list):
        raise ValueError("not an ArcGIS table")
    rows = (
        feature.get("attributes") or feature.get("properties")
        for feature in features
        if isinstance(feature, dict)
    )
    return [row for row in rows if isinstance(row, dict)]


def _csv_rows(body: bytes, issues: Issues) -> list[Mapping[str, Any]]:
    rows = Rows(body)
    heading = rows.heading()
    found = [dict(zip(heading, cells, strict=False)) for _, cells in rows if cells]
    issues.extend(rows.issues())
    return list(found)


def _columns(row: Mapping[str, Any]) -> dict[str, str]:
    """Say which column holds what."""
    found = {}
    for what, pattern in _COLUMNS.items():
        there = [name for name in row if name and pattern.fullmatch(name.strip().lower())]
        if not there:
            raise ValueError(f"no column for the {what.replace('_', ' ')}")
        found[what] = there[0]
    return found


FEED = Feed(
    name="places.lookup",
    title="Small census areas to wards",
    summary="Which ward each small census area lies in best.",
    publisher="Office for National Statistics",
    documentation="https://geoportal.statistics.gov.uk/",
    licence="OGL-UK-3.0",
    attribution=(
        "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
        " Contains OS data © Crown copyright and database right."
    ),
    every=timedelta(days=30),
    stale_after=timedelta(days=400),
    requests=requests,
    reads=("url",),
    parse=parse,
    kinds=(LOOKUP,),
    observes=False,
    keep_raw=timedelta(days=800),
)
