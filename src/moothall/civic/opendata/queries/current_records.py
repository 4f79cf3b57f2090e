"""The records of a kind that hold now, in columns of the types that it declares."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from moothall.kernel.observations.lake import current
from moothall.standards.jsontext import read_json
from moothall.values.observations import Column, Kind, Origin

_INSTANT = pa.timestamp("us", tz="UTC")
_TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": _INSTANT,
}


def read(kind: Kind, own: Iterable[Column]) -> pa.Table:
    """Read what there is of a kind, by id, however long its history is.

    Shape:   `id`, the kind's `own` columns, `from_at`, `origin` in words, `geometry` as GeoJSON.
    """
    rows = sorted(current().read_records(kind.name), key=itemgetter(0))
    ids, from_at, fields, places, origins = zip(*rows, strict=True) if rows else [()] * 5
    said = read_json(f"[{','.join(fields)}]".encode())
    columns = {one.name: typed([each.get(one.name) for each in said], one) for one in own}
    names = [origin.name.lower() for origin in sorted(Origin)]
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            **columns,
            "from_at": pa.array(np.array(from_at, np.int64), _INSTANT),
            "origin": pa.array(names).take(pa.array(origins, pa.int8())),
            "geometry": pa.array(places, pa.string()),
        }
    )


def typed(values: Iterable[Any], column: Column) -> pa.Array:
    """Give values the type their column declares; what is not of it is not known."""
    values = list(values)
    wanted = _TYPES.get(column.type, pa.string())
    read = _READERS.get(column.type, _read_text)
    if column.type in {"integer", "number", "boolean"}:
        try:
            return pa.array(values, wanted)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            pass
    return pa.array([None if one is None else read(one) for one in values], wanted)


def _read_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _read_day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _read_instant(value: Any) -> datetime | None:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _read_integer(value: Any) -> int | None:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if whole and abs(value) < 2**63 else None


def _read_figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _read_truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_READERS: dict[str, Callable[[Any], Any]] = {
    "integer": _read_integer,
    "number": _read_figure,
    "boolean": _read_truth,
    "date": _read_day,
    "datetime": _read_instant,
}
