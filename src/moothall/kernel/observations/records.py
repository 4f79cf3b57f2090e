"""Keeps records: a version when something changed, a tombstone when a full list drops a thing."""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from moothall.kernel.observations import bulk, columns, schema, segments
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.segments import Delivery
from moothall.values.observations import Batch, Issue, Mender, Record, Severity

FEW = 20
"""So many things may go at once without a second look: warnings end, bikes are ridden away."""
_HELD = "id, from_at, digest, gone, feed"
_COLUMNS = (
    "kind", "id", "from_at", "fields", "geometry", "west", "south", "east", "north", "digest",
    "gone", "origin", "feed", "segment",
)  # fmt: skip
_TYPES = (
    "text", "text", "int8", "text", "text", "float8", "float8", "float8", "float8", "text",
    "int2", "int2", "text", "int8",
)  # fmt: skip


class Said(NamedTuple):
    """A record as it is written: made before the lake is locked, for it takes the longer part."""

    record: Record
    fields: str
    geometry: str | None
    digest: str
    box: tuple[float | None, ...]


Prepared = Mapping[str, Sequence[Said]]
"""The records of a batch, by kind, each thing's versions oldest first."""


def prepare(batch: Batch) -> Prepared:
    """Say a batch's records as they are written; of those alike in id and instant, the last."""
    by_kind: dict[str, list[Said]] = {}
    stands = {(record.kind, record.id, record.from_at): record for record in batch.records}
    for record in sorted(stands.values(), key=lambda record: record.from_at):
        geometry = None if record.geometry is None else _json(record.geometry)
        said = _said(record, _json(record.fields), geometry)
        by_kind.setdefault(record.kind, []).append(said)
    return by_kind


def _said(record: Record, fields: str, geometry: str | None) -> Said:
    return Said(record, fields, geometry, _digest(record, geometry), box_of(record.geometry))


def keep(cursor: Cursor, batch: Batch, delivery: Delivery, *, prepared: Prepared) -> None:
    """Keep the records of a batch, kind by kind."""
    for kind in sorted(prepared.keys() | batch.complete):
        _keep_kind(cursor, kind, prepared.get(kind, ()), batch, delivery)


def _keep_kind(
    cursor: Cursor, kind: str, given: Sequence[Said], batch: Batch, delivery: Delivery
) -> None:
    complete = kind in batch.complete
    held = _held(cursor, kind, None if complete else {said.record.id for said in given})
    versions: list[Said] = []
    current = {id_: (row[0], row[1]) for id_, row in held.items()}
    for said in given:
        record, from_at = said.record, micros(said.record.from_at)
        before = current.get(record.id)
        if before is not None and before[1] == said.digest and from_at >= before[0]:
            delivery.unchanged += 1
            continue
        versions.append(said)
        if before is None or from_at >= before[0]:
            current[record.id] = (from_at, said.digest)
    if complete:
        listed = {said.record.id for said in given}
        listed |= {one.id for part in batch.parts for one in part.records if one.kind == kind}
        versions += _gone(cursor, kind, listed, held, batch=batch, delivery=delivery)
    if not versions:
        return
    instants = [micros(said.record.from_at) for said in versions]
    late = sum(
        said.record.id in held and at <= held[said.record.id][0]
        for said, at in zip(versions, instants, strict=True)
    )
    number = segments.write(
        cursor,
        delivery,
        stream=schema.record_stream(kind),
        body=columns.pack(columns.records_table([said[:3] for said in versions])),
        rows=len(versions),
        late=late,
        span=(min(instants), max(instants)),
    )
    delivery.records += len(versions)
    _raise_current(cursor, versions, held=held, delivery=delivery, segment=number)


def _held(cursor: Cursor, kind: str, ids: Iterable[str] | None) -> dict[str, tuple[Any, ...]]:
    """Return what is current of a kind, by id; of some ids, or of all."""
    if ids is None:
        cursor.execute(f"SELECT {_HELD} FROM record_current WHERE kind = ?", (kind,))
    else:
        condition, parameter = cursor.among("id", ids)
        cursor.execute(
            f"SELECT {_HELD} FROM record_current WHERE kind = ? AND {condition}",
            (kind, parameter),
        )
    return {row[0]: row[1:] for row in cursor.fetchall()}


