"""What keeps the house from keeping anything: a full disk, a database that is away. In words.

While there is such trouble nothing is fetched, for it could not be kept, and no source is blamed.
The worker says what it is in a file that was made when there was room, so that pages can tell.
"""

import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from moothall.kernel.feeds import tables
from moothall.kernel.observations.database import UnableToOpen
from moothall.kernel.observations.patience import TurnNeverCame

LEAST_FREE_BYTES = 16 * 1024 * 1024
"""With less nothing is begun: what is under way must still come to its end."""
_TRIAL_BYTES = 64 * 1024
_LONGEST = 1000
_BELIEVED_FOR = timedelta(minutes=10)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_AWAY = frozenset({
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR,
})  # fmt: skip
"""Gone, torn, or on a disk that fails. A file that was taken away is made anew by whoever opens
it, without its tables."""
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's word for a lock that others held for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with the stores."""

    kind: str
    """"full", "away" or "held": others write, and do not come to an end."""
    detail: str
    """What the system said, for whoever looks after the machine."""
    since: datetime | None = None

    @property
    def words(self) -> str:
        """What is wrong and what to do, to a person who looks after the machine."""
        if self.kind == "full":
            return _(
                "The disk is full: nothing new can be kept. Make room under %(where)s; the feeds"
                " then go on by themselves."
            ) % {"where": settings.STORES}
        if self.kind == "held":
            return _(
                "Something else holds the database, so nothing new can be kept: a copy tool or a"
                " shell left open? The feeds go on by themselves once it lets go."
            )
        return _(
            "The database does not answer: nothing new can be kept. Start it, or see to its"
            " address (DATABASE_URL); the feeds then go on by themselves."
        )

    @property
    def public_words(self) -> str:
        """What is wrong, to everybody."""
        if self.kind == "full":
            return _("The disk of this site is full, so nothing new can be kept.")
        if self.kind == "held":
            return _("Others are writing to the database of this site and have not come to an end.")
        return _("The database of this site does not answer, so nothing new can be kept.")


class UnableToKeep(Exception):
    """Nothing can be kept now; the message says why and what to do, to a person."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.words)
        self.trouble = trouble


def of(fault: BaseException | None) -> Trouble | None:
    """Say what trouble of the stores a fault, or what caused it, tells of; None if of none."""
    while fault is not None:
        if isinstance(fault, UnableToKeep):
            return fault.trouble
        kind = _kind(fault)
        if kind:
            return Trouble(kind=kind, detail=str(fault).strip()[:300])
        fault = fault.__cause__ or fault.__context__
    return None


def _kind(fault: BaseException) -> str:
    if isinstance(fault, OSError) and (fault.errno in _FULL or "os error 28" in str(fault)):
        return "full"
    if isinstance(fault, sqlite3.Error):
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        # A disk too full for the file that says who reads what is told as one that cannot be read.
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full()):
            return "full"
        if code in _HELD:
            return "held"
        return "away" if code in _AWAY or "no such table" in str(fault) else ""
    if isinstance(fault, TurnNeverCame):
        return "held"
    psycopg = sys.modules.get("psycopg")
    if psycopg is not None and isinstance(fault, psycopg.InterfaceError):
        return "away"
    if psycopg is not None and isinstance(fault, psycopg.Error):
        return _kind_of_state(fault.sqlstate, isinstance(fault, psycopg.OperationalError))
    return "away" if isinstance(fault, UnableToOpen) else ""


def _kind_of_state(state: str | None, operational: bool) -> str:
    """Read PostgreSQL's five letters: 53100 is a full disk; 08, 53 and 57P say it is not there."""
    if state == "53100":
        return "full"
    if state == _LOCK_NOT_AVAILABLE:
        return "held"
    lost = operational and state is None
    return "away" if lost or (state or "").startswith(("08", "53", "57P")) else ""


def is_full() -> bool:
    """Test whether the disk under the stores has next to no room."""
    return shutil.disk_usage(settings.STORES).free < LEAST_FREE_BYTES


def look() -> Trouble | None:
    """Say what is wrong with the stores as far as it can be seen without writing to them."""
    if is_full():
        free = shutil.disk_usage(settings.STORES).free
        return Trouble(kind="full", detail=f"{free // 1024:,} kB are free")
    return None


def try_out() -> Trouble | None:
    """Write to every store, a little: say what is wrong, or None if they can be written to."""
    seen = look()
    if seen is not None:
        return seen
    try:
        folder = Path(settings.RAW_STORE)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with tables.transaction() as cursor:
            cursor.execute(
                "INSERT INTO feed_key (sha256, feed, label, made_at) VALUES (?, ?, ?, ?)",
                ("", "", "x" * _TRIAL_BYTES, 0),
            )
            cursor.execute("DELETE FROM feed_key WHERE sha256 = ?", ("",))
    except Exception as fault:
        # Whatever it is, nothing can be kept.
        return of(fault) or Trouble(kind="away", detail=str(fault)[:300])
    return None


def _note() -> Path:
    return Path(settings.STORES) / "worker.trouble"


def tell(trouble: Trouble | None, now: datetime) -> None:
    """Say for every process of this machine what is wrong, or that nothing is.

    Leaves:  a file of one size, written in place: on a full disk there is no room for another.
    """
    said = ""
    if trouble is not None:
        since = trouble.since or now
        said = f"{now.isoformat()}\t{since.isoformat()}\t{trouble.kind}\t{trouble.detail}"
    body = " ".join(said.splitlines()).encode()[:_LONGEST].ljust(_LONGEST)
    try:
        handle = os.open(_note(), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(handle, body)
        finally:
            os.close(handle)
    except OSError:
        return  # Then pages see for themselves how much room there is.


def told(now: datetime) -> Trouble | None:
    """Return what a worker said just now is wrong, or what anybody can see; None if all is well."""
    try:
        said = _note().read_text(encoding="utf-8", errors="replace").strip(" ")
        at, since, kind, detail = said.split("\t", 3)
        told_at, since_at = (datetime.fromisoformat(one).astimezone(UTC) for one in (at, since))
    except (OSError, ValueError):
        return look()
    if abs(now - told_at) > _BELIEVED_FOR:
        return look()
    return Trouble(kind=kind, detail=detail, since=since_at)
