"""A collection as it stands, whole and in columns: read once for each change of its data."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.civic.opendata.queries.current_records import typed
from moothall.civic.opendata.queries.datasets import OBSERVED, Dataset
from moothall.civic.opendata.queries.features.holding import Held
from moothall.civic.opendata.queries.sources import FIXED, read_records
from moothall.kernel.keeping import kept
from moothall.kernel.observations.entries import micros
from moothall.kernel.observations.lake import current
from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version
from moothall.values.observations import Column, Kind

MOST_BYTES = 128 * 1024 * 1024
"""How much of what was read a process keeps; the longest unused goes first."""
_OPEN = np.iinfo(np.int64).max
ID = Column(name="id", meaning="Its identifier")
FROM_AT = Column(name="from_at", type="datetime", meaning="From when it holds, in UTC")
ORIGIN = Column(name="origin", meaning="live, replayed from a recording, or simulated")


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """Every feature of a collection, in the order of their ids."""

    ids: pa.Array
    """Texts; of a table, whole numbers: the rows of its file."""
    columns: tuple[Column, ...]
    rows: pa.Table
    """What the columns say."""
    x: Any
    y: Any
    """Where points are, in degrees; NaN for what has no place. None if some are no points."""
    texts: Any
    """Where the features are, as GeoJSON; None if they are points."""
    bounds: Any
    """West, south, east, north of each, a row a side; NaN for what has no place."""
    geometry: str
    """Of what type they all are."""
    from_at: Any
    until_at: Any
    """When each holds, in microseconds since 1970, both ends in it; None if nothing says."""
    read_at: datetime

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """How much memory it takes, roughly."""
        places = self.texts.nbytes if self.texts is not None else 0
        return int(self.rows.nbytes + self.bounds.nbytes + places * 4 + 120 * len(self))

    @cached_property
    def keys(self) -> Sequence[Any]:
        """Their ids, to look one up."""
        found: Sequence[Any] = (
            self.ids.to_numpy() if pa.types.is_integer(self.ids.type) else self.ids.to_pylist()
        )
        return found

    @cached_property
    def says(self) -> Mapping[str, Any]:
        """Their columns by name, their ids among them."""
        own = dict(zip(self.rows.column_names, self.rows.columns, strict=True))
        return {ID.name: self.ids, **own}

    @property
    def queryables(self) -> tuple[Column, ...]:
        """By what they can be chosen."""
        if any(one.name == ID.name for one in self.columns):
            return self.columns
        numbered = pa.types.is_integer(self.ids.type)
        return (replace(ID, type="integer") if numbered else ID, *self.columns)

    @cached_property
    def shapes(self) -> Any:
        """Where the features are, as shapes; None for what has no place."""
        import shapely

        if self.texts is None:
            there = np.isfinite(self.x)
            shapes = np.full(len(self), None, dtype=object)
            shapes[there] = shapely.points(self.x[there], self.y[there])
            return shapes
        return shapely.from_geojson(np.array(self.texts.to_pylist(), dtype=object))

    @cached_property
    def extent(self) -> tuple[float, float, float, float] | None:
        """The box that all of them lie in."""
        if not np.isfinite(self.bounds[0]).any():
            return None
        west, south = np.nanmin(self.bounds[:2], axis=1)
        east, north = np.nanmax(self.bounds[2:], axis=1)
        return float(west), float(south), float(east), float(north)

    def find(self, id_: str) -> int | None:
        """Return the place of a feature among them."""
        place = self.place(id_)
        if place is None or place == len(self) or str(self.keys[place]) != id_:
            return None
        return place

    def place(self, id_: str) -> int | None:
        """Return where a feature of this id stands or would; None for what is no id of theirs."""
        if not pa.types.is_integer(self.ids.type):
            return bisect_left(self.keys, id_)
        if not (id_.isascii() and id_.isdigit() and len(id_) < 16):
            return None
        return bisect_left(self.keys, int(id_))


_held: Held[Frame] = Held(MOST_BYTES, size_of=lambda frame: frame.nbytes)


def get_frame(dataset: Dataset, now: datetime) -> Frame:
    """Return a dataset's features as they stand; errors: UnableToQuery, OSError."""
    return _held.get(dataset.name, stamp_of(dataset, now), lambda: _read(dataset, now))


def stamp_of(dataset: Dataset, now: datetime) -> object:
    """Return what is equal for as long as the data are the same."""
    if dataset.table is not None:
        return dataset.table.version
    services = {one.name.partition(".")[0] for one in dataset.feeds}
    return kept.keep(("collection", dataset.name), now, object, about=sorted(services), ages=False)


