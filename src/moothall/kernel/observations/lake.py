"""The lake: what machines say, kept for good. Appends durably; reads hot and sealed as one.

Opening it is light: pyarrow, DuckDB and Delta are loaded by the first call that needs them.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from moothall.kernel.observations import latest, schema
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import (
    Change,
    Latest,
    Receipt,
    RecordEntry,
    SeriesEntry,
    UnableToAppend,
    instant,
)
from moothall.kernel.observations.holdings import Holdings
from moothall.kernel.registry import house
from moothall.values.observations import Batch, Observation, Origin
from moothall.values.places import Box

if TYPE_CHECKING:
    import pyarrow as pa

    from moothall.kernel.observations.checking import Checked
    from moothall.kernel.observations.compacting import Compaction, Keeping
    from moothall.kernel.observations.mirror import Mirror
    from moothall.kernel.observations.querying import Asking
    from moothall.kernel.observations.records import Prepared
    from moothall.kernel.observations.sealing import Sealing
    from moothall.kernel.observations.upkeep import Delivered, Status

__all__ = ["Lake", "UnableToAppend", "current", "use"]


class Lake(Holdings):
    """One city's lake: appends durably, reads hot and sealed as one, seals, proves, hands out."""

    def __init__(self, *, database_url: str, store: str) -> None:
        super().__init__(database_url=database_url, store=store)
        self._asking: Asking | None = None
        self._mirror: Mirror | None = None

    # --- writing ---------------------------------------------------------------------------
    def append(
        self,
        batch: Batch,
        *,
        feed: str,
        key: str,
        now: datetime,
        raw: str = "",
        origin: Origin | None = None,
        cursor: Cursor | None = None,
        prepared: "Prepared | None" = None,
    ) -> Receipt:
        """Keep a batch, all or nothing; it is on disk when this returns.

        Shape:   `key` names the delivery: the same feed and key a second time changes nothing.
                 `raw` is the SHA-256 of the payload; `origin` says what an empty batch is.
                 With `cursor`, part of the caller's transaction and durable when that commits;
                 then `prepared` is what `prepare` made of the batch before that began.
        Errors:  UnableToAppend with nothing kept; ValueError if only part of it is simulated.
        """
        from moothall.kernel.observations import appending
        from moothall.kernel.observations.mirror import Mirror
        from moothall.kernel.observations.segments import Delivery

        with self._opening:
            mirror = self._mirror = self._mirror or Mirror()
        delivery = Delivery(
            feed=feed,
            key=key,
            raw=raw,
            now=now,
            origin=appending.origin_of(batch) if origin is None else origin,
        )
        ready = self.prepare(batch) if prepared is None else prepared

        def keep(own: Cursor) -> Receipt:
            self.database.lock_writing(own)
            return appending.keep(own, self.catalogue, mirror, batch, delivery, prepared=ready)

        try:
            if cursor is not None:
                return keep(cursor)
            with self.database.transaction() as own:
                return keep(own)
        except self.database.failures as fault:
            raise UnableToAppend(f"The lake could not keep a batch of {feed}: {fault}") from fault

    def prepare(self, batch: Batch) -> "Prepared":
        """Do what can be done of appending a batch before the lake is locked for it."""
        from moothall.kernel.observations import records

        return records.prepare(batch)

    def append_table(
        self,
        table: "pa.Table",
        *,
        feed: str,
        key: str,
        now: datetime,
        raw: str = "",
        cursor: Cursor | None = None,
    ) -> Receipt:
        """Keep observations given in columns, of series already declared; else as `append`."""
        return self.append(Batch(table=table), feed=feed, key=key, now=now, raw=raw, cursor=cursor)

    # --- what is newest --------------------------------------------------------------------
    def find_latest(self, key: str) -> Latest | None:
        """Return the newest observation of a series, if there is one."""
        return next(iter(self.list_latest(keys=(key,))), None)

    def list_latest(
        self,
        *,
        keys: Iterable[str] | None = None,
        prefix: str | None = None,
        feed: str | None = None,
        after: int | None = None,
    ) -> tuple[Latest, ...]:
        """Return the newest observation of each series meant, in the order of their keys.

        Shape:   `prefix` is the beginning of a key ("<service>." for a whole one); `after` leaves
                 out what came in that segment or before it.
        """
        # What a transaction has written so far may yet be undone: that is not to be kept.
        read = latest.list_latest if self.database.in_transaction else self.newest.list
        with self.database.reading() as cursor:
            return read(cursor, keys=keys, prefix=prefix, feed=feed, after=after)

    def find_series(self, key: str) -> SeriesEntry | None:
        """Return a series, if it is declared."""
        return next(iter(self.catalogue.list(key=key)), None)

    def list_series(
        self, *, feed: str | None = None, prefix: str | None = None
    ) -> tuple[SeriesEntry, ...]:
        """Return the series there are, in the order of their keys."""
        return self.catalogue.list(feed=feed, prefix=prefix)

    # --- what was --------------------------------------------------------------------------
    def list_observations(
        self, key: str, *, from_at: datetime, until_at: datetime, limit: int = 10_000
    ) -> tuple[Observation, ...]:
        """Return a series over [from_at, until_at), oldest first; the newest revision stands."""
        from moothall.kernel.observations import history

        return history.list_observations(self, key, from_at=from_at, until_at=until_at, limit=limit)

    def read_series(self, key: str, *, from_at: datetime, until_at: datetime) -> "pa.Table":
        """Return a series over [from_at, until_at) in columns, oldest first.

        Shape:   `at`, `until`, `value`, `text`, `quality`, `origin`, and what the lake keeps
                 beside them; quality and origin as their numbers.
        """
        from moothall.kernel.observations import history

        return history.series_rows(self, key, from_at=from_at, until_at=until_at)

    # --- records ---------------------------------------------------------------------------
    def list_records(
        self,
        kind: str,
        *,
        as_of: datetime | None = None,
        box: Box | None = None,
        ids: Iterable[str] | None = None,
        limit: int | None = None,
    ) -> tuple[RecordEntry, ...]:
        """Return what there is of a kind, by id: now, or as it was at an instant."""
        if as_of is None:
            with self.database.reading() as cursor:
                return latest.list_current(cursor, kind, box=box, ids=ids, limit=limit)
        from moothall.kernel.observations import history

        versions = history.list_versions(self, kind, ids=ids)
        held = history.as_of(versions, as_of)
        if box is not None:
            held = tuple(entry for entry in held if _meets(entry, box))
        return held[:limit]

    def list_changed(self, kind: str, *, after: int) -> tuple[RecordEntry, ...]:
        """Return the records of a kind that changed after a segment, those now gone included."""
        with self.database.reading() as cursor:
            return latest.list_current(cursor, kind, gone=True, after=after)

    def read_records(self, kind: str) -> Sequence[tuple[str, int, str, str | None, int]]:
        """Return what there is of a kind as it is kept, in no order, for who reads very many.

        Shape:   id, microseconds since 1970 from when it holds, its fields and its geometry as
                 JSON, and the number of its origin.
        """
        with self.database.reading() as cursor:
            return latest.read_current(cursor, kind)

    def find_record(
        self, kind: str, id: str, *, as_of: datetime | None = None
    ) -> RecordEntry | None:
        """Return one record, if there is such a thing and it is not gone."""
        return next(iter(self.list_records(kind, ids=(id,), as_of=as_of)), None)

    def list_versions(self, kind: str, id: str) -> tuple[RecordEntry, ...]:
        """Return every version of one record, oldest first, tombstones included."""
        from moothall.kernel.observations import history

        return history.list_versions(self, kind, ids=(id,))

    # --- sealing and upkeep ----------------------------------------------------------------
    def seal(self, now: datetime, *, patience: timedelta = timedelta(0)) -> "Sealing":
        """Move what has come into Delta tables, each segment exactly once.

        Shape:   with `patience`, what is little waits for more, but never longer than that.
        Errors:  OSError or DeltaError if the store cannot take it; then nothing is lost, and what
                 was not sealed is sealed next time.
        """
        from moothall.kernel.observations import compacting, dictionary, sealing

        with self.database.exclusive("seal", wait=False) as taken:
            if not taken:
                return sealing.Sealing(busy=True)
            sealing.forget_old_simulations(self.database, now=now)
            done = sealing.Sealing()
            for stream, ripe in sealing.list_waiting(self.database, now - patience):
                table = self.sealed(stream)
                if ripe or not table.trusted:
                    done += sealing.seal_stream(self.database, table, stream, now=now)
                    compacting.gather(table)
                else:
                    sealing.let_go(self.database, stream, now=now)
            if done.segments:
                self.dictionary_of = dictionary.write(self, since=self.dictionary_of)
            return done

    def compact(self, now: datetime, *, keeping: "Keeping | None" = None) -> "Compaction":
        """Merge sealed files and let go of what is past its keeping.

        Shape:   unless told otherwise, observations are kept for good and each kind's superseded
                 versions as long as its declaration says.
        """
        from moothall.kernel.observations import upkeep
        from moothall.kernel.observations.compacting import Keeping

        kinds = {name: kind.keep_versions for name, (kind, _) in house.kinds().items()}
        return upkeep.compact(self, now=now, keeping=keeping or Keeping(kinds=kinds))

    def status(self, now: datetime) -> "Status":
        """Say how the lake stands."""
        from moothall.kernel.observations import upkeep

        return upkeep.status(self, now=now)

    def check(self, *, thorough: bool = True) -> "Checked":
        """Prove that the lake is whole; `thorough` reads every row of it."""
        from moothall.kernel.observations import checking

        return checking.check(self, thorough=thorough)

    def mend(self) -> tuple[str, ...]:
        """Put sealed tables right that a power cut has torn; say what was done to each.

        Errors:  UnableToMend.
        """
        from moothall.kernel.observations import compacting, mending

        with self.database.exclusive("seal"):
            streams = compacting.sealed_streams(self.database)
            said = [mending.mend(self.database, self.sealed(stream), stream) for stream in streams]
        return tuple(filter(None, said))

    def rebuild(self, deliveries: "Iterable[Delivered]") -> int:
        """Fill this empty lake from payloads parsed again; return how many.

        Errors:  UnableToRebuild if anything was ever kept in it.
        """
        from moothall.kernel.observations import upkeep

        if self.last_change():
            raise upkeep.UnableToRebuild(
                "Rebuild into an empty lake, then put it in the old one's place."
            )
        return upkeep.rebuild(self.append, self.seal, deliveries)

    # --- questions -------------------------------------------------------------------------
    def query(
        self,
        sql: str,
        parameters: Sequence[object] = (),
        *,
        beside: "Mapping[str, pa.Table] | None" = None,
        patience: timedelta | None = None,
    ) -> "pa.Table":
        """Answer SQL in DuckDB's dialect over the whole lake, hot and sealed as one.

        Shape:   `observations(series, at, until, value, text, quality, origin, feed)`,
                 `arrivals`: the same and the number of the `segment` each came in,
                 `series(key, feed, unit, ...)`, and for each kind, its dots as underscores, its
                 current records; `<kind>_versions` has all of them. `measured` is as observations
                 but for `series`, the number that `series` gives it. Tables may be given `beside`.
        Errors:  UnableToQuery, also if `patience` runs out.
        """
        from moothall.kernel.observations.querying import Asking

        with self._opening:
            if self._asking is None:
                self._asking = Asking(threads=os.cpu_count() or 1, memory="1GB")
        kinds = {name: kind for name, (kind, _) in house.kinds().items()}
        return self._asking.query(self, sql, parameters, kinds, beside=beside, patience=patience)

    def export(self, dataset: str, path: Path, *, from_at: datetime, until_at: datetime) -> int:
        """Write a feed's observations or a kind's versions to a CSV or Parquet file.

        Errors:  UnableToExport.
        """
        from moothall.kernel.observations import exporting

        return exporting.export(self, self.query, dataset, path, from_at=from_at, until_at=until_at)

    # --- the change feed -------------------------------------------------------------------
    def changes(self, *, after: int, limit: int = 1000, facts: bool = True) -> tuple[Change, ...]:
        """Return the segments that came after one, oldest first; with what they say, if asked.

        Shape:   segments appear in the order of their ids, so that the last id seen is a bookmark.
                 A segment sealed and over two minutes old is named without its facts.
        """
        with self.database.reading() as cursor:
            rows = cursor.execute(
                "SELECT id, feed, stream, rows, received_at, origin FROM segment"
                " WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            ).fetchall()
            said = self._facts(cursor, [(row[0], row[2]) for row in rows]) if facts else {}
        return tuple(
            Change(
                id=row[0],
                feed=row[1],
                stream=row[2],
                rows=row[3],
                received_at=instant(row[4]),
                origin=Origin(row[5]),
                **said.get(row[0], {}),  # type: ignore[arg-type]
            )
            for row in rows
        )

    def _facts(
        self, cursor: Cursor, segments: list[tuple[int, str]]
    ) -> dict[int, dict[str, object]]:
        from moothall.kernel.observations import columns

        said: dict[int, dict[str, object]] = {}
        for number, stream in segments:
            segment = self.hot.one(cursor, number, stream)
            if segment is None:
                continue
            if stream == schema.OBSERVATIONS:
                series = columns.int64s(segment.rows["series"]).tolist()
                keys = self.catalogue.keys(cursor, series)
                said[number] = {"observations": columns.observations_of(segment.rows, keys)}
            else:
                found = columns.records_of(segment.rows, stream.partition(":")[2])
                said[number] = {"records": tuple(record for record, _ in found)}
        return said


def _meets(entry: RecordEntry, box: Box) -> bool:
    from moothall.kernel.observations import records

    west, south, east, north = records.box_of(entry.record.geometry)
    return (
        west is not None
        and south is not None
        and east is not None
        and north is not None
        and west <= box.east
        and east >= box.west
        and south <= box.north
        and north >= box.south
    )


_lakes: dict[int, Lake] = {}
"""The lake of each process, so that a fork opens its own."""


def current() -> Lake:
    """Return this process's lake, opened as the settings say."""
    pid = os.getpid()
    if pid not in _lakes:
        from django.conf import settings

        _lakes[pid] = Lake(database_url=settings.LAKE_DATABASE_URL, store=settings.LAKE_STORE)
    return _lakes[pid]


def use(lake: Lake | None) -> None:
    """Let this process use another lake; None goes back to the settings'."""
    if lake is None:
        _lakes.pop(os.getpid(), None)
    else:
        _lakes[os.getpid()] = lake
