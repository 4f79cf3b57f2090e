"""One writing: what it changes, gathered, then kept in the lake in one transaction."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.actions.sensorthings.rows import Rows
from moothall.civic.opendata.feeds.sensed import DETAIL, FEED
from moothall.civic.opendata.queries.sensorthings import entities, kept
from moothall.civic.opendata.queries.sensorthings.items import Item
from moothall.civic.opendata.queries.sensorthings.kept import Kept, State
from moothall.kernel.feeds import runs, standings, tables, waiting
from moothall.kernel.feeds.runs import Notes, Outcome, Run
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Receipt
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.shapes import geometry_of
from moothall.values.observations import Batch, Record, Series

if TYPE_CHECKING:
    import pyarrow as pa


class UnableToFindEntity(LookupError):
    """There is no such entity."""


class NotYours(Exception):
    """A feed brings it, or another key made it."""


@dataclass(slots=True)
class Session:
    """What one writing has changed so far."""

    cursor: Cursor
    state: State
    by: str
    now: datetime
    changed: dict[tuple[str, str], Kept] = field(default_factory=dict)
    removed: dict[tuple[str, str], Kept] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    details: list[Record] = field(default_factory=list)
    rows: Rows = field(default_factory=Rows)
    made: int = 0
    """Observations made, those sent again not counted."""
    again: int = 0
    """Observations that were there already."""
    settled: int = 0
    """Observations that waited and are kept with this."""

    # --- what there is -----------------------------------------------------------------------
    def find(self, set_: str, id_: str) -> Kept | None:
        """Return an entity made with a key, as this writing has it so far."""
        name = (set_, id_)
        if name in self.removed:
            return None
        return self.changed.get(name) or self.state.get(set_, id_)

    def find_brought(self, set_: str, id_: str) -> Item | None:
        """Return an entity that a feed brings."""
        return entities.index_of_feeds().sets[set_].get(id_)

    def get(self, set_: str, id_: str) -> Kept | Item:
        """Return any entity; errors: UnableToFindEntity."""
        found = self.find(set_, id_) or self.find_brought(set_, id_)
        if found is None:
            name = ENTITIES[set_].name
            raise UnableToFindEntity(f"There is no {name} with the id {id_[:80]}.")
        return found

    def get_own(self, set_: str, id_: str) -> Kept:
        """Return what this key may change; errors: UnableToFindEntity, NotYours."""
        found = self.get(set_, id_)
        name = ENTITIES[set_].name
        if not isinstance(found, Kept):
            raise NotYours(f"The {name} {id_[:80]} comes from a feed: it is changed at its source.")
        if found.by != self.by:
            raise NotYours(f"The {name} {id_[:80]} was made with another key.")
        return found

    # --- what is changed ---------------------------------------------------------------------
    def new_id(self, set_: str) -> str:
        """Give the next number of a set; none is ever given twice."""
        last = max(self.highest.get(set_, 0), self.state.highest.get(set_, 0))
        self.highest[set_] = last + 1
        return str(last + 1)

    def put(self, entity: Kept) -> Kept:
        """Have an entity kept as it is now."""
        self.changed[entity.set, entity.id] = entity
        return entity

    def change(self, set_: str, id_: str, **changes: Any) -> Kept:
        """Have an entity kept with something changed; errors: UnableToFindEntity."""
        held = self.find(set_, id_)
        if held is None:
            raise UnableToFindEntity(f"There is no {ENTITIES[set_].name} with the id {id_[:80]}.")
        return self.put(replace(held, **changes))

    def remove(self, entity: Kept) -> None:
        """Have an entity be gone."""
        self.changed.pop((entity.set, entity.id), None)
        self.removed[entity.set, entity.id] = entity

    def all_of(self, set_: str) -> Iterator[Kept]:
        """Return every entity of a set that was made with a key."""
        for id_ in list(self.state.of.get(set_, ())):
            found = self.find(set_, id_)
            if found is not None:
                yield found
        for name, one in list(self.changed.items()):
            if name[0] == set_ and name[1] not in self.state.of.get(set_, ()):
                yield one

    def settle_so_far(self) -> None:
        """Write what was gathered, still within the transaction, and go on from there."""
        self.keep()
        self.state = kept.state()
        self.changed, self.removed, self.highest, self.series = {}, {}, {}, {}
        self.details, self.rows = [], Rows()

    # --- keeping it --------------------------------------------------------------------------
    def keep(self) -> Receipt | None:
        """Write what was gathered, in the transaction that is open."""
        records = [
            *(self._record(one) for one in self.changed.values()),
            *(replace(self._record(one), gone=True) for one in self.removed.values()),
            *self.details,
        ]
        table: pa.Table | None = self.rows.table() if self.rows else None
        if not records and table is None and not self.again:
            return None
        run = self._run()
        batch = Batch(
            records=tuple(records), series=tuple(self.series.values()), table=table, as_of=self.now
        )
        receipt = Receipt(duplicates=self.again)
        if records or table is not None:
            receipt = current().append(
                batch,
                feed=FEED.name,
                key=f"{run.id}:{secrets.token_hex(8)}",
                now=self.now,
                cursor=self.cursor,
            )
        grown = replace(run.with_receipt(receipt), ended_at=self.now, as_of=self.now)
        runs.save_run(self.cursor, grown, Notes())
        standings.touch_standing(self.cursor, FEED.name, run=run.id, good=True, now=self.now)
        return receipt

    def _record(self, one: Kept) -> Record:
        place = one.values.get("location", one.values.get("feature"))
        at = self.now if one.since is None else max(self.now, one.since)
        return kept.as_record(one, geometry_of(place), now=at)

    def _run(self) -> Run:
        """Return the run of this minute: one row tells of all that was sent in it."""
        minute = self.now.replace(second=0, microsecond=0)
        standing = standings.get_standing(self.cursor, FEED.name)
        last = runs.find_run(self.cursor, standing.last_run)
        id_ = runs.minute_id(minute, FEED.name, last=last)
        if last is not None and last.id == id_:
            return last
        good = Outcome.GOOD
        return Run(id=id_, feed=FEED.name, started_at=minute, ended_at=self.now, outcome=good)

    def detail(self, id_: str, fields: Mapping[str, Any], *, at: datetime | None = None) -> None:
        """Have something said of an observation besides its result."""
        self.details.append(
            Record(kind=DETAIL.name, id=id_, from_at=at or self.now, fields=dict(fields))
        )


@contextmanager
def writing(*, by: str, now: datetime) -> Iterator[Session]:
    """Gather what is changed, and keep it when this ends well: all of it, or nothing.

    Errors:  tables.Refused, UnableToAppend if the lake cannot keep it now.
    """
    lake = current()
    waiting.prepare()
    kept.state()  # read before the lock is taken, and remembered
    with tables.transaction() as cursor:
        lake.database.lock_writing(cursor)
        session = Session(cursor, kept.state(), by, now)
        # What came before this, one by one, is kept before it.
        for key, at, *row in waiting.take(cursor, FEED.name):
            known = session.rows.series(key)
            if known.find(key, at) is None:
                known.fresh[at] = (row[0], row[1], row[2], row[3])
        session.settled = sum(len(one.fresh) for one in session.rows.of.values())
        yield session
        session.keep()
