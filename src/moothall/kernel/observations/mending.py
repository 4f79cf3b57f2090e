"""Mends a sealed table whose newest commits a power cut has torn: back to the last whole one.

Nothing is lost by it, for segments keep their bodies until what was sealed of them is on disk.
"""

import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from moothall.kernel.observations.database import Database
from moothall.values.observations import Origin

if TYPE_CHECKING:
    from moothall.kernel.observations.sealed import SealedTable

_LOOKED_AT = 8
"""How many commits back are looked at; each commit sees the newest ones onto the disk."""
_ENTRY = re.compile(r"(\d{20})\.json")
_VERSIONED = re.compile(r"(\d{20})\.")


class UnableToMend(Exception):
    """A commit is torn, and segments that it held are no longer in the database."""


def find_torn(table: "SealedTable") -> dict[int, str]:
    """Say what is wrong with the newest commits, by version; object stores never tear one."""
    if table.store.local is None:
        return {}
    root = Path(table.address)
    entries = {
        int(found[1]): path
        for path in (root / "_delta_log").glob("*.json")
        if (found := _ENTRY.fullmatch(path.name))
    }
    torn: dict[int, str] = {}
    removed: set[str] = set()
    for version in sorted(entries, reverse=True)[:_LOOKED_AT]:
        try:
            actions = [json.loads(line) for line in entries[version].read_text().splitlines()]
        except ValueError:
            torn[version] = "its entry in the log is torn"
            continue
        if not actions:
            torn[version] = "its entry in the log is empty"
            continue
        added = [action["add"] for action in actions if "add" in action]
        lost = [one["path"] for one in added if one["path"] not in removed and not _is(root, one)]
        if lost:
            torn[version] = f"its file {lost[0]} is torn or missing"
        removed |= {action["remove"]["path"] for action in actions if "remove" in action}
    return torn


def _is(root: Path, added: dict[str, Any]) -> bool:
    """Test whether a file that a commit added is there and whole, as far as its two ends tell."""
    path = root / added["path"]
    try:
        if path.stat().st_size != added["size"]:
            return False
        with pq.ParquetFile(path):
            return True
    except (OSError, pa.ArrowException):
        return False


def mend(database: Database, table: "SealedTable", stream: str) -> str:
    """Put torn commits aside, so that their segments are sealed again; say what was done.

    Shape:   nothing is done, and "" said, where all is whole; the caller holds the sealing lock.
    Errors:  UnableToMend, with everything left as it is.
    """
    torn = find_torn(table)
    if not torn:
        return ""
    first = min(torn)
    watermark = table.watermark_at(first - 1)
    with database.reading() as cursor:
        cursor.execute(
            "SELECT count(*) FROM segment WHERE stream = ? AND id > ? AND rows > 0"
            " AND body IS NULL AND origin <> ?",
            (stream, watermark, int(Origin.SIMULATED)),
        )
        row = cursor.fetchone()
    if row is not None and row[0]:
        raise UnableToMend(
            f"{stream}: commit {first} cannot be trusted ({torn[first]}), and {row[0]} segments"
            " sealed by it or later are no longer in the database. Restore a backup, or rebuild"
            " from the raw bytes."
        )
    # First the database: from here on readers take these rows from the segments again.
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE sealed_up_to SET segment = ? WHERE stream = ? AND segment > ?",
            (watermark, stream, watermark),
        )
    _put_aside(Path(table.address), first)
    table.open_anew()
    return f"{stream}: commits from {first} on were put aside ({torn[first]})."


def _put_aside(root: Path, first: int) -> None:
    log, aside = root / "_delta_log", root / "_torn"
    aside.mkdir(exist_ok=True)
    # The newest first, so that what is left is a table whenever this is interrupted.
    for path in sorted(log.iterdir(), reverse=True):
        found = _VERSIONED.match(path.name)
        if path.name == "_last_checkpoint" or (found is not None and int(found[1]) >= first):
            path.rename(aside / f"{path.name}.{uuid.uuid4().hex}")
