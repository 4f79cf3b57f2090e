"""What a batch must be before it is stored: readable, in the city, in time, finite. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from moothall.kernel.feeds import columnar, disclosure, texts
from moothall.kernel.registry import Feed
from moothall.values.issues import Issues
from moothall.values.observations import Batch, Issue, Observation, Record, Series, Severity
from moothall.values.places import Box

FURTHEST_AHEAD = timedelta(days=366)
"""Forecasts look ahead; a clock that says 2099 is broken, and would be the latest for ever."""


def check(batch: Batch, *, feed: Feed, box: Box | None, now: datetime) -> Batch:
    """Return the batch without what cannot be true here, an issue for each thing left out."""
    batch = disclosure.withhold(texts.clean_batch(batch), feed=feed)
    issues = Issues()
    look = None if feed.anywhere else box
    anywhere = {kind.name for kind in feed.kinds if kind.anywhere}
    outside = frozenset() if look is None else _series_outside(batch.series, look, issues)
    series = tuple(one for one in batch.series if one.key not in outside)
    observations = _observations(batch.observations, outside, now + FURTHEST_AHEAD, issues)
    table = batch.table
    if table is not None:
        table = columnar.check(table, outside=outside, ahead=now + FURTHEST_AHEAD, issues=issues)
    records = []
    for record in batch.records:
        inside = look is None or record.kind in anywhere or _is_inside(record, look, issues)
        if inside:
            records.append(_finite(record, issues))
    if not issues:
        return batch
    return replace(
        batch,
        series=series,
        observations=observations,
        table=table,
        records=tuple(records),
        issues=(*batch.issues, *issues),
    )


def _series_outside(series: tuple[Series, ...], box: Box, issues: Issues) -> frozenset[str]:
    outside = set()
    for one in series:
        if one.lon is None or one.lat is None or box.holds(lon=one.lon, lat=one.lat):
            continue
        outside.add(one.key)
        issues.append(_outside(one.key, f"{one.lon}, {one.lat}"))
    return frozenset(outside)


def _observations(
    observations: tuple[Observation, ...],
    outside: frozenset[str],
    ahead: datetime,
    issues: Issues,
) -> tuple[Observation, ...]:
    latest = max((one.at for one in observations), default=None)
    if not outside and (latest is None or latest <= ahead):
        return observations
    kept = []
    for one in observations:
        if one.at > ahead:
            issues.note(
                where=one.series,
                what="measured in the future",
                severity=Severity.ERROR,
                item=f"{one.at.isoformat()} {one.result}",
            )
        elif one.series not in outside:
            kept.append(one)
    return tuple(kept)


def _is_inside(record: Record, box: Box, issues: Issues) -> bool:
    words = "" if record.geometry is None else _where_outside(record.geometry, box)
    if words:
        issues.append(_outside(f"{record.kind} {record.id}", words))
    return not words


def _outside(where: str, position: str) -> Issue:
    return Issue(where=where, what="lies outside the city", severity=Severity.ERROR, item=position)


def _where_outside(geometry: Mapping[str, Any], box: Box) -> str:
    """Say where a geometry is if no part of its bounds touches the box; "" if some does."""
    try:
        points = tuple(_positions(geometry.get("coordinates")))
        if not points:
            return ""
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
    except (TypeError, ValueError, IndexError, RecursionError):
        return "a geometry that cannot be read"
    if not all(map(isfinite, (west, east, south, north))):
        return "a geometry that cannot be read"
    apart = west > box.east or east < box.west or south > box.north or north < box.south
    return f"{west}, {south}" if apart else ""


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _positions(part)


def _finite(record: Record, issues: Issues) -> Record:
    bad = [
        name
        for name, value in record.fields.items()
        if isinstance(value, float) and not isfinite(value)
    ]
    if not bad:
        return record
    for name in bad:
        issues.note(where=f"{record.kind} {record.id} {name}", what="not a number")
    return replace(
        record,
        fields={key: None if key in bad else value for key, value in record.fields.items()},
    )
