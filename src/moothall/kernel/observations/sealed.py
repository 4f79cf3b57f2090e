"""One stream's sealed table: a Delta table whose commits carry how far its stream is sealed."""

import json
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from moothall.kernel import clock
from moothall.kernel.observations import columns
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.shapes import Shape
from moothall.kernel.observations.store import Store

_APPLICATION = "moothall"
_BETWEEN_SUMS = 10
"""In a bucket every commit since the log was last summed up is a request to whoever reads it."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One file of a sealed table, and what it spans."""

    name: str
    period: str
    rows: int
    size: int
    from_at: int
    until_at: int
    """Its newest instant, included."""
    who: tuple[Any, Any]
    """The least and greatest series or thing in it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a sealed table."""

    version: int = -1
    watermark: int = 0
    """Every segment of the stream up to this one is in the files."""
    files: tuple[SealedFile, ...] = ()

    def reaching(self, from_at: int, until_at: int) -> tuple[SealedFile, ...]:
        """Return the files that may hold something in [from_at, until_at)."""
        return tuple(f for f in self.files if f.until_at >= from_at and f.from_at < until_at)


class SealedTable:
    """A sealed table; keeps one open and follows it, for that is much quicker than opening."""

    def __init__(self, store: Store, shape: Shape) -> None:
        self.store = store
        self.shape = shape
        self._lock = threading.RLock()
        self.trusted = False
        """Whether this process has looked for commits that a power cut tore."""
        self._table: DeltaTable | None = None
        self._snapshot = Snapshot()

    @property
    def address(self) -> str:
        """Where the table is."""
        return self.store.path(self.shape.name)

    def snapshot(self) -> Snapshot:
        """Return the table's newest state; empty if nothing was ever sealed."""
        with self._lock:
            if self._table is None:
                self._table = self._open()
            else:
                try:
                    self._table.update_incremental()
                except DeltaError:
                    # The log was tidied away from under an old version: start from its newest.
                    self._table = self._open()
            if self._table is None:
                return Snapshot()
            if self._table.version() != self._snapshot.version:
                self._snapshot = self._read(self._table)
            return self._snapshot

    def _open(self) -> DeltaTable | None:
        if self.store.local is not None and not (Path(self.address) / "_delta_log").is_dir():
            return None
        try:
            return DeltaTable(self.address, storage_options=self.store.options)
        except TableNotFoundError:
            return None

    def open_anew(self) -> None:
        """Forget what is known of the table, for its log is no longer what it was."""
        with self._lock:
            self._table, self._snapshot = None, Snapshot()

    def watermark_at(self, version: int) -> int:
        """Return how far the stream was sealed as of a version; 0 before the first."""
        if version < 0:
            return 0
        table = DeltaTable(self.address, version=version, storage_options=self.store.options)
        return table.transaction_version(_APPLICATION) or 0

    def _read(self, table: DeltaTable) -> Snapshot:
        added = pa.table(table.get_add_actions(flatten=True)).to_pylist()
        shape = self.shape
        files = [
            SealedFile(
                name=row["path"],
                period=row[f"partition.{shape.period}"],
                rows=row["num_records"],
                size=row["size_bytes"],
                from_at=micros(row[f"min.{shape.when}"]),
                until_at=micros(row[f"max.{shape.when}"]),
                who=(row[f"min.{shape.who}"], row[f"max.{shape.who}"]),
            )
            for row in added
        ]
        files.sort(key=lambda file: (file.period, file.name))
        return Snapshot(
            version=table.version(),
            watermark=table.transaction_version(_APPLICATION) or 0,
            files=tuple(files),
        )

    def write(self, period: str, rows: pa.Table) -> AddAction:
        """Write rows of one period, sorted, as a file no commit names yet."""
        shape = self.shape
        name = f"{shape.period}={period}/{uuid.uuid4().hex}.parquet"
        rows = rows.select(shape.rows.names)
        size = self.store.write(shape.name, name, rows)
        at = columns.int64s(rows[shape.when])
        least, most = rows[shape.who][0].as_py(), rows[shape.who][len(rows) - 1].as_py()
        stats = {
            "numRecords": len(rows),
            "minValues": {shape.who: least, shape.when: _iso(int(at.min()))},
            "maxValues": {shape.who: most, shape.when: _iso(int(at.max()))},
            "nullCount": {shape.who: 0, shape.when: 0},
        }
        return AddAction(
            path=name,
            size=size,
            partition_values={shape.period: period},
            modification_time=0,
            data_change=True,
            stats=json.dumps(stats),
        )

    def commit(
        self,
        added: Sequence[AddAction],
        removed: Iterable[SealedFile],
        *,
        watermark: int | None = None,
    ) -> None:
        """Change the table's files in one commit, and see it onto the disk.

        Errors:  DeltaError if another process sealed the same segments first.
        """
        # The log is in this machine's own time: vacuum compares it with the machine's clock.
        at = micros(clock.now()) // 1000
        for action in added:
            action.modification_time = at
        gone = [
            RemoveAction(
                file.name,
                data_change=True,
                deletion_timestamp=at,
                size=file.size,
                partition_values={self.shape.period: file.period},
            )
            for file in removed
        ]
        applied = [] if watermark is None else [Transaction(_APPLICATION, watermark)]
        with self._lock:
            table = self._table or self._open() or self._create()
            self._table = table
            table.update_incremental()
            table.create_write_transaction(
                [*added, *gone],
                "append",
                table.schema(),
                partition_by=[self.shape.period],
                commit_properties=CommitProperties(app_transactions=applied),
            )
            table.update_incremental()
        self.store.settle(self.shape.name, [action.path for action in added])

    def _create(self) -> DeltaTable:
        if self.store.local is not None:
            Path(self.address).mkdir(parents=True, exist_ok=True)
        remote = {} if self.store.local else {"delta.checkpointInterval": str(_BETWEEN_SUMS)}
        return DeltaTable.create(
            self.address,
            self.shape.table,
            mode="ignore",
            partition_by=[self.shape.period],
            storage_options=self.store.options,
            configuration={"delta.logRetentionDuration": "interval 2 days", **remote},
        )

    def read(
        self,
        file: SealedFile,
        names: Sequence[str] | None = None,
        *,
        who: Any = None,
    ) -> pa.Table:
        """Read one file; of one series or thing only the row groups that may hold it."""
        with self.open(file) as source:
            wanted = list(names or self.shape.rows.names)
            if who is None:
                return source.read(columns=wanted)
            groups = []
            column = self.shape.rows.get_field_index(self.shape.who)
            for index in range(source.metadata.num_row_groups):
                stats = source.metadata.row_group(index).column(column).statistics
                if stats is None or stats.min <= who <= stats.max:
                    groups.append(index)
            return source.read_row_groups(groups, columns=wanted, use_threads=False)

    def open(self, file: SealedFile) -> pq.ParquetFile:
        """Open one file's Parquet reader."""
        if self.store.local is not None:
            return pq.ParquetFile(f"{self.address}/{file.name}")
        return pq.ParquetFile(file.name, filesystem=self.store.filesystem(self.shape.name))

    def tidy(self, *, keep_hours: int) -> int:
        """Write a checkpoint and delete files that no version of the last hours names."""
        with self._lock:
            if self._table is None and (table := self._open()) is not None:
                self._table = table
            if self._table is None:
                return 0
            self._table.update_incremental()
            self._table.create_checkpoint()
            self.store.settle(self.shape.name, [])
            self._table.cleanup_metadata()
            deleted = self._table.vacuum(
                retention_hours=keep_hours, dry_run=False, enforce_retention_duration=False
            )
            self._table.update_incremental()
        return len(deleted)


def _iso(at: int) -> str:
    return instant(at).isoformat(timespec="microseconds").replace("+00:00", "Z")
