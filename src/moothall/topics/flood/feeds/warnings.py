"""Environment Agency flood warnings and alerts in force round the city.

Source:   https://environment.data.gov.uk/flood-monitoring/doc/reference#flood-warnings
Cadence:  15 minutes, as the source asks.
Params:   the city's box
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from moothall.kernel.registry import Feed, Params
from moothall.topics.flood import rules
from moothall.topics.flood.feeds.readings import read_items
from moothall.topics.flood.feeds.stations import circle, read_text
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Column, Kind, Origin, Record, Severity
from moothall.values.requests import Payload, Request
from moothall.values.times import parse_instant

FLOODS = "https://environment.data.gov.uk/flood-monitoring/id/floods"
LONDON = ZoneInfo("Europe/London")
WARNING = Kind(
    name="flood.warning",
    title="Flood warnings and alerts",
    summary="One row for each flood area with a message; severity 1 is worst, 4 is over.",
    columns=(
        Column(name="name", meaning="The flood area, in the Agency's words"),
        Column(name="area_id", meaning="The flood area's code"),
        Column(name="severity_level", type="integer", meaning="1 is worst, 4 is over"),
        Column(name="severity"),
        Column(name="message"),
        Column(name="county"),
        Column(name="river_or_sea"),
        Column(name="tidal", type="boolean"),
        Column(name="raised_at", type="datetime"),
        Column(name="severity_changed_at", type="datetime"),
        Column(name="message_changed_at", type="datetime"),
        Column(name="source_url"),
    ),
)


def requests(params: Params) -> Iterator[Request]:
    """Ask for the warnings in a circle round the city's box."""
    yield Request(url=f"{FLOODS}?{circle(params)}")


def parse(payload: Payload, params: Params) -> Batch:
    """Read every warning of the answer: what it no longer lists is over.

    Shape:   {"items": [warning]} or {"items": warning}; also a flood area whose
             `currentWarning` is embedded. Times are local and carry no zone.
    Errors:  ValueError if the whole is not that shape; one bad item becomes an Issue, and then
             the answer is not taken as complete, so that no warning is lost with it.
    """
    records: dict[str, Record] = {}
    issues = Issues()
    for number, item in enumerate(read_items(payload.body)):
        try:
            warning = item.get("currentWarning", item)
            record = _read_warning(warning, item, payload.fetched_at)
            known = records.get(record.id)
            if known is None or _rank(record) < _rank(known):
                records[record.id] = record
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            issues.note(f"items[{number}]", fault, item, severity=Severity.ERROR)
    return Batch(
        records=tuple(records.values()),
        issues=tuple(issues),
        as_of=payload.fetched_at,
        complete=frozenset() if issues else frozenset({WARNING.name}),
    )


def _rank(record: Record) -> int:
    """Order two warnings for one area: the worse one is shown."""
    level = record.fields["severity_level"]
    return level if isinstance(level, int) else 0


def _read_warning(
    warning: Mapping[str, Any], item: Mapping[str, Any], fetched_at: datetime
) -> Record:
    area = warning.get("floodArea")
    area = area if isinstance(area, dict) else item if item is not warning else {}
    level = rules.Severity(int(warning["severityLevel"]))
    changed_at = _instant(warning.get("timeMessageChanged") or warning.get("timeSeverityChanged"))
    area_id = str(warning["floodAreaID"])
    return Record(
        kind=WARNING.name,
        id=area_id,
        # A message written for later, or by a clock ahead of ours, is true from when we read it.
        from_at=min(changed_at or fetched_at, fetched_at),
        fields={
            "name": read_text(warning.get("description"))
            or read_text(area.get("label"))
            or area_id,
            "area_id": area_id,
            "severity_level": int(level),
            "severity": read_text(warning.get("severity")),
            "message": read_text(warning.get("message")),
            "county": read_text(area.get("county")),
            "river_or_sea": read_text(area.get("riverOrSea")),
            "tidal": warning.get("isTidal") is True,
            "raised_at": _iso(warning.get("timeRaised")),
            "severity_changed_at": _iso(warning.get("timeSeverityChanged")),
            "message_changed_at": _iso(warning.get("timeMessageChanged")),
            "source_url": f"https://check-for-flooding.service.gov.uk/target-area/{area_id}",
        },
    )


@lru_cache(maxsize=1024)
def _instant(text: str | None) -> datetime | None:
    return parse_instant(text, zone=LONDON) if text else None


@lru_cache(maxsize=1024)
def _iso(text: str | None) -> str | None:
    at = _instant(text)
    return at.isoformat() if at else None


def simulate(params: Params, now: datetime) -> Batch:
    """Stand in for the source: nothing in force, and one plainly invented area to say so."""
    name = "Demonstration area: not a real place, not a real warning"
    raised_at = now.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
    fields = dict.fromkeys(column.name for column in WARNING.columns)
    return Batch(
        records=(
            Record(
                kind=WARNING.name,
                id="DEMONSTRATION",
                from_at=now.replace(hour=0, minute=0, second=0, microsecond=0),
                fields={
                    **fields,
                    "name": name,
                    "area_id": "DEMONSTRATION",
                    "severity_level": int(rules.Severity.NO_LONGER_IN_FORCE),
                    "severity": "Warning no longer in force",
                    "message": "Simulated. Real ones: check-for-flooding.service.gov.uk.",
                    "tidal": False,
                    "raised_at": raised_at,
                    "severity_changed_at": raised_at,
                    "message_changed_at": raised_at,
                    "source_url": "https://check-for-flooding.service.gov.uk/",
                },
                origin=Origin.SIMULATED,
            ),
        ),
        as_of=now,
        complete=frozenset({WARNING.name}),
    )


FEED = Feed(
    name="flood.warnings",
    title="Flood warnings",
    summary="Flood warnings and alerts in force in and round the city.",
    publisher="Environment Agency",
    documentation="https://environment.data.gov.uk/flood-monitoring/doc/reference",
    licence="OGL-UK-3.0",
    attribution=(
        "This uses Environment Agency flood and river level data from the real-time data API (Beta)"
    ),
    every=timedelta(minutes=15),
    stale_after=timedelta(hours=1),
    parse=parse,
    requests=requests,
    kinds=(WARNING,),
    observes=False,
    simulate=simulate,
)
