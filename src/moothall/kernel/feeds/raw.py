"""The raw bytes of every payload, kept by their hash: nothing we show is without its source."""

import os
import re
import tempfile
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import zstandard
from django.conf import settings

from moothall.kernel.feeds import tables
from moothall.kernel.observations.entries import micros
from moothall.kernel.registry import Registry

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORGOTTEN_AFTER = timedelta(days=1)


class UnableToOpenRaw(Exception):
    """The raw bytes are not here: never were, or their time is up."""


def _folder() -> Path:
    return Path(settings.RAW_STORE)


def _path(sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise UnableToOpenRaw("that is not the hash of a payload")
    return _folder() / sha256[:2] / sha256


def keep(body: bytes, sha256: str) -> None:
    """Keep some bytes for good: on disk, fsynced, when this returns. Known bytes cost nothing.

    Leaves:  STORES/raw/aa/aabb..., packed with zstd.
    """
    path = _path(sha256)
    if path.is_file():
        # Their time starts again, or the sweep could take what a new run relies on.
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(zstandard.ZstdCompressor(level=3).compress(body))
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).rename(path)
        except BaseException:
            with suppress(OSError):
                Path(file.name).unlink()
            raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def open_raw(sha256: str) -> bytes:
    """Return the raw bytes with this hash; errors: UnableToOpenRaw."""
    try:
        packed = _path(sha256).read_bytes()
    except FileNotFoundError:
        raise UnableToOpenRaw("these bytes are no longer kept") from None
    return zstandard.ZstdDecompressor().decompress(packed)


def sweep(registry: Registry, now: datetime, *, needed: Collection[str] = ()) -> int:
    """Let go of the payloads whose feed keeps them no longer; return how many files went.

    The newest payload of each address stays, however old: it is what the page shows now. So do
    those `needed` by others than feeds, named by their hashes.
    """
    with tables.database().transaction() as cursor:
        for feed in registry.feeds():
            cursor.execute(
                "UPDATE feed_raw SET stored = 0 WHERE feed = ? AND stored = 1 AND fetched_at < ?"
                " AND sha256 NOT IN (SELECT sha256 FROM feed_address WHERE feed = ?)",
                (feed.name, micros(now - feed.keep_raw), feed.name),
            )
        wanted = {
            row[0]
            for row in cursor.execute("SELECT DISTINCT sha256 FROM feed_raw WHERE stored = 1")
        }
    gone = 0
    for path in _folder().glob("??/*"):
        # A young file may belong to a run that has not committed yet.
        old = path.stat().st_mtime < (now - _FORGOTTEN_AFTER).timestamp()
        if old and path.name not in wanted and path.name not in needed:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
