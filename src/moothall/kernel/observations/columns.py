"""Observations and records in columns: the Arrow shapes they are kept and moved in.

The one place that knows them. It needs pyarrow and numpy, so the rest imports it late.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any, cast

import numpy as np
import pyarrow as pa

from moothall.kernel.observations.entries import instant, micros, observe
from moothall.values.observations import Observation, Origin, Record

_INSTANT = pa.timestamp("us", tz="UTC")

OBSERVATIONS = pa.schema(
    [
        pa.field("series", pa.string(), nullable=False),
        pa.field("at", _INSTANT, nullable=False),
        pa.field("until", _INSTANT),
        pa.field("value", pa.float64()),
        pa.field("text", pa.string()),
        pa.field("quality", pa.int8(), nullable=False),
        pa.field("origin", pa.int8(), nullable=False),
    ]
)
"""What a feed hands over in columns. `series` may be dictionary-encoded; either `value` or `text`
is set; `until`, `text`, `quality` and `origin` may be left out."""

KEPT = pa.schema(
    [
        pa.field("series", pa.int32()),
        pa.field("at", _INSTANT),
        pa.field("until", _INSTANT),
        pa.field("value", pa.float64()),
        pa.field("text", pa.string()),
        pa.field("quality", pa.int8()),
        pa.field("origin", pa.int8()),
        pa.field("segment", pa.int64()),
    ]
)
"""What the lake keeps: the series by its number, and the segment each row came in."""

RECORDS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("from_at", _INSTANT),
        pa.field("fields", pa.string()),
        pa.field("geometry", pa.string()),
        pa.field("gone", pa.bool_()),
        pa.field("origin", pa.int8()),
        pa.field("segment", pa.int64()),
    ]
)
"""Versions of records of one kind; `fields` and `geometry` are JSON."""

_SMALL, _LARGE = pa.ipc.IpcWriteOptions(), pa.ipc.IpcWriteOptions(compression="zstd")
_WORTH_COMPRESSING = 256
"""Rows. Of fewer, compressing costs more time than all else, and saves next to nothing."""
_OPTIONAL = ("until", "text", "value")


def table_of(observations: Sequence[Observation]) -> pa.Table:
    """Put observations into columns."""
    numbers = [None if isinstance(o.result, str) else float(o.result) for o in observations]
    texts = [o.result if isinstance(o.result, str) else None for o in observations]
    return pa.table(
        [
            pa.array([o.series for o in observations], pa.string()).dictionary_encode(),
            pa.array([micros(o.at) for o in observations], pa.int64()).cast(_INSTANT),
            pa.array(
                [None if o.until is None else micros(o.until) for o in observations], pa.int64()
            ).cast(_INSTANT),
            pa.array(numbers, pa.float64()),
            pa.array(texts, pa.string()),
            pa.array([int(o.quality) for o in observations], pa.int8()),
            pa.array([int(o.origin) for o in observations], pa.int8()),
        ],
        names=OBSERVATIONS.names,
    )


def int64s(column: Any) -> "np.ndarray[Any, Any]":
    """Read a column of instants or whole numbers as an array, without nulls."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_timestamp(flat.type):
        flat = flat.cast(_INSTANT).view(pa.int64())
    return np.asarray(flat)


def pack(table: pa.Table) -> bytes:
    """Write a table as the body of a segment; columns that are all null are left out."""
    spare = [name for name in _OPTIONAL if name in table.column_names]
    table = table.drop_columns([n for n in spare if table[n].null_count == len(table)])
    sink = pa.BufferOutputStream()
    options = _LARGE if len(table) >= _WORTH_COMPRESSING else _SMALL
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return cast(bytes, sink.getvalue().to_pybytes())


def checksum(body: bytes) -> int:
    """Return the checksum a segment's row carries."""
    return zlib.crc32(body)


def unpack(body: bytes, *, segment: int, schema: pa.Schema) -> pa.Table:
    """Read the body of a segment, in the full schema, with its segment's number beside each row."""
    with pa.ipc.open_stream(body) as reader:
        table = reader.read_all()
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
        if field.name != "segment"
    ]
    columns.append(pa.array(np.full(len(table), segment, dtype=np.int64)))
    return pa.table(columns, schema=schema)


def observations_of(table: pa.Table, keys: Mapping[int, str]) -> tuple[Observation, ...]:
    """Read kept rows as observations, in their order."""
    texts = table["text"]
    result = table["value"].to_pylist()
    if texts.null_count < len(texts):
        told = zip(result, texts.to_pylist(), strict=True)
        result = [value if text is None else text for value, text in told]
    ends = table["until"].cast(pa.int64()).to_pylist()
    made = observe(
        series=[keys[series] for series in int64s(table["series"]).tolist()],
        at=[at.replace(tzinfo=UTC) for at in int64s(table["at"]).astype("M8[us]").tolist()],
        until=[None if end is None else instant(end) for end in ends],
        result=result,
        quality=table["quality"].to_pylist(),
        origin=table["origin"].to_pylist(),
    )
    return tuple(made)


def records_table(records: Iterable[tuple[Record, str, str | None]]) -> pa.Table:
    """Put versions of records into columns; each with its fields and geometry as JSON."""
    rows = list(records)
    return pa.table(
        [
            pa.array([record.id for record, _, _ in rows], pa.string()),
            pa.array([micros(record.from_at) for record, _, _ in rows], pa.int64()).cast(_INSTANT),
            pa.array([fields for _, fields, _ in rows], pa.string()),
            pa.array([geometry for _, _, geometry in rows], pa.string()),
            pa.array([record.gone for record, _, _ in rows], pa.bool_()),
            pa.array([int(record.origin) for record, _, _ in rows], pa.int8()),
        ],
        names=RECORDS.names[:-1],
    )


def records_of(table: pa.Table, kind: str) -> list[tuple[Record, int]]:
    """Read kept versions as records, each with its segment."""
    columns = (
        table["id"].to_pylist(),
        int64s(table["from_at"]).tolist(),
        table["fields"].to_pylist(),
        table["geometry"].to_pylist(),
        table["gone"].to_pylist(),
        table["origin"].to_pylist(),
        int64s(table["segment"]).tolist(),
    )
    return [
        (
            Record(
                kind=kind,
                id=id_,
                from_at=instant(from_at),
                fields=json.loads(fields),
                geometry=None if geometry is None else json.loads(geometry),
                gone=gone,
                origin=Origin(origin),
            ),
            segment,
        )
        for id_, from_at, fields, geometry, gone, origin, segment in zip(*columns, strict=True)
    ]
