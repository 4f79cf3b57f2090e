"""Versions of whole tables: kept for good, never changed, read as of any instant."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import instant, micros
from moothall.values.observations import Column

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = (
    (
        """CREATE TABLE table_version (
            name {plain} NOT NULL, number INTEGER NOT NULL, at BIGINT NOT NULL,
            digest TEXT NOT NULL, raw TEXT NOT NULL, form TEXT NOT NULL, geometry TEXT,
            rows BIGINT NOT NULL, columns TEXT NOT NULL, faults BIGINT NOT NULL,
            gone SMALLINT NOT NULL, PRIMARY KEY (name, number))""",
        "CREATE INDEX table_version_at ON table_version (at)",
    ),
)
NAME = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
FOLDER = "tables"
"""Where in the lake's store they stand."""
_PIECE = 65_536


class UnableToFindTable(LookupError):
    """There is no such table, or not yet at that time."""


class UnableToKeepTable(Exception):
    """The table could not be kept; the version before it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a table."""

    name: str
    number: int
    """Counted from 1, gaps never."""
    at: datetime
    """When it was kept."""
    digest: str
    """The hash of what its rows say: the same rows are the same version."""
    raw: str
    """The SHA-256 of the file it was read from."""
    form: str
    """What that file was: "CSV", "XLSX"."""
    geometry: str | None
    rows: int
    columns: tuple[Column, ...]
    faults: int
    gone: bool = False
    """Whether this version says that the table is withdrawn."""

    @property
    def file_row(self) -> str:
        """The column of its rows that says where each stood in its file; none of `columns`."""
        from moothall.standards.tables.reading import name_file_row

        return name_file_row(column.name for column in self.columns)


@cache
def _prepared(database: Database) -> Database:
    database.migrate("tables", STEPS)
    return database


def _database() -> Database:
    return _prepared(lake.current().database)


def keep(
    name: str,
    table: "pa.Table",
    *,
    columns: tuple[Column, ...],
    faults: "pa.Table",
    raw: str,
    form: str,
    geometry: str | None,
    now: datetime,
) -> Version:
    """Keep a table as the newest version of its name; on disk when this returns.

    Shape:   rows that say what the newest version says are that version: nothing is written.
    Errors:  ValueError for a name that is none; UnableToKeepTable, and the last version stands.
    """
    if not NAME.fullmatch(name) or len(name) > 100:
        raise ValueError(f"not a name of a table: {name!r}")
    table = table.combine_chunks()
    digest = _digest(table, columns, geometry)
    held = _database()
    try:
        if _stands(name, digest):
            return get_version(name)
        # The files first: a version is only told of when there is something to read.
        _write(f"{name}/{digest}.parquet", table)
        _write(f"{name}/{digest}.faults.parquet", faults)
        with held.transaction() as cursor:
            held.lock_writing(cursor)
            if _stands(name, digest):
                return get_version(name)
            number = _next(cursor, name)
            cursor.execute(
                "INSERT INTO table_version (name, number, at, digest, raw, form, geometry, rows,"
                " columns, faults, gone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    name,
                    number,
                    micros(now),
                    digest,
                    raw,
                    form,
                    geometry,
                    table.num_rows,
                    json.dumps([asdict(column) for column in columns]),
                    faults.num_rows,
                ),
            )
    except _failures(held) as fault:
        raise UnableToKeepTable(f"The table {name} could not be kept: {fault}") from fault
    return get_version(name, number)


def withdraw(name: str, *, now: datetime) -> Version:
    """Say that a table is withdrawn; its versions stay. Errors: UnableToFindTable."""
    newest = get_version(name)
    if newest.gone:
        return newest
    held = _database()
    with held.transaction() as cursor:
        held.lock_writing(cursor)
        cursor.execute(
            "INSERT INTO table_version SELECT name, number + 1, ?, digest, raw, form, geometry,"
            " rows, columns, faults, 1 FROM table_version WHERE name = ? AND number = ?",
            (micros(now), name, newest.number),
        )
    return get_version(name)


def erase(name: str) -> None:
    """Forget a table with every version of it: for what was never shown to anybody."""
    digests = {version.digest for version in list_versions(name)}
    with _database().transaction() as cursor:
        cursor.execute("DELETE FROM table_version WHERE name = ?", (name,))
    for digest in digests:
        for ending in ("parquet", "faults.parquet"):
            with suppress(FileNotFoundError):
                lake.current().store.remove(FOLDER, f"{name}/{digest}.{ending}")


def _failures(held: Database) -> tuple[type[Exception], ...]:
    return (*held.failures, OSError)


def _stands(name: str, digest: str) -> bool:
    """Tell whether a table's newest version already says this."""
    newest = next(reversed(list_versions(name)), None)
    return newest is not None and newest.digest == digest and not newest.gone


def _next(cursor: Any, name: str) -> int:
    row = cursor.execute("SELECT max(number) FROM table_version WHERE name = ?", (name,)).fetchone()
    return int(row[0] or 0) + 1


