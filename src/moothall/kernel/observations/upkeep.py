"""The lake's state at a glance, and building it again from the raw bytes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from moothall.kernel.observations import compacting, schema, sealing
from moothall.kernel.observations.entries import Receipt, instant
from moothall.values.observations import Batch

if TYPE_CHECKING:
    from moothall.kernel.observations.holdings import Holdings

_SEAL_EVERY = 1_000_000


class UnableToRebuild(Exception):
    """The lake to rebuild into is not empty."""


class Delivered(NamedTuple):
    """One payload parsed again: what it says, and how it came the first time."""

    batch: Batch
    feed: str
    key: str
    received_at: datetime
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """How one stream stands."""

    stream: str
    hot_segments: int
    hot_rows: int
    hot_bytes: int
    oldest_hot_at: datetime | None
    """When the oldest segment that waits to be sealed came."""
    sealed_rows: int
    sealed_files: int
    sealed_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the lake stands."""

    at: datetime
    series: int
    last_change: int
    last_received_at: datetime | None
    streams: tuple[StreamStatus, ...]

    @property
    def rows(self) -> int:
        """All rows kept, hot and sealed."""
        return sum(stream.hot_rows + stream.sealed_rows for stream in self.streams)


def status(lake: "Holdings", *, now: datetime) -> Status:
    """Say how the lake stands."""
    with lake.database.reading() as cursor:
        series = cursor.execute("SELECT count(*) FROM series").fetchone()
        last = cursor.execute("SELECT max(id), max(received_at) FROM segment").fetchone()
        hot = {
            row[0]: row[1:]
            for row in cursor.execute(
                "SELECT stream, count(*), sum(rows), sum(length(body)), min(received_at)"
                f" FROM segment WHERE {schema.UNSEALED} GROUP BY stream"
            ).fetchall()
        }
    streams = []
    for stream in sorted({*hot, *compacting.sealed_streams(lake.database)}):
        count, rows, size, oldest = hot.get(stream, (0, 0, 0, None))
        files = lake.sealed(stream).snapshot().files
        streams.append(
            StreamStatus(
                stream=stream,
                hot_segments=count,
                hot_rows=int(rows),
                hot_bytes=int(size),
                oldest_hot_at=None if oldest is None else instant(oldest),
                sealed_rows=sum(file.rows for file in files),
                sealed_files=len(files),
                sealed_bytes=sum(file.size for file in files),
            )
        )
    number, received_at = last or (None, None)
    return Status(
        at=now,
        series=int(series[0]) if series else 0,
        last_change=int(number or 0),
        last_received_at=None if received_at is None else instant(received_at),
        streams=tuple(streams),
    )


def rebuild(
    append: Callable[..., Receipt],
    seal: Callable[[datetime], object],
    deliveries: Iterable[Delivered],
) -> int:
    """Append payloads parsed again, in the order they came, sealing as it goes; return how many."""
    count, rows = 0, 0
    delivered = None
    for given in deliveries:
        delivered = Delivered(*given)
        receipt = append(
            delivered.batch,
            feed=delivered.feed,
            key=delivered.key,
            now=delivered.received_at,
            raw=delivered.raw,
        )
        count += 1
        rows += receipt.observations + receipt.records
        if rows >= _SEAL_EVERY:
            seal(delivered.received_at)
            rows = 0
    if delivered is not None:
        seal(delivered.received_at)
    return count


def compact(
    lake: "Holdings", *, now: datetime, keeping: compacting.Keeping
) -> compacting.Compaction:
    """Tidy every sealed table, and forget what has no more use; one process at a time."""
    with lake.database.exclusive("seal", wait=False) as taken:
        if not taken:
            return compacting.Compaction(busy=True)
        done = compacting.Compaction()
        for stream in compacting.sealed_streams(lake.database):
            done += compacting.compact_table(
                lake.sealed(stream), now=now, keep=keeping.of(stream), keep_hours=keeping.hours
            )
        compacting.forget_empty_deliveries(lake.database, now=now)
        sealing.forget_old_simulations(lake.database, now=now)
        return done
