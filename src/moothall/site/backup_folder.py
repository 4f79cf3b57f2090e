"""One folder of a backup: how files come into it, what it states of them, which are finished."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
_PIECE_BYTES = 1024 * 1024


@dataclass(slots=True)
class Folder:
    """A backup that is being made, and the finished one before it."""

    path: Path
    before: Path | None = None
    _linked: dict[str, Callable[[], IO[bytes]]] = field(default_factory=dict)

    def write(
        self, name: str, opened: Callable[[], IO[bytes]], unchanging_size: int | None = None
    ) -> None:
        """Copy one file; one of a given size that never changes is shared with the last backup."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if unchanging_size is not None and self._share(name, unchanging_size):
            self._linked[name] = opened
            return
        with opened() as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _PIECE_BYTES)

    def _share(self, name: str, size: int) -> bool:
        kept = self.before / name if self.before is not None else None
        if kept is None or not kept.is_file() or kept.stat().st_size != size:
            return False
        try:
            os.link(kept, self.path / name)
        except OSError:  # a file system without links, or one file with too many
            return False
        return True

    def copy_if_there(self, source: Path, name: str, *, unchanging: bool = False) -> None:
        """Copy a file that may be gone by now, with its time."""
        # Raw bytes may be swept between the listing and the copying: their time was over.
        try:
            found = source.stat()
            self.write(name, lambda: source.open("rb"), found.st_size if unchanging else None)
        except FileNotFoundError:
            return
        if name not in self._linked:
            os.utime(self.path / name, ns=(found.st_atime_ns, found.st_mtime_ns))

    def copy_tree(self, source: Path, name: str, *, unchanging: bool = False) -> None:
        """Copy a folder, as far as its files are there when their turn comes."""
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.name.startswith(".new-"):
                inside = f"{name}/{path.relative_to(source).as_posix()}"
                self.copy_if_there(path, inside, unchanging=unchanging)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write what the backup holds, last of all: a backup without it did not finish."""
        stated = read_manifest(self.before)["files"] if self.before is not None else {}
        files = {}
        for path in list_files(self.path):
            name = path.relative_to(self.path).as_posix()
            found = sum_of(path)
            if name in self._linked and found != stated.get(name, [0, ""])[1]:
                # The last backup's has rotted since: this one gets its own.
                path.unlink()
                self.write(name, self._linked.pop(name))
                found = sum_of(path)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            files[name] = [path.stat().st_size, found]
        fresh = self.path / f".{MANIFEST}"
        with fresh.open("w", encoding="utf-8") as out:
            json.dump({**manifest, "files": files}, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.path / MANIFEST)


def list_finished(destination: Path, city: str) -> list[Path]:
    """List the finished backups of a city's stores in a folder, oldest first."""
    return [path for path in _list(destination, city) if (path / MANIFEST).is_file()]


def list_unfinished(destination: Path, city: str) -> list[Path]:
    """List what backups left that did not finish."""
    return [path for path in _list(destination, city) if not (path / MANIFEST).is_file()]


def _list(destination: Path, city: str) -> list[Path]:
    # A city's name may be the beginning of another's.
    named = re.compile(rf"moothall-{re.escape(city)}-\d{{8}}T\d{{6}}Z")
    return sorted(path for path in destination.glob("moothall-*") if named.fullmatch(path.name))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a finished backup states of itself; errors: OSError, ValueError."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a backup, its manifest aside."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            yield path


def sum_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def newest_backup(destination: Path, city: str) -> datetime | None:
    """Return when the newest finished backup of a city in a folder was made; None if none."""
    finished = list_finished(destination, city)
    if not finished:
        return None
    return datetime.fromisoformat(read_manifest(finished[-1])["made_at"])