_COLUMNS = "name, number, at, digest, raw, form, geometry, rows, columns, faults, gone"


def list_names() -> tuple[str, ...]:
    """Name the tables there are, those withdrawn left out."""
    return tuple(version.name for version in list_newest())


def list_newest() -> tuple[Version, ...]:
    """Return the newest version of every table that is not withdrawn, by name."""
    with _database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT {_COLUMNS} FROM table_version v WHERE gone = 0 AND number ="
            " (SELECT max(number) FROM table_version w WHERE w.name = v.name) ORDER BY name"
        ).fetchall()
    return tuple(_version(row) for row in rows)


def list_versions(name: str) -> tuple[Version, ...]:
    """Return every version of a table, oldest first, also those that say it is withdrawn."""
    with _database().reading() as cursor:
        rows = cursor.execute(
            f"SELECT {_COLUMNS} FROM table_version WHERE name = ? ORDER BY number", (name,)
        ).fetchall()
    return tuple(_version(row) for row in rows)


def get_version(name: str, number: int | None = None, *, as_of: datetime | None = None) -> Version:
    """Return a version: the newest, one by its number, or the one of an instant.

    Errors:  UnableToFindTable.
    """
    found = [
        version
        for version in list_versions(name)
        if (number is None or version.number == number) and (as_of is None or version.at <= as_of)
    ]
    if not found:
        raise UnableToFindTable(f"There is no table {name[:100]!r} of that version or time.")
    return found[-1]


def read(version: Version, *, columns: tuple[str, ...] | None = None) -> "pa.Table":
    """Read a version's rows; errors: OSError if its file is lost."""
    import pyarrow.parquet as pq

    with _open(f"{version.name}/{version.digest}.parquet") as file:
        return pq.read_table(file, columns=None if columns is None else list(columns))


def count_missing(version: Version) -> dict[str, int]:
    """Count the cells without a value by column, as the file's own index says; errors: OSError."""
    import pyarrow.parquet as pq

    with _open(f"{version.name}/{version.digest}.parquet") as file:
        index = pq.ParquetFile(file).metadata
        counted = dict.fromkeys(index.schema.names, 0)
        for group in range(index.num_row_groups):
            part = index.row_group(group)
            for number, name in enumerate(index.schema.names if part.num_rows else ()):
                counted[name] += part.column(number).statistics.null_count
    return counted


def stream(version: Version) -> "Iterator[pa.Table]":
    """Read a version's rows piece by piece; errors: OSError if its file is lost."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _open(f"{version.name}/{version.digest}.parquet") as file:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=_PIECE):
            yield pa.Table.from_batches([batch])


def read_faults(version: Version) -> "pa.Table":
    """Read what is wrong with a version, a row a fault; errors: OSError if its file is lost."""
    import pyarrow.parquet as pq

    with _open(f"{version.name}/{version.digest}.faults.parquet") as file:
        return pq.read_table(file)


def address(version: Version) -> str:
    """Return where a version's Parquet file stands in the lake's store."""
    return f"{lake.current().store.path(FOLDER)}/{version.name}/{version.digest}.parquet"


def list_kept_files() -> list[str]:
    """Name every file of the versions there are, within `FOLDER`."""
    with _database().reading() as cursor:
        rows = cursor.execute("SELECT DISTINCT name, digest FROM table_version").fetchall()
    endings = ("parquet", "faults.parquet")
    return [f"{name}/{digest}.{ending}" for name, digest in rows for ending in endings]


def _write(name: str, table: "pa.Table") -> None:
    with suppress(FileExistsError):
        # The same rows as of an older version: its file stands.
        lake.current().store.write(FOLDER, name, table)


def _open(name: str) -> Any:
    """Open a file for Arrow, whose own threads read it: one of Python's would need them to wait for
    the interpreter, which may be ending."""
    import pyarrow as pa

    store = lake.current().store
    if store.local is not None:
        return pa.OSFile(f"{store.path(FOLDER)}/{name}")
    return store.filesystem(FOLDER).open_input_file(name)


def _digest(table: "pa.Table", columns: tuple[Column, ...], geometry: str | None) -> str:
    """Hash what a table says: its columns, and its rows in order."""
    import pyarrow as pa

    said = hashlib.sha256(json.dumps([geometry, [asdict(column) for column in columns]]).encode())
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=_PIECE)
    said.update(sink.getbuffer())
    return said.hexdigest()


def _version(row: tuple[Any, ...]) -> Version:
    name, number, at, digest, raw, form, geometry, rows, columns, faults, gone = row
    return Version(
        name=name,
        number=number,
        at=instant(at),
        digest=digest,
        raw=raw,
        form=form,
        geometry=geometry,
        rows=rows,
        columns=tuple(Column(**column) for column in json.loads(columns)),
        faults=faults,
        gone=bool(gone),
    )
