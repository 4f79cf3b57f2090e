"""Answers SQL over the whole lake with DuckDB: hot and sealed as one, each row once."""

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from moothall.kernel.observations import columns, schema
from moothall.kernel.observations.dictionary import series_table
from moothall.kernel.observations.history import version_rows
from moothall.kernel.observations.shapes import newest_wins
from moothall.kernel.observations.store import Store
from moothall.values.observations import Kind

if TYPE_CHECKING:
    import duckdb

    from moothall.kernel.observations.holdings import Holdings
    from moothall.kernel.observations.hot import HotSegment
    from moothall.kernel.observations.sealed import SealedFile, SealedTable
    from moothall.kernel.observations.shapes import Shape

_TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMPTZ",
}
_VALUES = "value, text, quality, origin"


class UnableToQuery(Exception):
    """The question cannot be answered as it is put."""

    out_of_time = False
    """Whether it was given up because it took too long."""


class Asking:
    """One process's DuckDB; each question gets a cursor of its own."""

    def __init__(self, *, threads: int, memory: str) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._settings: dict[str, Any] = {"threads": threads, "memory_limit": memory}
        self._declared: tuple[int, pa.Table] | None = None

    def _cursor(self, store: Store) -> "duckdb.DuckDBPyConnection":
        import duckdb  # tens of megabytes: only when something is asked

        with self._lock:
            if self._connection is None:
                self._connection = _shut_in(
                    duckdb.connect(":memory:", config=self._settings), store
                )
            return self._connection.cursor()

    def _series(self, lake: "Holdings") -> pa.Table:
        """Return every series in columns, read again when one was declared."""
        if lake.database.in_transaction:
            return series_table(lake)
        said = lake.last_declared()
        if self._declared is None or self._declared[0] != said:
            self._declared = (said, series_table(lake))
        return self._declared[1]

    def query(
        self,
        lake: "Holdings",
        sql: str,
        parameters: Sequence[Any],
        kinds: Mapping[str, Kind],
        *,
        beside: Mapping[str, pa.Table] | None = None,
        patience: timedelta | None = None,
    ) -> pa.Table:
        """Answer one question; errors: UnableToQuery."""
        import duckdb

        named = set(re.findall(r"[a-z_][a-z0-9_]*", sql.lower()))
        cursor = self._cursor(lake.store)
        waiting: threading.Timer | None = None
        try:
            asked = cursor.extract_statements(sql)
            if [statement.type for statement in asked] != [duckdb.StatementType.SELECT]:
                raise UnableToQuery("A question is one SELECT.")
            if named & {"observations", "arrivals", "measured", "series"}:
                cursor.register("series", self._series(lake))
            if named & {"observations", "arrivals", "measured"}:
                # A join of every row is dear: left out when nothing it brings is named.
                whole = bool(named & {"series", "feed", "columns"}) or "*" in sql
                _offer_observations(lake, cursor, with_series=whole)
            _offer_kinds(lake, cursor, named, kinds)
            for name, table in (beside or {}).items():
                cursor.register(name, table)
            if patience is not None:
                waiting = threading.Timer(patience.total_seconds(), cursor.interrupt)
                waiting.daemon = True
                waiting.start()
            answer = cursor.sql(sql, params=list(parameters))
            return pa.table({}) if answer is None else answer.to_arrow_table()
        except duckdb.InterruptException as fault:
            late = UnableToQuery("The question takes too long to answer.")
            late.out_of_time = True
            raise late from fault
        except duckdb.Error as fault:
            raise UnableToQuery(str(fault)) from fault
        finally:
            if waiting is not None:
                waiting.cancel()
            cursor.close()


