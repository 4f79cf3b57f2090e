"""A copy of everything this city keeps, taken while it runs, each file with its sum."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from moothall.kernel.observations import lake
from moothall.kernel.observations.shapes import shape_of
from moothall.kernel.observations.store import Store

FORMAT = 1
MANIFEST = "manifest.json"


class UnableToBackUp(Exception):
    """The backup could not be made."""


def back_up(destination: Path, *, now: datetime) -> Path:
    """Copy people's database, lake, raw bytes and files into a new folder; return it.

    Shape:   the folder holds people.*, lake.*, lake/, raw/, media/, audit.anchor, manifest.json.
             The secret key is not in it: without the key, second factors in it open nothing.
    Errors:  UnableToBackUp. A folder without a manifest is a backup that did not finish.
    Leaves:  a consistent copy: the log is whole up to its anchor, and no observation is missing
             or doubled between the lake's database and its sealed files.
    """
    name = f"moothall-{Path(settings.STORES).name}-{now:%Y%m%dT%H%M%SZ}"
    folder = destination / name
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError as fault:
        raise UnableToBackUp(f"{folder} exists already") from fault
    # The anchor first: the log in the database is then at least as long as it says.
    _copy_if_there(Path(settings.AUDIT_ANCHOR), folder / "audit.anchor")
    copy_database(settings.DATABASE_URL, folder / "people")
    tables = _copy_lake(folder)
    # Raw bytes are kept before what was read from them: after the lake, none can be missing.
    _copy_tree(Path(settings.RAW_STORE), folder / "raw")
    _copy_tree(Path(settings.MEDIA_ROOT), folder / "media")
    write_manifest(folder, city=Path(settings.CITY_PACK).name, tables=tables, now=now)
    return folder


def copy_database(url: str, target: Path) -> None:
    """Copy a database while it is written to: SQLite to `.sqlite3`, PostgreSQL to `.dump`."""
    if url.startswith("sqlite"):
        source = Path(url.removeprefix("sqlite:///"))
        if not source.is_file():
            raise UnableToBackUp(f"there is no database at {source}")
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as live,
            closing(sqlite3.connect(target.with_suffix(".sqlite3"))) as copy,
        ):
            live.backup(copy)
        return
    run_postgres(
        ["pg_dump", "--format=custom", "--no-owner", "--file", str(target.with_suffix(".dump"))],
        url,
    )


def run_postgres(command: list[str], url: str) -> None:
    """Run one of PostgreSQL's own tools; errors: UnableToBackUp with what it said."""
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
    }
    # By environment: a command line, with its password, is there for every user to see.
    given = {names[key]: str(value) for key, value in conninfo_to_dict(url).items() if key in names}
    tool = shutil.which(command[0])
    if tool is None:
        raise UnableToBackUp(f"{command[0]} is not installed: it comes with postgresql-client")
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        [tool, *command[1:]],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnableToBackUp(f"{command[0]}: {done.stderr.strip()[-500:]}")


def _copy_lake(folder: Path) -> dict[str, int]:
    """Copy the lake's database, and its sealed tables as they stood beside it."""
    store, database = Store(settings.LAKE_STORE), lake.current().database
    tables: dict[str, tuple[int, list[str]]] = {}
    # Nothing is sealed or tidied meanwhile, so database and tables are of one moment. Feeds
    # write on: what they bring waits in segments.
    with database.exclusive("seal"):
        if settings.LAKE_DATABASE_URL != settings.DATABASE_URL:
            copy_database(settings.LAKE_DATABASE_URL, folder / "lake")
        else:
            # One database holds both: the lake's copy must be of this moment, and is the later.
            folder.joinpath("people.dump").unlink()
            copy_database(settings.DATABASE_URL, folder / "people")
        for name in _sealed_tables(database):
            files = _files_of(store, name)
            if files is not None:
                tables[name] = files
                _copy_names(store, name, _log_names(store, name), folder / "lake")
    # A sealed file never changes, and stays for hours after a table has let go of it.
    for name, (_, names) in tables.items():
        _copy_names(store, name, names, folder / "lake")
    return {name: version for name, (version, _) in tables.items()}


def _sealed_tables(database: Any) -> tuple[str, ...]:
    with database.reading() as cursor:
        cursor.execute("SELECT DISTINCT stream FROM segment")
        return tuple(sorted({shape_of(row[0]).name for row in cursor.fetchall()}))


def _files_of(store: Store, name: str) -> tuple[int, list[str]] | None:
    if store.local is not None and not (Path(store.path(name)) / "_delta_log").is_dir():
        return None
    if not DeltaTable.is_deltatable(store.path(name), store.options):
        return None
    table = DeltaTable(store.path(name), storage_options=store.options)
    named = table.get_add_actions(flatten=True)
    return table.version(), [str(path) for path in named.column("path").to_pylist()]


def filesystem(store: Store, name: str) -> Any:
    """Return a pyarrow filesystem rooted at a table, wherever the store is."""
    if store.local is None:
        return store.filesystem(name)
    from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

    return SubTreeFileSystem(store.path(name), LocalFileSystem())


def _log_names(store: Store, name: str) -> list[str]:
    from pyarrow.fs import FileSelector

    found = filesystem(store, name).get_file_info(FileSelector("_delta_log", recursive=True))
    return [info.path for info in found if info.is_file]


def _copy_names(store: Store, name: str, names: list[str], folder: Path) -> None:
    files = filesystem(store, name)
    for path in names:
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.open_input_stream(path) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1024 * 1024)


def _copy_if_there(source: Path, target: Path) -> None:
    # Raw bytes may be swept between the listing and the copying: their time was over.
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    except FileNotFoundError:
        return


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.startswith(".new-"):
            _copy_if_there(path, target / path.relative_to(source))


def sum_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a backup, its manifest aside."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            yield path


def write_manifest(folder: Path, *, city: str, tables: dict[str, int], now: datetime) -> None:
    """Write what a backup holds, last of all: a backup without it did not finish."""
    files = {}
    for path in list_files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        files[str(path.relative_to(folder))] = [path.stat().st_size, sum_of(path)]
    fresh = folder / f".{MANIFEST}"
    with fresh.open("w", encoding="utf-8") as out:
        json.dump(
            {
                "format": FORMAT,
                "city": city,
                "made_at": now.isoformat(),
                "lake_tables": tables,
                "files": files,
            },
            out,
            indent=1,
        )
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(folder / MANIFEST)


def newest_backup(destination: Path) -> datetime | None:
    """Return when the newest finished backup of this city in a folder was made; None if none."""
    found = []
    for path in destination.glob(f"moothall-{Path(settings.STORES).name}-*/{MANIFEST}"):
        made = json.loads(path.read_text(encoding="utf-8"))["made_at"]
        found.append(datetime.fromisoformat(made))
    return max(found, default=None)
