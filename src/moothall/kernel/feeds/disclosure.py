"""Counts so small that they name someone are left out before anything is kept. Pure.

This is the one way in for every feed, so there is no way out to forget: no page, file, search,
map or address can tell what the lake was never told.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moothall.kernel.privacy.rules import Cell, suppress_small_counts
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Issue, Kind, Record, Severity

MOST_CELLS = 4_000
"""A table with more counts than this is not told at all: working out what is safe takes long."""


def counts_people(feed: Feed) -> bool:
    """Say whether a feed brings counts of people; what it brought is then not given out raw."""
    return any(_columns(kind) for kind in feed.kinds)


def withhold(batch: Batch, *, feed: Feed) -> Batch:
    """Return the batch without the counts of people that are small or give a small one away.

    Leaves:  an issue for each kind that lost a count; no issue quotes what it is about, for that
             would tell what was left out.
    """
    counted = {kind.name: columns for kind in feed.kinds if (columns := _columns(kind))}
    if not counted:
        return batch
    told = {name: _tell(name, columns, batch.records) for name, columns in counted.items()}
    issues = [replace(issue, item="") for issue in batch.issues]
    records = []
    lost = dict.fromkeys(counted, 0)
    for record in batch.records:
        if record.kind not in counted:
            records.append(record)
            continue
        fields = dict(record.fields)
        for column in counted[record.kind]:
            said = fields.get(column)
            fields[column] = told[record.kind].get((record.id, column))
            lost[record.kind] += said is not None and fields[column] is None
        records.append(replace(record, fields=fields))
    issues += [
        Issue(
            where=name,
            what=f"{count} counts of people left out, so that nobody can be made out",
            severity=Severity.INFO,
        )
        for name, count in lost.items()
        if count
    ]
    return replace(batch, records=tuple(records), issues=tuple(issues))


def _columns(kind: Kind) -> tuple[str, ...]:
    return tuple(column.name for column in kind.columns if column.people)


def _tell(
    name: str, columns: tuple[str, ...], records: tuple[Record, ...]
) -> Mapping[Cell, int | None]:
    counts: dict[Cell, int] = {}
    for record in records:
        if record.kind != name:
            continue
        for column in columns:
            count = _whole(record.fields.get(column))
            if count is not None:
                counts[record.id, column] = count
    if len(counts) > MOST_CELLS:
        return {}
    table = suppress_small_counts(counts)
    return {} if table is None else {cell: table.counts[cell] for cell in counts}


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value >= 0 and value == int(value) else None