def _read(dataset: Dataset, now: datetime) -> Frame:
    if dataset.table is not None and dataset.table.version is not None:
        return _of_table(dataset.table.version, now)
    if dataset.kind is not None:
        return _of_kind(dataset.kind, now)
    return _of_feed(dataset.name, now)


def _of_kind(kind: Kind, now: datetime) -> Frame:
    rows = read_records(kind)
    own = tuple(one for one in kind.columns if one.name not in FIXED)
    columns = (*own, FROM_AT, ORIGIN)
    begins = np.asarray(_flat(rows[FROM_AT.name].cast(pa.int64())))
    return _frame(
        ids=_flat(rows[ID.name]),
        columns=columns,
        rows=rows.select([one.name for one in columns]),
        texts=rows["geometry"].to_pylist(),
        from_at=begins,
        until_at=np.full(len(rows), _OPEN),
        now=now,
    )


def _of_feed(name: str, now: datetime) -> Frame:
    """Read the newest observation of each series of a feed that is somewhere."""
    found = [one for one in current().list_latest(feed=name) if one.series.lon is not None]
    seen = [one.observation for one in found]
    numbers = [one.result if isinstance(one.result, int | float) else None for one in seen]
    said: dict[str, list[Any]] = {
        "series": [one.series.key for one in found],
        "thing": [one.series.thing for one in found],
        "property": [one.series.observed_property for one in found],
        "at": [one.at for one in seen],
        "until": [one.until for one in seen],
        "value": numbers,
        "text": [one.result if isinstance(one.result, str) else None for one in seen],
        "unit": [one.series.unit for one in found],
        "quality": [one.quality.name.lower() for one in seen],
        "origin": [one.origin.name.lower() for one in seen],
    }
    at = np.array([micros(one.at) for one in seen], np.int64)
    ends = [one.until or one.at for one in seen]
    return _frame(
        ids=pa.array(said["series"], pa.string()),
        columns=OBSERVED,
        rows=pa.table({one.name: typed(said[one.name], one) for one in OBSERVED}),
        x=np.array([one.series.lon for one in found], float),
        y=np.array([one.series.lat for one in found], float),
        from_at=at,
        until_at=np.array([micros(one) for one in ends], np.int64),
        now=now,
    )


def _of_table(version: Version, now: datetime) -> Frame:
    table = versions.read(version).combine_chunks()
    own = tuple(one for one in version.columns if one.name != "geometry")
    numbers = version.file_row
    rows = table[numbers] if numbers in table.column_names else pa.array(range(1, len(table) + 1))
    times = [one for one in own if one.type in {"date", "datetime"}]
    from_at = until_at = None
    if len(times) == 1:
        column = table[times[0].name].cast(pa.timestamp("us"))
        from_at = np.asarray(column.cast(pa.int64()).fill_null(_OPEN))
        day = 86_400_000_000 - 1 if times[0].type == "date" else 0
        until_at = np.where(from_at == _OPEN, -_OPEN, from_at + day)
    return _frame(
        ids=_flat(rows.cast(pa.int64())),
        columns=own,
        rows=table.select([one.name for one in own]),
        texts=table["geometry"].to_pylist(),
        from_at=from_at,
        until_at=until_at,
        now=now,
    )


def _frame(
    *,
    ids: pa.Array,
    columns: tuple[Column, ...],
    rows: pa.Table,
    from_at: Any,
    until_at: Any,
    now: datetime,
    texts: list[str | None] | None = None,
    x: Any = None,
    y: Any = None,
) -> Frame:
    import shapely

    kept_texts, kind = None, "Point"
    if texts is not None:
        shapes = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        shapes = np.where(there, shapes, None)
        types = set(np.unique(shapely.get_type_id(shapes[there])).tolist())
        if types <= {0} and not shapely.has_z(shapes[there]).any():
            x, y = shapely.get_x(shapes), shapely.get_y(shapes)
        else:
            kind = shapes[there][0].geom_type if len(types) == 1 else "Geometry"
            bounds = shapely.bounds(shapes).T
            kept_texts = pa.array(np.where(there, texts, None).tolist(), pa.large_string())
    if kept_texts is None:
        bounds = np.stack([x, y, x, y])
    return Frame(
        ids=ids,
        columns=columns,
        rows=rows.combine_chunks(),
        x=None if kept_texts is not None else x,
        y=None if kept_texts is not None else y,
        texts=kept_texts,
        bounds=bounds,
        geometry=kind,
        from_at=from_at,
        until_at=until_at,
        read_at=now,
    )


def _flat(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
