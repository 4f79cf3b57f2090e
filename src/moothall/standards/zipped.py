"""Zip archives from strangers: members are read within a stated size, whatever they claim.

Source:   https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of an archive with files in it, and of an empty one."""
MAX_MEMBERS = 2_000
READ_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def is_zip(body: bytes) -> bool:
    """Test whether bytes begin as a zip archive does."""
    return body.startswith(BEGINNINGS)


class Archive:
    """One archive, of which no more than `max_bytes` is ever unpacked in all.

    Errors:  ValueError if the archive is broken, has too many members, or holds too much.
    """

    def __init__(self, body: bytes, *, max_bytes: int) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(body))
        except READ_FAULTS as fault:
            raise ValueError(f"not a readable zip archive: {fault}") from fault
        if len(self._archive.infolist()) > MAX_MEMBERS:
            raise ValueError(f"more than {MAX_MEMBERS} files in the archive")
        self._left = max_bytes

    def names(self) -> Iterator[str]:
        """Name the files of the archive, in its own order."""
        for member in self._archive.infolist():
            if not member.is_dir():
                yield member.filename

    def read(self, name: str) -> bytes:
        """Unpack one file.

        Errors:  KeyError if there is none of that name; ValueError if it is broken, or if what
                 has been unpacked so far would grow beyond the archive's allowance.
        """
        try:
            with self._archive.open(name) as member:
                body = member.read(self._left + 1)
        except READ_FAULTS as fault:
            raise ValueError(f"cannot unpack {name}: {fault}") from fault
        if len(body) > self._left:
            raise ValueError(f"{name} unpacks to more than is allowed")
        self._left -= len(body)
        return body


def unpack(body: bytes, *, max_bytes: int) -> bytes:
    """Return what a gzip file or an archive of one file holds; anything else as it is.

    Errors:  ValueError if it is broken, holds too much, or is an archive of several files.
    """
    if is_zip(body):
        archive = Archive(body, max_bytes=max_bytes)
        names = tuple(archive.names())
        if len(names) != 1:
            raise ValueError(f"an archive of {len(names)} files: one was looked for")
        return archive.read(names[0])
    if not body.startswith(b"\x1f\x8b"):
        return body
    opened = zlib.decompressobj(wbits=31)
    try:
        found = opened.decompress(body, max_bytes)
    except zlib.error as fault:
        raise ValueError(f"not a readable gzip file: {fault}") from fault
    if opened.unconsumed_tail:
        raise ValueError("the gzip file unpacks to more than is allowed")
    if not opened.eof:
        raise ValueError("the gzip file is cut short")
    return found
