"""Where a dataset's rows are, as SQL: one description for observations, records and tables."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries import current_records, own_rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sensorthings.conditions import Binding
from moothall.civic.opendata.rules.filtering import Order
from moothall.kernel.observations.lake import current
from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version
from moothall.values.observations import Column, Kind, Origin, Quality

if TYPE_CHECKING:
    import pyarrow as pa

PLACE = (
    Column(name="lon", type="number", unit="deg", meaning="Longitude, WGS 84"),
    Column(name="lat", type="number", unit="deg", meaning="Latitude, WGS 84"),
)
GEOMETRY = (Column(name="geometry", meaning="Where it is: GeoJSON, WGS 84"),)
EDGES = ("west", "south", "east", "north")
FIXED = frozenset({"id", "from_at", "until_at", "geometry", "gone", "origin"})
_KEPT_BYTES = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to read a dataset's rows from.

    Shape:   `of_row` says each column in SQL; `row` names a row, and the same row always alike;
             `box` are the four edges of its place, None where rows have none.
    """

    columns: tuple[Column, ...]
    of_row: Mapping[str, str]
    relation: str
    named: str = ""
    """The relation with what its rows only name laid beside them, where that is dear."""
    only: str = ""
    """A condition on all of its rows."""
    row: str
    tie: str
    usual: tuple[Order, ...] = ()
    """How rows are sorted unless something else is asked."""
    box: tuple[str, str, str, str] | None = None
    beside: Mapping[str, "pa.Table"] = field(default_factory=dict)
    known_total: int | None = None
    """How many rows there are, where that is known without counting."""

    def column(self, name: str) -> Column:
        """Return one of the columns; errors: KeyError."""
        return next((one for one in self.columns if one.name == name), None) or _missing(name)


def _missing(name: str) -> Column:
    raise KeyError(name)


def list_columns(dataset: Dataset) -> tuple[Column, ...]:
    """Name the columns of a dataset's rows, in the order of its files."""
    if dataset.table is not None:
        own = [column for column in dataset.columns if column.name != GEOMETRY[0].name]
        return (*own, *(GEOMETRY if is_placed(dataset) else ()))
    if dataset.source == "portal":
        return dataset.columns
    if dataset.kind is None:
        return (*dataset.columns, *PLACE)
    kept = {column.name: column for column in dataset.columns}
    own = [column for column in dataset.kind.columns if column.name not in FIXED]
    geometry = GEOMETRY if dataset.kind.geometry else ()
    return (kept["id"], *own, kept["from_at"], kept["origin"], *geometry)


def is_placed(dataset: Dataset) -> bool:
    """Tell whether a dataset's rows say where they are."""
    return "geojson" in dataset.formats


def words(column: str, names: type[Origin] | type[Quality]) -> str:
    """Say a number of ours in words, as SQL."""
    cases = " ".join(f"WHEN {int(one)} THEN '{one.name.lower()}'" for one in names)
    return f"CASE {column} {cases} END"


def quoted(name: str) -> str:
    """Write a name as SQL, whatever signs are in it."""
    return '"' + name.replace('"', '""') + '"'


OF_SERIES: Mapping[str, str] = {
    "series": "s.key",
    "thing": "s.thing",
    "property": "s.observed_property",
    "unit": "s.unit",
    "lon": "s.lon",
    "lat": "s.lat",
}
"""What of an observation's row its series says."""

OF_READING: Mapping[str, str] = {
    "at": 'm."at"',
    "until": "m.until",
    "value": "m.value",
    "text": "m.text",
    "quality": words("m.quality", Quality),
    "origin": words("m.origin", Origin),
}
"""What of an observation's row the reading says."""


def get_source(
    dataset: Dataset, binding: Binding, *, boxed: bool, as_of: datetime | None = None
) -> Source:
    """Say where a dataset's rows are; `boxed` if the edges of their places are asked for.

    Shape:   as of an instant: of observations those until then, of records the versions that held
             then; a table is given as the version that `dataset` is of.
    """
    if dataset.table is not None and dataset.table.version is not None:
        return _tabled(dataset, dataset.table.version, boxed=boxed)
    if dataset.kind is not None:
        return _recorded(dataset, dataset.kind, as_of)
    if dataset.source == "portal":
        return _made(dataset)
    return _observed(dataset, binding, as_of)


def _made(dataset: Dataset) -> Source:
    """Make what the portal publishes about itself; once for each instant."""
    name = ("own", current().database.url, dataset.name, dataset.as_of)
    rows = _held.keep(name, lambda: own_rows.read(dataset))
    return Source(
        columns=dataset.columns,
        of_row={column.name: quoted(column.name) for column in dataset.columns},
        relation="held",
        row="_n",
        tie="_n",
        beside={"held": rows},
        known_total=rows.num_rows,
    )


def _observed(dataset: Dataset, binding: Binding, as_of: datetime | None) -> Source:
    until = "" if as_of is None else f'm."at" <= {binding.bind(as_of, "TIMESTAMPTZ")}'
    return Source(
        columns=list_columns(dataset),
        of_row={**OF_SERIES, **OF_READING},
        relation="measured m",
        named="measured m JOIN series s ON s.number = m.series",
        only=until,
        row="s.key || '@' || strftime(m.\"at\", '%Y-%m-%dT%H:%M:%S.%fZ')",
        tie="m.series",
        usual=(Order("at", descending=True),),
        box=("s.lon", "s.lat", "s.lon", "s.lat"),
    )


