"""A copy of everything this city keeps, taken while it runs, each file with its sum."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from moothall import __version__
from moothall.kernel.observations import lake
from moothall.kernel.observations.shapes import shape_of
from moothall.kernel.observations.store import Store
from moothall.kernel.tables import versions
from moothall.site.backup_folder import (
    MANIFEST,
    Folder,
    list_finished,
    list_unfinished,
)

FORMAT = 1
LEFT_FREE_BYTES = 256 * 1024 * 1024
"""What a backup leaves free on its disk: one that fills the disk stops the city it copies."""


class UnableToBackUp(Exception):
    """The backup could not be made."""


def back_up(destination: Path, *, now: datetime) -> Path:
    """Copy people's database, lake, raw bytes and files into a new folder; return it.

    Shape:   the folder holds people.*, lake.*, lake/, raw/, media/, audit.anchor, manifest.json.
             The secret key is not in it: without the key, second factors in it open nothing.
             A file that never changes, and that the last backup has, is the same file in both.
    Errors:  UnableToBackUp, OSError. What was copied by then is taken away again.
    Leaves:  a consistent copy: the log is whole up to its anchor, and no observation is missing
             or doubled between the lake's database and its sealed files.
    """
    city = Path(settings.STORES).name
    path = destination / f"moothall-{city}-{now:%Y%m%dT%H%M%SZ}"
    destination.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(destination):
        for unfinished in list_unfinished(destination, city):
            shutil.rmtree(unfinished)
        _need_room(destination)
        _fill(path, list_finished(destination, city), now)
    return path


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """Let one backup at a time be made in a folder: what is unfinished there was interrupted."""
    door = os.open(destination, os.O_RDONLY)
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UnableToBackUp(f"another backup is being made in {destination}") from None
    finally:
        os.close(door)


def _fill(path: Path, finished: list[Path], now: datetime) -> None:
    try:
        path.mkdir(mode=0o700)
    except FileExistsError as fault:
        raise UnableToBackUp(f"{path} exists already") from fault
    folder = Folder(path, before=finished[-1] if finished else None)
    try:
        # The anchor first: the log in the database is then at least as long as it says.
        folder.copy_if_there(Path(settings.AUDIT_ANCHOR), "audit.anchor")
        copy_database(settings.DATABASE_URL, path / "people")
        tables = _copy_lake(folder)
        # Raw bytes are kept before what was read from them: after the lake, none can be missing.
        folder.copy_tree(Path(settings.RAW_STORE), "raw", unchanging=True)
        folder.copy_tree(Path(settings.MEDIA_ROOT), "media")
        folder.finish(
            {
                "format": FORMAT,
                "version": __version__,
                "city": Path(settings.CITY_PACK).name,
                "replay": bool(settings.REPLAY),
                "made_at": now.isoformat(),
                "lake_tables": tables,
            }
        )
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _need_room(destination: Path) -> None:
    """Refuse before anything is copied when the databases alone would not fit."""
    wanted = LEFT_FREE_BYTES
    for url in {settings.DATABASE_URL, settings.LAKE_DATABASE_URL}:
        path = Path(url.removeprefix("sqlite:///"))
        wanted += path.stat().st_size if url.startswith("sqlite") and path.is_file() else 0
    free = shutil.disk_usage(destination).free
    if free < wanted:
        raise UnableToBackUp(
            f"{destination} has {free // 10**6:,} MB free, and {wanted // 10**6:,} MB are needed: "
            "make room, or keep fewer backups (--keep)"
        )


def copy_database(url: str, target: Path) -> None:
    """Copy a database while it is written to: SQLite to `.sqlite3`, PostgreSQL to `.dump`."""
    if url.startswith("sqlite"):
        source = Path(url.removeprefix("sqlite:///"))
        if not source.is_file():
            raise UnableToBackUp(f"there is no database at {source}")
        try:
            with (
                closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as live,
                closing(sqlite3.connect(target.with_suffix(".sqlite3"))) as copy,
            ):
                live.backup(copy)
        except sqlite3.Error as fault:
            raise UnableToBackUp(f"{source} could not be copied: {fault}") from fault
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


def _copy_lake(folder: Folder) -> dict[str, int]:
    """Copy the lake's database, and its sealed tables as they stood beside it."""
    store, database = Store(settings.LAKE_STORE), lake.current().database
    tables: dict[str, tuple[int, list[str]]] = {}
    # Nothing is sealed or tidied meanwhile, so database and tables are of one moment. Feeds
    # write on: what they bring waits in segments.
    with database.exclusive("seal"):
        if settings.LAKE_DATABASE_URL != settings.DATABASE_URL:
            copy_database(settings.LAKE_DATABASE_URL, folder.path / "lake")
        else:
            # One database holds both: the lake's copy must be of this moment, and is the later.
            folder.path.joinpath("people.dump").unlink()
            copy_database(settings.DATABASE_URL, folder.path / "people")
        for name in _sealed_tables(database):
            files = _files_of(store, name)
            if files is not None:
                tables[name] = files
                _copy_names(store, name, _log_names(store, name), folder)
    _copy_whole_tables(store, folder)
    # A sealed file never changes, and stays for hours after a table has let go of it.
    for name, (_, names) in tables.items():
        _copy_names(store, name, names, folder, unchanging=True)
    return {name: version for name, (version, _) in tables.items()}


def _copy_whole_tables(store: Store, folder: Folder) -> None:
    """Copy every version of the tables that people brought; one let go meanwhile is let be."""
    for path in versions.list_kept_files():
        try:
            _copy_names(store, versions.FOLDER, [path], folder, unchanging=True)
        except FileNotFoundError:
            if path in versions.list_kept_files():
                raise


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


def _copy_names(
    store: Store, name: str, names: list[str], folder: Folder, *, unchanging: bool = False
) -> None:
    files = filesystem(store, name)
    for path in names:
        size = files.get_file_info(path).size if unchanging else None
        folder.write(f"lake/{name}/{path}", lambda path=path: files.open_input_stream(path), size)


def let_go(destination: Path, *, keep: int) -> tuple[Path, ...]:
    """Delete this city's backups beyond the newest `keep`; return which. What runs now is kept."""
    old = list_finished(destination, Path(settings.STORES).name)[: -max(keep, 1)]
    for path in old:
        # First of all it is a finished backup no longer.
        (path / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(path)
    return tuple(old)
