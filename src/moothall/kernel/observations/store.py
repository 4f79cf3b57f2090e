"""Where sealed files live: a folder on this machine, or an S3-compatible store."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_S3_OPTIONS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
)


@dataclass(frozen=True)
class Store:
    """A place for files, by address: a path, `file://...` or `s3://bucket/prefix`."""

    address: str

    @property
    def local(self) -> Path | None:
        """The folder, if the store is one."""
        if "://" not in self.address:
            return Path(self.address)
        if self.address.startswith("file://"):
            return Path(self.address.removeprefix("file://"))
        return None

    @property
    def options(self) -> dict[str, str] | None:
        """What the store's client needs to know, from the environment.

        A commit must never overwrite another's: the store is asked to write a log entry only if
        there is none of that name yet, which S3, MinIO, Ceph, R2 and Garage all understand.
        """
        if self.local is not None:
            return None
        given = {name: os.environ[name] for name in _S3_OPTIONS if os.environ.get(name)}
        return {**given, "aws_conditional_put": "etag"}

    def path(self, table: str) -> str:
        """Return a table's address."""
        return f"{self.local or self.address.rstrip('/')}/{table}"

    def filesystem(self, table: str) -> Any:
        """Return a pyarrow filesystem rooted at a table; for stores that are not local."""
        from deltalake.fs import DeltaStorageHandler
        from pyarrow.fs import PyFileSystem

        return PyFileSystem(DeltaStorageHandler(self.path(table), self.options))

    def write(self, table: str, name: str, rows: "pa.Table") -> int:
        """Write a Parquet file and see it onto the disk; return its size in bytes."""
        from moothall.kernel.observations import parquet

        if self.local is None:
            with self.filesystem(table).open_output_stream(name) as sink:
                parquet.write(rows, sink)
                return int(sink.tell())
        path = Path(self.path(table)) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # File, then its name: a commit is only made of what a power cut cannot take away.
        with path.open("xb") as sink:
            parquet.write(rows, sink)
            sink.flush()
            os.fsync(sink.fileno())
        _fsync(path.parent)
        _fsync(path.parent.parent)
        return path.stat().st_size

    def remove(self, table: str, name: str) -> None:
        """Take a file away; errors: FileNotFoundError."""
        if self.local is None:
            self.filesystem(table).delete_file(name)
        else:
            (Path(self.path(table)) / name).unlink()

    def replace(self, name: str, rows: "pa.Table") -> None:
        """Write a Parquet file in an older one's place, whole or not at all."""
        from moothall.kernel.observations import parquet

        if self.local is None:
            with self.filesystem("").open_output_stream(name) as sink:
                parquet.write(rows, sink)
            return
        fresh = self.local / f"{name}.new"
        with fresh.open("wb") as sink:
            parquet.write(rows, sink)
            sink.flush()
            os.fsync(sink.fileno())
        fresh.replace(self.local / name)
        _fsync(self.local)

    def settle(self, table: str, names: Iterable[str]) -> None:
        """See the folders of new files, and the whole newest log, onto the disk.

        An object store answers only when it has what it was given; a file system does not.
        """
        if self.local is None:
            return
        root = Path(self.path(table))
        log = root / "_delta_log"
        entries = sorted(log.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in entries[-8:]:
            _fsync(path)
        folders = {(root / name).parent for name in names} | {root, log, root.parent}
        for folder in folders:
            _fsync(folder)

    def settle_all(self) -> None:
        """See everything onto the disk, when it is not known what is not there yet."""
        if self.local is not None:
            os.sync()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
