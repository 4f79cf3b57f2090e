"""What a lake is made of: its database, its store, and what is known of both."""

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from moothall.kernel.observations import database, schema
from moothall.kernel.observations.catalogue import Catalogue
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.hot import HotSegments
from moothall.kernel.observations.newest import Newest
from moothall.kernel.observations.store import Store

if TYPE_CHECKING:
    from moothall.kernel.observations.sealed import SealedTable


class Holdings:
    """A database for what is new and current, a store for what is sealed."""

    def __init__(self, *, database_url: str, store: str) -> None:
        self.database: Database = database.open(database_url)
        self.database.migrate("observations", schema.STEPS)
        self.store = Store(store)
        self.catalogue = Catalogue(self.database)
        self.hot = HotSegments()
        self.newest = Newest()
        self.dictionary_of = 0
        """How often series had been declared when their list was last written to the store."""
        self._opening = threading.Lock()
        self._sealed: dict[str, SealedTable] = {}

    def sealed(self, stream: str) -> "SealedTable":
        """Return a stream's sealed table."""
        from moothall.kernel.observations.sealed import SealedTable
        from moothall.kernel.observations.shapes import shape_of

        with self._opening:
            if stream not in self._sealed:
                self._sealed[stream] = SealedTable(self.store, shape_of(stream))
            return self._sealed[stream]

    def last_change(self, *, kind: str | None = None, at: datetime | None = None) -> int:
        """Return the number of the newest segment, or of one kind's current records; 0 if none.

        Shape:   with `at`, of the newest that had come by then.
        """
        newest, values = "SELECT max(id) FROM segment", tuple[str | int, ...]()
        if at is not None:
            newest, values = f"{newest} WHERE received_at <= ?", (micros(at),)
        if kind is not None:
            newest, values = "SELECT max(segment) FROM record_current WHERE kind = ?", (kind,)
        with self.database.reading() as cursor:
            row = cursor.execute(newest, values).fetchone()
        return int(row[0] or 0) if row else 0

    def find_arrival(self, segment: int) -> datetime | None:
        """Return when a segment came, if it is known."""
        with self.database.reading() as cursor:
            found = "SELECT received_at FROM segment WHERE id = ?"
            row = cursor.execute(found, (segment,)).fetchone()
        return instant(row[0]) if row else None

    def last_declared(self) -> int:
        """Return a number that grows whenever a series is declared or says something new."""
        with self.database.reading() as cursor:
            cursor.execute("SELECT max(at) FROM spoken WHERE feed = ''")
            row = cursor.fetchone()
        return int(row[0] or 0) if row else 0

    def list_kinds(self) -> tuple[str, ...]:
        """Name the kinds of record the lake has ever held."""
        with self.database.reading() as cursor:
            cursor.execute("SELECT DISTINCT stream FROM segment WHERE stream LIKE ?", ("record:%",))
            return tuple(sorted(row[0].partition(":")[2] for row in cursor.fetchall()))
