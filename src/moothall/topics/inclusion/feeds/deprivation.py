"""The English Indices of Deprivation 2025, by 2021 small census area."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from moothall.kernel.registry import Feed
from moothall.standards.csvtext import Rows, find_column
from moothall.topics.inclusion.rules import DOMAINS, LSOAS_IN_ENGLAND
from moothall.values.issues import Issues
from moothall.values.numbers import read_number
from moothall.values.observations import Batch, Column, Kind, Record
from moothall.values.requests import Payload, Request

HIGHEST_SCORE = 100.0
"""Most scores are from 0 to 100, some round zero."""
PUBLISHED_AT = datetime(2025, 10, 30, tzinfo=UTC)
_GSS = re.compile(r"[EW]01\d{6}")
_WORDS = {
    "overall": "all seven domains together",
    "income": "low income",
    "employment": "being kept out of work",
    "education": "lack of skills and schooling",
    "health": "risk of early death, poor health and disability",
    "crime": "risk of crime",
    "housing": "barriers to housing and local services",
    "environment": "quality of homes and surroundings",
}


def _columns() -> Iterator[Column]:
    yield Column(name="lsoa", meaning="GSS code of the small area (2021)")
    yield Column(name="name", meaning="the small area's name, where the source says it")
    for domain in DOMAINS:
        words = _WORDS[domain]
        yield Column(
            name=f"{domain}_rank",
            type="integer",
            unit="1",
            meaning=f"rank among England's {LSOAS_IN_ENGLAND:,} small areas: {words};"
            " 1 is the most deprived",
        )
        yield Column(
            name=f"{domain}_decile",
            type="integer",
            unit="1",
            meaning=f"tenth of England's small areas: {words}; 1 is the most deprived tenth",
        )
        yield Column(
            name=f"{domain}_score",
            type="number",
            unit="1",
            meaning=f"score: {words}; higher is more deprived; compare it within this domain only",
        )


LSOA = Kind(
    name="inclusion.lsoa_deprivation",
    title="Deprivation by small area, 2025",
    summary=(
        "How each small area stands among all of England's. It is about areas and not about the"
        " people in them, and it ranks: it does not measure how much better or worse."
    ),
    columns=tuple(_columns()),
    label="lsoa",
)

# The published file spells each column out; a cut of it in use elsewhere says IMD_rank.
_SHORT = {
    "overall": "imd",
    "housing": "housing_and_services",
}
_LONG = {
    "overall": "index of multiple deprivation (imd)",
    "education": "education, skills and training",
    "health": "health deprivation and disability",
    "housing": "barriers to housing and services",
    "environment": "living environment",
}
_CODE_COLUMNS = ("lsoa code (2021)", "lsoa21_code", "lsoa21cd")
_NAME_COLUMNS = ("lsoa name (2021)", "lsoa21_name", "lsoa21nm")
_COUNCIL = re.compile(r"local authority district code.*")


def requests(params: Mapping[str, Any]) -> Iterable[Request]:
    """Ask for the file the pack names."""
    return [Request(url=params["url"])] if params.get("url") else []


def parse(payload: Payload, params: Mapping[str, Any]) -> Batch:
    """Read the city's small areas.

    Shape:   CSV; with a column of council codes only the city's rows are kept, else those whose
             council is not said are kept, as a file cut for the city has them.
    Units:   ranks and deciles may be written as floats ("17269.0"); a blank is not known.
    Errors:  ValueError if it is no such table.
    """
    rows = Rows(payload.body)
    header = [name.lower() for name in rows.heading()]
    at = _positions(header)
    council = next((header.index(name) for name in header if _COUNCIL.fullmatch(name)), None)
    gss = params["city"]["gss"]
    records: dict[str, Record] = {}
    issues = Issues()
    for line, row in rows:
        if not row or (council is not None and row[council : council + 1] != [gss]):
            continue
        found = _area(row, at)
        if isinstance(found, str):
            issues.note(f"line {line}", found, row)
        elif found.id in records:
            what = f"{found.id} comes twice; the first is kept"
            issues.note(f"line {line}", what, row)
        else:
            records[found.id] = found
    return Batch(
        records=tuple(records.values()),
        issues=(*issues, *rows.issues()),
        as_of=PUBLISHED_AT,
        complete=frozenset({LSOA.name}) if records else frozenset(),
    )


def _positions(header: Sequence[str]) -> dict[str, int]:
    """Say which column holds what."""
    at: dict[str, int] = {}
    for name, wanted in (("lsoa", _CODE_COLUMNS), ("name", _NAME_COLUMNS)):
        place = find_column(header, *wanted)
        if place is not None:
            at[name] = place
    for domain in DOMAINS:
        short, long = _SHORT.get(domain, domain), _LONG.get(domain, domain)
        for what in ("rank", "decile", "score"):
            name, begins = f"{short}_{what}", f"{long} {what}"
            for place, column in enumerate(header):
                if column == name or column.startswith(begins):
                    at[f"{domain}_{what}"] = place
                    break
    if "lsoa" not in at:
        raise ValueError(f"no column for the small area; expected {', '.join(_CODE_COLUMNS)}")
    if "overall_rank" not in at:
        raise ValueError("no column for the overall rank")
    return at


def _area(row: Sequence[str], at: Mapping[str, int]) -> Record | str:
    """Read one line, or say what is wrong with it. A column the table lacks is not known."""
    if len(row) <= max(at.values()):
        return "the line is cut short"
    code = row[at["lsoa"]].strip()
    if not _GSS.fullmatch(code):
        return f"not the code of a small area: {code!r}"
    fields: dict[str, str | int | float | None] = {"lsoa": code, "name": None}
    try:
        for column, place in at.items():
            text = row[place].strip()
            fields[column] = (text or None) if column in _TEXTS else _read(column, text)
    except ValueError as fault:
        return f"{code}: {fault}"
    return Record(kind=LSOA.name, id=code, from_at=PUBLISHED_AT, fields=fields)


_TEXTS = frozenset({"lsoa", "name"})
_MOST = {f"{domain}_rank": LSOAS_IN_ENGLAND for domain in DOMAINS} | {
    f"{domain}_decile": 10 for domain in DOMAINS
}


def _read(column: str, text: str) -> int | float | None:
    if not text:
        return None
    most = _MOST.get(column)
    if most is None:
        return read_number(text, least=-HIGHEST_SCORE, most=HIGHEST_SCORE)
    number = read_number(text)
    if not (1 <= number <= most and number.is_integer()):
        raise ValueError(f"{text} is not a whole number between 1 and {most}")
    return int(number)


FEED = Feed(
    name="inclusion.deprivation",
    title="English Indices of Deprivation 2025",
    summary="How the city's small areas stand among England's, in seven domains and overall.",
    publisher="Ministry of Housing, Communities and Local Government",
    documentation="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2025",
    licence="OGL-UK-3.0",
    attribution=(
        "Contains public sector information licensed under the Open Government Licence v3.0:"
        " Ministry of Housing, Communities and Local Government, English Indices of Deprivation"
        " 2025."
    ),
    every=timedelta(days=30),
    stale_after=timedelta(days=365 * 6),
    requests=requests,
    reads=("url",),
    parse=parse,
    kinds=(LSOA,),
    observes=False,
    keep_raw=timedelta(days=365 * 6),
)
