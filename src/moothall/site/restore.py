"""Put a backup back, into an empty home only."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from moothall.kernel.observations.store import Store
from moothall.kernel.tables import versions
from moothall.site import backup
from moothall.site.backup_folder import list_files, read_manifest, sum_of

_PIECE_BYTES = 1024 * 1024


class UnableToRestore(Exception):
    """The backup could not be put back. Nothing was changed unless the words say so."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back."""

    city: str
    made_at: str
    files: int


def check(source: Path) -> dict[str, Any]:
    """Read a backup's manifest and prove every file by its sum.

    Errors:  UnableToRestore naming the files that are missing, changed or not in the manifest.
    """
    try:
        manifest = read_manifest(source)
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise UnableToRestore(f"{source} has no manifest: it is no finished backup") from fault
    except ValueError as fault:
        raise UnableToRestore(f"the manifest of {source} cannot be read") from fault
    if manifest.get("format") != backup.FORMAT:
        raise UnableToRestore(f"{source} is in a format this version does not know")
    stated: dict[str, list[Any]] = manifest["files"]
    there = {str(path.relative_to(source)) for path in list_files(source)}
    wrong = [f"{name} is missing" for name in sorted(stated.keys() - there)]
    wrong += [f"{name} is not in the manifest" for name in sorted(there - stated.keys())]
    wrong += [
        f"{name} is not as it was copied"
        for name in sorted(stated.keys() & there)
        if sum_of(source / name) != stated[name][1]
    ]
    if wrong:
        shown = "; ".join(wrong[:5]) + ("; ..." if len(wrong) > 5 else "")
        raise UnableToRestore(f"{len(wrong)} of {len(stated)} files are wrong: {shown}")
    return manifest


def restore(source: Path) -> Restored:
    """Put a backup back.

    Errors:  UnableToRestore if a file is wrong, or anything is already kept here.
    Leaves:  databases, lake, raw bytes and files as they were; the secret key is not among them.
    """
    manifest = check(source)
    _refuse_another_citys(manifest)
    _refuse_unless_empty()
    _restore_database(settings.DATABASE_URL, source / "people")
    if settings.LAKE_DATABASE_URL != settings.DATABASE_URL:
        _restore_database(settings.LAKE_DATABASE_URL, source / "lake")
    store = Store(settings.LAKE_STORE)
    for table in (*manifest["lake_tables"], versions.FOLDER):
        if (source / "lake" / table).is_dir():
            _restore_table(store, table, source / "lake" / table)
    for name, place in (("raw", settings.RAW_STORE), ("media", settings.MEDIA_ROOT)):
        if (source / name).is_dir():
            shutil.copytree(source / name, place, dirs_exist_ok=True)
    if (source / "audit.anchor").is_file():
        shutil.copy2(source / "audit.anchor", settings.AUDIT_ANCHOR)
    return Restored(manifest["city"], manifest["made_at"], len(manifest["files"]))


def _refuse_another_citys(manifest: dict[str, Any]) -> None:
    here, replay = Path(settings.CITY_PACK).name, bool(settings.REPLAY)
    if manifest["city"] != here:
        raise UnableToRestore(
            f"it is a backup of {manifest['city']}, and this is {here}: set CITY={manifest['city']}"
        )
    if manifest.get("replay", replay) != replay:
        raise UnableToRestore(
            "it is a backup of a replay of recordings, and this is the real city"
            if not replay
            else "it is a backup of the real city, and this is a replay of recordings"
        )


def _refuse_unless_empty() -> None:
    kept = []
    for url in dict.fromkeys((settings.DATABASE_URL, settings.LAKE_DATABASE_URL)):
        if url.startswith("sqlite"):
            if Path(url.removeprefix("sqlite:///")).exists():
                kept.append(url.removeprefix("sqlite:///"))
        else:
            with psycopg.connect(url) as database:
                counted = database.execute(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
                ).fetchone()
            if counted and counted[0]:
                kept.append("the PostgreSQL database")
    for place in (settings.LAKE_STORE, settings.RAW_STORE, settings.MEDIA_ROOT):
        local = Store(place).local
        if local is not None and local.is_dir() and any(local.iterdir()):
            kept.append(str(local))
    if kept:
        raise UnableToRestore(
            f"a backup is put back into an empty home only, and here there is {', '.join(kept)}"
        )


def _restore_database(url: str, source: Path) -> None:
    wanted = source.with_suffix(".sqlite3" if url.startswith("sqlite") else ".dump")
    if not wanted.is_file():
        raise UnableToRestore(
            f"the backup has no {wanted.name}: it was made from the other kind of database"
        )
    if not url.startswith("sqlite"):
        backup.run_postgres(
            [
                "pg_restore",
                "--no-owner",
                "--exit-on-error",
                "--dbname",
                _database(url),
                str(wanted),
            ],
            url,
        )
        return
    target = Path(url.removeprefix("sqlite:///"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(wanted)) as copy,
        closing(sqlite3.connect(target)) as live,
    ):
        copy.backup(live)
        found = live.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise UnableToRestore(f"{target} was put back, but is not whole: {found}")


def _database(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def _restore_table(store: Store, table: str, source: Path) -> None:
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    if store.local is not None:
        shutil.copytree(source, store.path(table))
        return
    target = backup.filesystem(store, table)
    # The log last: a table is there once its log is.
    for path in sorted(files, key=lambda path: "_delta_log" in path.parts):
        with (
            path.open("rb") as copy,
            # The store's own stream takes bytes only, which is what a larger buffer hands on.
            target.open_output_stream(
                str(path.relative_to(source)), buffer_size=4 * _PIECE_BYTES
            ) as sink,
        ):
            shutil.copyfileobj(copy, sink, _PIECE_BYTES)
