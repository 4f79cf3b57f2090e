"""Files that were made once: given again at once, with their length, and in parts (RFC 9110, 14).

Who lost the line half way asks for the rest and gets the rest of the same file, or, if its rows
have changed meanwhile, the whole of the new one. What is kept can always be made again.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags

log = structlog.get_logger(__name__)

MOST = 2 * 1024**3
"""How many bytes are kept in all, over all processes."""
EACH = 1024**3
"""How large a file may be to be kept."""
FREE = 2 * 1024**3
"""How much of the disk is left to others."""
_NEW = ".new-"
_STALE_S = 24 * 3600
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*\Z", re.IGNORECASE | re.ASCII)
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Made:
    """How a file is made: `mark` is another whenever its bytes would mean something else."""

    mark: str
    form: str
    media_type: str
    make: Callable[[], Iterator[bytes]]


class UnableToKeep(Exception):
    """A file is larger than is kept, or the disk has no room for it."""


def hold(file: Made) -> Path:
    """Return where a file is kept, made now if it is not; errors: UnableToKeep."""
    path = _folder() / f"{file.mark}.{file.form}"
    if path.exists():
        os.utime(path)
    else:
        _take_all(_keeping(file.make(), path))
    if not path.exists():
        raise UnableToKeep(file.mark)
    return path


def give(request: HttpRequest, file: Made) -> HttpResponseBase:
    """Answer with a file: nothing if the asker has it, a part if that is asked, else the whole."""
    etag = f'"{file.mark}"'
    same = get_conditional_response(request, etag=etag)
    if same is not None:
        return same
    path = _folder() / f"{file.mark}.{file.form}"
    part = request.headers.get("Range", "") if request.method == "GET" else ""
    if part and _still_wanted(request, etag) and not path.exists():
        _take_all(_keeping(file.make(), path))
    answer = _kept(path, part if _still_wanted(request, etag) else "")
    if answer is None:
        pieces = _keeping(file.make(), path) if request.method == "GET" else iter(())
        answer = StreamingHttpResponse(pieces)
    answer["Content-Type"] = file.media_type
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    return answer


def _still_wanted(request: HttpRequest, etag: str) -> bool:
    """Tell whether the part asked for is one of these bytes."""
    asked = request.headers.get("If-Range")
    return asked is None or etag in parse_etags(asked)


def _kept(path: Path, part: str) -> HttpResponseBase | None:
    """Answer from what is kept; None if it is not."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with suppress(OSError):
        os.utime(path)  # what is asked for is let go of last
    size = os.fstat(file.fileno()).st_size
    try:
        span = _read_range(part, size)
    except IndexError:
        file.close()
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    first, last = span or (0, size - 1)
    given = FileResponse(_Part(file, first, last - first + 1), status=206 if span else 200)
    given["Content-Length"] = str(last - first + 1)
    if span:
        given["Content-Range"] = f"bytes {first}-{last}/{size}"
    return given


def _read_range(part: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte asked for; None for all of them.

    Shape:   several parts at once, other units and nonsense are all answered with the whole, as the
             standard allows.
    Errors:  IndexError, for a part that is not in the file.
    """
    found = _RANGE.match(part)
    if not found or not any(found.groups()) or max(map(len, found.groups())) > _DIGITS:
        return None
    begin, end = found.groups()
    if not begin:
        first, last = max(size - int(end), 0), size - 1
        wrong = int(end) == 0
    else:
        first, last = int(begin), min(int(end) if end else size - 1, size - 1)
        if end and int(end) < first:
            return None
        wrong = first >= size
    if wrong or size == 0:
        raise IndexError(part)
    return first, last


class _Part:
    """Some bytes of a file, read as if they were all of it."""

    def __init__(self, file: IO[bytes], first: int, size: int) -> None:
        self.file, self.left = file, size
        self.close = file.close
        file.seek(first)

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        said = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(said)
        return said


def _folder() -> Path:
    folder = Path(settings.STORES) / "files"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _take_all(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass


def _keeping(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Give pieces on and keep them, unless they are too many or the disk has no room."""
    size = 0
    new = _begin(path.parent)
    try:
        for piece in pieces:
            size += len(piece)
            if new is not None and not _write(new, piece, size):
                new = None
            yield piece
        if new is not None:
            new.close()
            Path(new.name).replace(path)
            _tidy(path)
            new = None
    finally:
        if new is not None:
            _discard(new)


def _begin(folder: Path) -> IO[bytes] | None:
    with suppress(OSError):
        if shutil.disk_usage(folder).free > FREE:
            return tempfile.NamedTemporaryFile(dir=folder, prefix=_NEW, delete=False)
    return None


def _write(new: IO[bytes], piece: bytes, size: int) -> bool:
    try:
        # Others write as well: what was free when this began may not be now.
        if size <= EACH and shutil.disk_usage(Path(new.name).parent).free > FREE:
            new.write(piece)
            return True
    except OSError as fault:
        log.warning("file_not_kept", why=str(fault))
    _discard(new)
    return False


def _discard(new: IO[bytes]) -> None:
    with suppress(OSError):
        new.close()
    Path(new.name).unlink(missing_ok=True)


def _tidy(newest: Path) -> None:
    """Let go of what was not asked for the longest, until there is room, and of what was cut."""
    kept: list[tuple[float, int, Path]] = []
    now = newest.stat().st_mtime
    for path in newest.parent.iterdir():
        with suppress(FileNotFoundError):
            said = path.stat()
            if path.name.startswith(_NEW):
                if now - said.st_mtime > _STALE_S:
                    path.unlink()
            else:
                kept.append((said.st_mtime, said.st_size, path))
    taken = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if taken <= MOST:
            return
        path.unlink(missing_ok=True)
        taken -= size
