"""Move the times of a parsed batch, and label where it came from. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from moothall.values.observations import Batch, Kind, Observation, Origin, Record, Scalar
from moothall.values.times import parse_instant

if TYPE_CHECKING:
    import pyarrow as pa


def move(
    batch: Batch,
    *,
    origin: Origin,
    shift: timedelta = timedelta(0),
    hold_future: bool = False,
    kinds: Iterable[Kind] = (),
    now: datetime,
) -> Batch:
    """Return a batch labelled with its origin, all its times later by `shift`.

    With `hold_future` what is then still ahead of now is left out.
    """
    if origin is Origin.LIVE and not shift and not hold_future:
        return batch
    instants = {
        kind.name: tuple(column.name for column in kind.columns if column.type == "datetime")
        for kind in kinds
    }
    until = now if hold_future else None
    return replace(
        batch,
        observations=tuple(
            _observation(one, origin, shift)
            for one in batch.observations
            if until is None or one.at + shift <= until
        ),
        records=tuple(
            _record(record, origin, shift, instants.get(record.kind, ()))
            for record in batch.records
            if until is None or record.from_at + shift <= until
        ),
        as_of=None if batch.as_of is None else batch.as_of + shift,
        table=None if batch.table is None else _table(batch.table, origin, shift, until),
    )


def _observation(one: Observation, origin: Origin, shift: timedelta) -> Observation:
    return replace(
        one,
        at=one.at + shift,
        until=None if one.until is None else one.until + shift,
        origin=origin,
    )


def _record(record: Record, origin: Origin, shift: timedelta, instants: tuple[str, ...]) -> Record:
    fields = record.fields
    if shift and instants:
        moved: dict[str, Scalar] = dict(fields)
        for name in instants:
            moved[name] = _moved(fields.get(name), shift)
        fields = moved
    return replace(record, from_at=record.from_at + shift, fields=fields, origin=origin)


def _moved(value: Scalar, shift: timedelta) -> Scalar:
    """Move an instant written as text; anything else is left as it is."""
    if not isinstance(value, str):
        return value
    try:
        at = parse_instant(value) + shift
    except (ValueError, OverflowError):
        return value
    return at.isoformat(timespec="seconds" if not at.microsecond else "auto").replace("+00:00", "Z")


def _table(
    table: "pa.Table", origin: Origin, shift: timedelta, until: datetime | None
) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in ("at", "until"):
        if name in table.column_names and shift:
            column = table.column(name)
            moved = pc.add(column, pa.scalar(shift, pa.duration("us"))).cast(column.type)
            table = table.set_column(table.column_names.index(name), name, moved)
    label = pa.array([int(origin)] * table.num_rows, pa.int8())
    if "origin" in table.column_names:
        place = table.column_names.index("origin")
        table = table.set_column(place, "origin", label.cast(table.schema.field("origin").type))
    else:
        table = table.append_column("origin", label)
    if until is not None:
        table = table.filter(pc.less_equal(table.column("at"), pa.scalar(until)))
    return table
