"""Reads segments that are not sealed yet; what it unpacked it keeps, for they never change."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from moothall.kernel.observations import schema
from moothall.kernel.observations.database import Cursor, Database

if TYPE_CHECKING:
    import pyarrow as pa

_KEPT_BYTES = 48 * 1024 * 1024


class HotSegments:
    """The unsealed end of every stream."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._unpacked: OrderedDict[int, pa.Table] = OrderedDict()
        self._bytes = 0

    def tables(
        self,
        stream: str,
        *,
        from_at: int | None = None,
        until_at: int | None = None,
        cursor: Cursor | None = None,
    ) -> "list[tuple[int, pa.Table]]":
        """Return the unsealed segments that reach into a span, oldest arrival first."""
        where = ""
        parameters: list[int | str] = [stream]
        if from_at is not None:
            where += " AND until_at >= ?"
            parameters.append(from_at)
        if until_at is not None:
            where += " AND from_at < ?"
            parameters.append(until_at)
        chosen = f"FROM segment WHERE stream = ? AND body IS NOT NULL{where} ORDER BY id"
        if cursor is None:
            with self.database.reading() as own:
                return self._read(own, chosen, parameters, stream)
        return self._read(cursor, chosen, parameters, stream)

    def of(self, cursor: Cursor, number: int, stream: str) -> "list[pa.Table]":
        """Return one segment's rows, as a list that is empty once it is sealed."""
        chosen = "FROM segment WHERE id = ? AND body IS NOT NULL"
        return [table for _, table in self._read(cursor, chosen, [number], stream)]

    def _read(
        self, cursor: Cursor, chosen: str, parameters: list[int | str], stream: str
    ) -> "list[tuple[int, pa.Table]]":
        numbers = [row[0] for row in cursor.execute(f"SELECT id {chosen}", parameters).fetchall()]
        with self._lock:
            found = {n: self._unpacked[n] for n in numbers if n in self._unpacked}
            for number in found:
                self._unpacked.move_to_end(number)
        missing = [number for number in numbers if number not in found]
        if missing:
            condition, parameter = cursor.among("id", missing)
            rows = cursor.execute(
                f"SELECT id, body FROM segment WHERE {condition}", (parameter,)
            ).fetchall()
            for number, body in rows:
                found[number] = self._unpack(number, body, stream)
        return [(number, found[number]) for number in numbers]

    def _unpack(self, number: int, body: bytes, stream: str) -> "pa.Table":
        from moothall.kernel.observations import columns

        shape = columns.KEPT if stream == schema.OBSERVATIONS else columns.RECORDS
        table = columns.unpack(bytes(body), segment=number, schema=shape)
        with self._lock:
            self._unpacked[number] = table
            self._bytes += table.nbytes
            while self._bytes > _KEPT_BYTES and len(self._unpacked) > 1:
                _, oldest = self._unpacked.popitem(last=False)
                self._bytes -= oldest.nbytes
        return table