def _shut_in(connection: "duckdb.DuckDBPyConnection", store: Store) -> "duckdb.DuckDBPyConnection":
    """Let questions read the lake's own sealed files and nothing else, and change no setting."""
    folders = [] if store.local is None else [f"{store.local.resolve()}/"]
    allowed = ", ".join("'" + folder.replace("'", "''") + "'" for folder in folders)
    for setting in (
        "GLOBAL TimeZone = 'UTC'",
        "enable_object_cache = true",
        "python_enable_replacements = false",
        f"allowed_directories = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _offer_observations(
    lake: "Holdings", cursor: "duckdb.DuckDBPyConnection", *, with_series: bool
) -> None:
    """Lay out one view of the sealed files, and of what is hot in front of them.

    Only files whose span meets that of late hot rows can hold a row that one of them revises; all
    others are read as they are.
    """
    with lake.database.reading() as reading:
        hot = lake.hot.read(reading, schema.OBSERVATIONS)
    sealed = lake.sealed(schema.OBSERVATIONS)
    snapshot = sealed.snapshot()
    fresh, late = _fresh([s for s in hot if s.beyond(snapshot.watermark)], sealed.shape)
    touched = () if late is None else snapshot.reaching(*late)
    apart = set(touched)
    untouched = tuple(file for file in snapshot.files if file not in apart)
    cursor.register("hot", fresh)
    # DuckDB takes a bare `at` for the beginning of AT (VERSION ...).
    kept = ", ".join(f'"{name}"' for name in columns.KEPT.names)
    sources = [f"SELECT {kept} FROM hot"]
    for index, files in enumerate((untouched, touched)):
        if files:
            source = _files(cursor, sealed, files, f"sealed_{index}")
            spared = ' ANTI JOIN hot USING (series, "at")' if index else ""
            sources.append(f"SELECT {kept} FROM {source}{spared}")
    cursor.execute(f"CREATE TEMP VIEW measured AS {' UNION ALL '.join(sources)}")
    series, feed, joined = "", "", ""
    if with_series:
        series, feed, joined = (
            "s.key AS series, ",
            ", s.feed",
            "JOIN series s ON s.number = m.series",
        )
    for view, beside in (("observations", ""), ("arrivals", ", m.segment")):
        cursor.execute(
            f'CREATE TEMP VIEW {view} AS SELECT {series}m."at", m.until, {_VALUES}{feed}{beside}'
            f" FROM measured m {joined}"
        )


def _fresh(segments: "list[HotSegment]", shape: "Shape") -> tuple[pa.Table, tuple[int, int] | None]:
    """Put hot rows together, each once; say over what span the late ones reach, if any is late.

    Rows that came in time are newer than all there was of their series, and revise nothing.
    """
    if not segments:
        return columns.KEPT.empty_table(), None
    spans = [_span(segment.rows) for segment in segments]
    late = [span for segment, span in zip(segments, spans, strict=True) if segment.late]
    if not late:
        return pa.concat_tables([segment.rows for segment in segments]), None
    start, end = min(first for first, _ in late), max(last for _, last in late)
    mixed: list[pa.Table] = []
    alone: list[pa.Table] = []
    for segment, (first, last) in zip(segments, spans, strict=True):
        (mixed if first <= end and last >= start else alone).append(segment.rows)
    return pa.concat_tables([newest_wins(pa.concat_tables(mixed), shape), *alone]), (start, end + 1)


def _span(rows: pa.Table) -> tuple[int, int]:
    at = columns.int64s(rows["at"])
    return int(at.min()), int(at.max())


def _files(
    cursor: "duckdb.DuckDBPyConnection",
    sealed: "SealedTable",
    files: "tuple[SealedFile, ...]",
    name: str,
) -> str:
    """Name a source of some sealed files, as SQL."""
    if sealed.store.local is not None:
        folder = str(Path(sealed.address).resolve()).replace("'", "''")
        paths = ", ".join(f"'{folder}/{file.name}'" for file in files)
        return f"read_parquet([{paths}], hive_partitioning = false)"
    import pyarrow.dataset as ds

    filesystem = sealed.store.filesystem(sealed.shape.name)
    dataset = ds.dataset(
        [file.name for file in files],
        filesystem=filesystem,
        format="parquet",
        schema=sealed.shape.rows,
    )
    cursor.register(name, dataset)
    return name


def _offer_kinds(
    lake: "Holdings",
    cursor: "duckdb.DuckDBPyConnection",
    named: set[str],
    kinds: Mapping[str, Kind],
) -> None:
    """Lay out the views of the kinds of records that a question names."""
    for name in lake.list_kinds():
        view = name.replace(".", "_")
        if named & {view, f"{view}_versions"}:
            _offer_kind(lake, cursor, view, name, kinds.get(name))


def _offer_kind(
    lake: "Holdings", cursor: "duckdb.DuckDBPyConnection", view: str, name: str, kind: Kind | None
) -> None:
    """Lay out a kind's current records under its name, and all its versions beside them."""
    cursor.register(f"{view}_rows", version_rows(lake, name))
    if kind is None:
        own = ["fields"]
    else:
        own = [
            f"TRY_CAST(fields ->> '$.\"{column.name}\"' AS {_TYPES.get(column.type, 'VARCHAR')})"
            f' AS "{column.name}"'
            for column in kind.columns
            if column.name not in {"id", "from_at", "until_at", "geometry", "gone", "origin"}
        ]
    cursor.execute(
        f'CREATE TEMP VIEW "{view}_versions" AS SELECT id, from_at, lead(from_at) OVER'
        f" (PARTITION BY id ORDER BY from_at) AS until_at, {', '.join([*own, 'geometry'])},"
        f' gone, origin FROM "{view}_rows"'
    )
    cursor.execute(
        f'CREATE TEMP VIEW "{view}" AS SELECT * EXCLUDE (until_at, gone) FROM "{view}_versions"'
        " WHERE until_at IS NULL AND NOT gone"
    )