def _gone(
    cursor: Cursor,
    kind: str,
    listed: AbstractSet[str],
    held: Mapping[str, tuple[Any, ...]],
    *,
    batch: Batch,
    delivery: Delivery,
) -> list[Said]:
    """Make a tombstone for each thing this feed once listed and now does not.

    A list older than one already seen says nothing about what is gone, nor does a list none of
    which could be read; a thing that an issue mentions is there, only unreadable.
    """
    as_of = batch.as_of or delivery.now
    stream = schema.record_stream(kind)
    newest = segments.newest_list(cursor, delivery.feed, stream=stream)
    if newest is not None and micros(as_of) < newest:
        return []
    missing = [
        id_
        for id_, (from_at, _, gone, feed) in held.items()
        if not gone and feed == delivery.feed and id_ not in listed and from_at <= micros(as_of)
    ]
    told = (issue for part in (batch, *batch.parts) for issue in part.issues)
    bad = [issue for issue in told if issue.severity is not Severity.INFO]
    if bad and missing:
        # Where issues are only counted, nobody knows which things they are about.
        if not listed or any(issue.count > 1 for issue in bad):
            delivery.issues.append(
                Issue(
                    where=kind,
                    what="The list could not be read, so nothing was taken to be gone.",
                    mender=Mender.US,
                )
            )
            return []
        spoilt = "\n".join(f"{issue.where}\n{issue.item}" for issue in bad)
        missing = [id_ for id_ in missing if id_ not in spoilt]
    there = sum(not gone and feed == delivery.feed for _, _, gone, feed in held.values())
    if not _is_believable(cursor, kind, delivery, lost=len(missing), there=there, as_of=as_of):
        return []
    segments.note_spoken(cursor, delivery.feed, stream=stream, at=as_of)
    condition, parameter = cursor.among("id", missing)
    cursor.execute(
        f"SELECT id, fields, geometry FROM record_current WHERE kind = ? AND {condition}",
        (kind, parameter),
    )
    last = {row[0]: row[1:] for row in cursor.fetchall()}
    tombstones = []
    for id_ in missing:
        fields, geometry = last[id_]
        record = Record(
            kind=kind,
            id=id_,
            from_at=instant(max(micros(as_of), held[id_][0])),
            fields=json.loads(fields),
            geometry=None if geometry is None else json.loads(geometry),
            gone=True,
            origin=delivery.origin,
        )
        tombstones.append(_said(record, fields, geometry))
    return tombstones


def _is_believable(
    cursor: Cursor, kind: str, delivery: Delivery, *, lost: int, there: int, as_of: datetime
) -> bool:
    """Say whether a list may declare so much gone: most of it only if the next list says it too.

    A file cut short reads as a whole one that has lost its end.
    """
    stream = schema.record_stream(kind)
    if lost <= FEW or 2 * lost <= there or segments.was_doubted(cursor, delivery.feed, stream):
        segments.believe(cursor, delivery.feed, stream)
        return True
    segments.doubt(cursor, delivery.feed, stream, at=as_of)
    delivery.doubted = True
    delivery.issues.append(
        Issue(
            where=kind,
            what=(
                f"The list leaves out {lost:,} of {there:,}: more than half. Nothing is taken to"
                " be gone unless the next list says so too."
            ),
        )
    )
    return False


def _raise_current(
    cursor: Cursor,
    versions: Sequence[Said],
    *,
    held: Mapping[str, tuple[Any, ...]],
    delivery: Delivery,
    segment: int,
) -> None:
    rows: dict[str, tuple[Any, ...]] = {}
    for record, fields, geometry, digest, box in versions:
        from_at = micros(record.from_at)
        before = rows[record.id][2] if record.id in rows else held.get(record.id, (from_at,))[0]
        if from_at >= before:
            rows[record.id] = (
                record.kind, record.id, from_at, fields, geometry, *box, digest,
                int(record.gone), int(record.origin), delivery.feed, segment,
            )  # fmt: skip
    if rows:
        new = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
        bulk.write_columns(
            cursor,
            f"INSERT INTO record_current ({', '.join(_COLUMNS)}) {{rows}}"
            f" ON CONFLICT (kind, id) DO UPDATE SET {new}",
            list(zip(*rows.values(), strict=True)),
            _TYPES,
        )


def _json(value: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(
            dict(value), default=str, option=orjson.OPT_PASSTHROUGH_DATETIME
        ).decode()
    except TypeError:  # such as a whole number of more than 64 bits
        return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"), default=str)


def _digest(record: Record, geometry: str | None) -> str:
    """Summarise what a version says, whatever the order of its fields.

    Never to be changed: what is kept would seem to say something else.
    """
    fields = json.dumps(dict(record.fields), sort_keys=True, default=str)
    text = f"{fields}\n{geometry}\n{record.gone}\n{int(record.origin)}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def box_of(geometry: Mapping[str, Any] | None) -> tuple[float | None, ...]:
    """Return the box a GeoJSON geometry lies in: west, south, east, north."""
    positions: list[tuple[float, float]] = []

    def gather(part: Any) -> None:
        if isinstance(part, Mapping):
            for inner in part.get("geometries", ()):
                gather(inner)
            gather(part.get("coordinates", ()))
        elif len(part) >= 2 and isinstance(part[0], int | float):
            positions.append((float(part[0]), float(part[1])))
        else:
            for inner in part:
                gather(inner)

    if geometry is not None:
        gather(geometry)
    if not positions:
        return (None, None, None, None)
    lons, lats = zip(*positions, strict=True)
    return (min(lons), min(lats), max(lons), max(lats))