def find_series(feed: str, condition: str, binding: Binding) -> tuple[int, ...]:
    """Return the numbers of a feed's series of which a condition on `s` is true, in order."""
    sql = f"SELECT number FROM series s WHERE s.feed = {binding.bind(feed, 'VARCHAR')}"
    asked = f"{sql} AND {condition}" if condition else sql
    return tuple(current().query(*binding.used(f"{asked} ORDER BY number"))["number"].to_pylist())


MOST_RANGES = 40


def among(numbers: tuple[int, ...], binding: Binding) -> str:
    """Say in SQL that a reading is of one of some series: by ranges, where they lie together.

    A range spares a join of every row, and lets whole groups of rows be passed over.
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    if len(ranges) > MOST_RANGES:
        return f"m.series IN (SELECT unnest({binding.bind(list(numbers), 'INTEGER[]')}))"
    said = [f"m.series BETWEEN {first} AND {last}" for first, last in ranges]
    return f"({' OR '.join(said)})" if said else "false"


def _recorded(dataset: Dataset, kind: Kind, as_of: datetime | None) -> Source:
    rows = read_records(kind, as_of=as_of)
    return Source(
        columns=list_columns(dataset),
        of_row={one.name: quoted(one.name) for one in list_columns(dataset)},
        relation="held",
        row="id",
        tie="id",
        usual=(Order("id"),),
        box=EDGES if kind.geometry else None,
        beside={"held": rows},
        known_total=rows.num_rows,
    )


def _tabled(dataset: Dataset, version: Version, *, boxed: bool) -> Source:
    columns = list_columns(dataset)
    row = f"t.{quoted(version.file_row)}"
    relation, beside = "held t", dict[str, Any]()
    if current().store.local is not None:
        relation = f"read_parquet('{_escaped(versions.address(version))}') t"
    else:
        name = ("table", version.digest)
        beside["held"] = _held.keep(name, lambda: versions.read(version))
    if boxed and version.geometry:
        relation += f" JOIN edges e ON e.row = {row}"
        beside["edges"] = _edges(version)
    return Source(
        columns=columns,
        of_row={one.name: f"t.{quoted(one.name)}" for one in columns},
        relation=relation,
        row=row,
        tie=row,
        box=tuple(f"e.{edge}" for edge in EDGES) if version.geometry else None,  # type: ignore[arg-type]
        beside=beside,
        known_total=version.rows,
    )


def _escaped(path: str) -> str:
    return path.replace("'", "''")


def read_records(kind: Kind, *, as_of: datetime | None = None) -> "pa.Table":
    """Read what there is of a kind, with the edges of each place; now, or as of an instant.

    Shape:   what holds now is read once for every change of it, and kept.
    """
    lake = current()
    if as_of is not None:
        return _read_records(kind, as_of)
    name = ("records", lake.database.url, kind.name, lake.last_change(kind=kind.name))
    return _held.keep(name, lambda: _read_records(kind, None))


def _read_records(kind: Kind, as_of: datetime | None) -> "pa.Table":
    own = [column for column in kind.columns if column.name not in FIXED]
    if as_of is None:
        return _with_edges(current_records.read(kind, own), "geometry")
    lake = current()
    if kind.name not in lake.list_kinds():
        return _with_edges(current_records.read(kind, own), "geometry")
    listed = "".join(f"{quoted(column.name)}, " for column in own)
    view = kind.name.replace(".", "_")
    rows = lake.query(
        f"SELECT id, {listed}from_at, {words('origin', Origin)} AS origin, geometry"
        f" FROM {view}_versions WHERE from_at <= $1 AND (until_at IS NULL OR until_at > $1)"
        " AND NOT gone ORDER BY id",
        (as_of,),
    )
    return _with_edges(rows, "geometry")


def _edges(version: Version) -> "pa.Table":
    """Return the edges of each place of a table, by the row of its file; read once and kept."""

    def read() -> "pa.Table":
        rows = versions.read(version, columns=(version.file_row, "geometry"))
        found = _with_edges(rows, "geometry").drop_columns(["geometry"])
        return found.rename_columns(["row", *EDGES])

    return _held.keep(("edges", version.digest), read)


def _with_edges(rows: "pa.Table", name: str) -> "pa.Table":
    """Put the four edges of each place beside its row; null where there is no place."""
    import numpy as np
    import pyarrow as pa
    import shapely

    texts = rows[name].to_pylist()
    shapes = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    bounds = np.asarray(shapely.bounds(shapes)).reshape(len(texts), 4)
    for place, edge in enumerate(EDGES):
        rows = rows.append_column(edge, pa.array(bounds[:, place], pa.float64(), from_pandas=True))
    return rows


class _Held:
    """What was read of late and stays true, the longest unused let go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: OrderedDict[tuple[Any, ...], pa.Table] = OrderedDict()

    def keep(self, name: tuple[Any, ...], read: Any) -> "pa.Table":
        """Return what is held under a name, read now if it is not."""
        with self._lock:
            if name in self._tables:
                self._tables.move_to_end(name)
                return self._tables[name]
        table = read()
        with self._lock:
            # An older state of the same thing is of no more use.
            for old in [key for key in self._tables if key[0] == "records"]:
                if old[:-1] == name[:-1]:
                    del self._tables[old]
            self._tables[name] = table
            while sum(one.nbytes for one in self._tables.values()) > _KEPT_BYTES:
                self._tables.popitem(last=False)
        return table


_held = _Held()
