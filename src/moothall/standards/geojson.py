"""GeoJSON features (RFC 7946), written a column at a time: no object is made for each feature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

MEDIA_TYPE = "application/geo+json"
_TEXT = pa.large_string()
_AT_ONCE = 64
"""So many columns are joined in one go."""
_ESCAPED = np.zeros(256, bool)
_ESCAPED[[*range(32), ord('"'), ord("\\")]] = True


def write_features(ids: Any, geometries: Any, properties: Mapping[str, Any]) -> bytes:
    """Write features with a comma between each two.

    Shape:   columns of one length; `ids` of texts or whole numbers, `geometries` GeoJSON as text,
             null where there is none.
    """
    if not len(ids):
        return b""
    parts: list[Any] = ['{"type":"Feature","id":', values(ids), ',"geometry":', _plain(geometries)]
    before = ',"properties":{'
    for name, column in properties.items():
        parts += [f"{before}{orjson.dumps(name).decode()}:", values(column)]
        before = ","
    parts.append("}}," if properties else f"{before}}}}},")
    text = _joined(parts)
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int64)
    written: bytes = data[ends[text.offset] : ends[text.offset + len(text)] - 1].to_pybytes()
    return written


def write_points(x: Any, y: Any) -> pa.Array:
    """Write positions as points; null where there is none."""
    return _joined(
        ['{"type":"Point","coordinates":[', _numbers(x), ",", _numbers(y), "]}"], null="emit_null"
    )


def values(column: Any) -> pa.Array:
    """Write a column's values as JSON: instants in ISO 8601, what is missing or no number as null.

    Shape:   a text for each value.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        written = pc.cast(column, _TEXT)
    elif pa.types.is_floating(kind):
        written = _numbers(column)
    else:
        written = _quoted(column) or _once(column)
    return pc.fill_null(written, pa.scalar("null", _TEXT))


def _quoted(column: pa.Array) -> pa.Array | None:
    """Write texts that hold no sign JSON would have to escape; None for any others."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    texts = pc.cast(column, _TEXT)
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)
    first, last = ends[texts.offset], ends[texts.offset + len(texts)]
    if data is not None and _ESCAPED[np.frombuffer(data, np.uint8)[first:last]].any():
        return None
    return _joined(['"', texts, '"'], null="emit_null")


def _once(column: pa.Array) -> pa.Array:
    """Write each value once: most rows say what others say."""
    encoded = column.dictionary_encode()
    options = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
    once = [
        None if one is None else orjson.dumps(one, option=options).decode()
        for one in encoded.dictionary.to_pylist()
    ]
    return pa.array(once, _TEXT).take(encoded.indices)


def _numbers(column: Any) -> pa.Array:
    numbers = pa.array(column, pa.float64(), from_pandas=True)
    return pc.cast(pc.if_else(pc.is_finite(numbers), numbers, None), _TEXT)


def _plain(texts: Any) -> pa.Array:
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    return pc.fill_null(pc.cast(texts, _TEXT), pa.scalar("null", _TEXT))


def _joined(parts: list[Any], *, null: str = "replace") -> pa.Array:
    while len(parts) > _AT_ONCE:
        parts = [_joined(parts[:_AT_ONCE]), *parts[_AT_ONCE:]]
    given = [pa.scalar(part, _TEXT) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*given, pa.scalar("", _TEXT), null_handling=null)
