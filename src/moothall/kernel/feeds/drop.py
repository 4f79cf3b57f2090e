"""Files brought to the house: put one in STORES/drop/<feed>/, and it is read once.

Leaves:  the file in `done/`, or in `failed/` beside a text that says why.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from mimetypes import types_map
from pathlib import Path

import structlog

from moothall.kernel.feeds import payloads, runner, tables, texts
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.runs import Outcome, Run
from moothall.kernel.observations.lake import UnableToAppend
from moothall.kernel.registry import Arrival, Feed
from moothall.values.requests import Payload, Request

log = structlog.get_logger("moothall.feeds")
SETTLED_AFTER = timedelta(seconds=2)
LONGEST_NAME = 200


@dataclass(slots=True)
class DropFolder:
    """The drop folder of one house, and what was seen in it at the last look."""

    folder: Path
    duty: Duty
    clock: Callable[[], datetime]
    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Size and time of each file not read yet: one that still grows is not touched."""

    def feeds(self) -> Iterable[Feed]:
        """Return the feeds that files are brought for."""
        return (feed for feed in self.duty.feeds if feed.arrives is Arrival.DROP)

    def prepare(self) -> None:
        """Make a folder for each feed, so that whoever brings a file sees where."""
        for feed in self.feeds():
            (self.folder / feed.name).mkdir(parents=True, exist_ok=True)

    def look(self) -> tuple[Run, ...]:
        """Read every file that has settled; one that cannot be kept now waits for the next look."""
        done: list[Run] = []
        still_there: dict[Path, tuple[int, int]] = {}
        for feed in self.feeds():
            for path in self._list_files(feed):
                about = path.lstat()
                mark = (about.st_size, about.st_mtime_ns)
                still_there[path] = mark
                age = self.clock().timestamp() - about.st_mtime
                if self.seen.get(path) == mark and age >= SETTLED_AFTER.total_seconds():
                    done.extend(self._try(feed, path))
        self.seen = still_there
        return tuple(done)

    def _list_files(self, feed: Feed) -> list[Path]:
        folder = self.folder / feed.name
        if not folder.is_dir():
            return []
        # A link could lead anywhere; a name that begins with a dot is someone's unfinished copy.
        return sorted(
            path
            for path in folder.iterdir()
            if stat.S_ISREG(path.lstat().st_mode) and not path.name.startswith(".")
        )

    def _try(self, feed: Feed, path: Path) -> tuple[Run, ...]:
        """Take one file; one that cannot be kept now is left, and the others are not held up."""
        try:
            run = self._take(feed, path)
        except (UnableToAppend, OSError, tables.Refused) as fault:
            log.error("dropped file could not be kept", feed=feed.name, why=str(fault)[:300])
            return ()
        return () if run is None else (run,)

    def _take(self, feed: Feed, path: Path) -> Run | None:
        now = self.clock()
        try:
            body = _read(path, feed.max_bytes)
        except UnableToTake as fault:
            self._put_away(path, "failed", now, why=str(fault))
            log.warning("dropped file refused", feed=feed.name, why=str(fault))
            return None
        digest = sha256(body).hexdigest()
        if payloads.was_taken_in(feed.name, digest):
            self._put_away(path, "done", now)
            return None
        payload = Payload(
            body=body,
            request=Request(url=f"drop:{_plain(path)}"),
            fetched_at=now,
            media_type=types_map.get(path.suffix.lower(), ""),
            sha256=digest,
        )
        run = runner.take_in(
            feed,
            Answer(payload=payload),
            params=self.duty.params(feed),
            city=self.duty.around.city,
            clock=self.clock,
        )
        # Only now: whatever happened before this line, the file is still there to be read again.
        failed = run.outcome is Outcome.FAILED
        self._put_away(path, "failed" if failed else "done", now, why=run.words if failed else "")
        return run

    def _put_away(self, path: Path, where: str, now: datetime, *, why: str = "") -> None:
        folder = path.parent / where
        folder.mkdir(exist_ok=True)
        name = f"{now:%Y%m%dT%H%M%S%f}-{_plain(path)}"
        path.rename(folder / name)
        if why:
            (folder / f"{name}.why.txt").write_text(f"{why}\n", encoding="utf-8")


def _plain(path: Path) -> str:
    """Say a file's name in letters that can be shown, its ending and all.

    Units:   at most `LONGEST_NAME` bytes: a name may have 255, and we put more before and after.
    """
    plain = texts.clean(os.fsencode(path.name).decode("utf-8", "replace"))
    return " ".join(plain.split()).encode()[-LONGEST_NAME:].decode("utf-8", "ignore")


class UnableToTake(Exception):
    """A dropped file cannot be read."""


def _read(path: Path, limit: int) -> bytes:
    """Read a plain file, never through a link put in its place since we looked."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as fault:
        raise UnableToTake(f"the file cannot be opened: {fault.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        body = file.read(limit + 1)
    if len(body) > limit:
        raise UnableToTake(f"the file is larger than the {limit:,} bytes this feed may have")
    return body


def forget_done(folder: Path, now: datetime, *, keep: timedelta = timedelta(days=30)) -> int:
    """Remove what was put away long ago; the raw bytes are kept elsewhere. Return how many."""
    gone = 0
    for path in (*folder.glob("*/done/*"), *folder.glob("*/failed/*")):
        if path.lstat().st_mtime < (now - keep).timestamp():
            path.unlink()
            gone += 1
    return gone
