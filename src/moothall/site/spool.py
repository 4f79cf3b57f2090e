"""Keeps what is being downloaded on disk: made as fast as it can be, sent as fast as it is taken.

Whoever makes a download holds a part of the lake in memory meanwhile. Were it made as slowly as
the slowest reader takes it, twenty of them would hold two gigabytes; a file holds none.
"""

import asyncio
import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog

log = structlog.get_logger(__name__)

SENT = 64 * 1024
"""How much is read back and sent at a time."""
PART = 32 * 1024 * 1024
"""How much stands in one file: it is let go as soon as it was sent."""
ROOM = 2 * 1024 * 1024 * 1024
"""How much may stand in all: beyond it makers wait for readers, and new ones are not let in."""
LOOK_S = 0.5


class Cut(Exception):
    """A download could not be made to its end."""


@dataclass(slots=True)
class Part:
    """One file, and how far it is written."""

    file: IO[bytes]
    size: int = 0


@dataclass(slots=True)
class Room:
    """How much disk all downloads of this process take."""

    folder: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    most: int = ROOM
    taken: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Held while a piece is made, and so one piece is made at a time however many make downloads:
    they take turns, piece by piece, and a small one need not wait for a large one's end."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be begun: our share is taken, or the disk has no such share."""
        return self.taken >= self.most or shutil.disk_usage(self.folder).free < self.most

    def take(self, size: int) -> None:
        """Take some of it; a negative size gives it back."""
        with self._lock:
            self.taken += size


class Spool:
    """One download: a thread writes it, the event loop reads it back."""

    def __init__(self, room: Room, loop: asyncio.AbstractEventLoop) -> None:
        self.room = room
        self.loop = loop
        self.parts: deque[Part] = deque()
        self.more = asyncio.Event()
        self.left = threading.Event()
        self.offset = 0
        self.filled = False
        self.whole = False
        self._last: Part | None = None
        self._lock = threading.Lock()

    def fill(self, pieces: Iterator[bytes]) -> None:
        """Write all there is, unless its reader leaves; runs in a thread, and logs its faults."""
        try:
            while (piece := self._make(pieces)) is not None:
                while self.room.taken >= self.room.most and not self.left.wait(LOOK_S):
                    pass
                if self.left.is_set():
                    return
                self._write(piece)
            self.whole = True
        except Exception:
            log.exception("download_cut")
        finally:
            with self._lock:
                self.filled = True
                if self.left.is_set():
                    self._let_go()
            self._tell()

    def _make(self, pieces: Iterator[bytes]) -> bytes | None:
        with self.room.turn:
            return next(pieces, None)

    def _write(self, piece: bytes) -> None:
        # Ours to know: a full one may just be going.
        part = self._last
        if part is None or part.size >= PART:
            file = tempfile.TemporaryFile(dir=self.room.folder, buffering=0)  # noqa: SIM115
            part = self._last = Part(file)
            self.parts.append(part)
        rest = memoryview(piece)
        while rest:
            rest = rest[part.file.write(rest) :]
        self.room.take(len(piece))
        part.size += len(piece)
        self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the process ends
            self.loop.call_soon_threadsafe(self.more.set)

    async def read(self) -> bytes:
        """Return what comes next, as soon as there is some; nothing at the end.

        Errors:  Cut.
        """
        while True:
            self.more.clear()
            filled = self.filled
            if self.parts and self.offset < self.parts[0].size:
                # Written a moment ago, it is nearly always still in memory: no thread is worth it.
                descriptor = self.parts[0].file.fileno()
                size = min(SENT, self.parts[0].size - self.offset)
                said = os.pread(descriptor, size, self.offset)
                self.offset += len(said)
                return said
            if self.parts and (filled or self.parts[0].size >= PART):
                self._drop()
            elif filled and self.whole:
                return b""
            elif filled:
                raise Cut
            else:
                await self.more.wait()

    def leave(self) -> None:
        """Say that nobody reads on: what was made is let go of, and no more is made."""
        with self._lock:
            self.left.set()
            if self.filled:
                self._let_go()

    def _let_go(self) -> None:
        while self.parts:
            self._drop()

    def _drop(self) -> None:
        part = self.parts.popleft()
        self.offset = 0
        part.file.close()
        self.room.take(-part.size)
