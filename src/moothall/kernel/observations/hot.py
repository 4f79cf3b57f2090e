"""Reads segments that are not sealed yet; what it unpacked it keeps, for they never change."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moothall.kernel.observations import schema
from moothall.kernel.observations.database import Cursor
from moothall.values.observations import Origin

if TYPE_CHECKING:
    import pyarrow as pa

_KEPT_BYTES = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HotSegment:
    """One unsealed segment's rows."""

    id: int
    origin: Origin
    late: int
    """How many of its rows may be about an instant the lake held something for before."""
    rows: "pa.Table"

    def beyond(self, watermark: int) -> bool:
        """Test whether a sealed table that reaches to `watermark` is without these rows."""
        return self.id > watermark or self.origin is Origin.SIMULATED


class HotSegments:
    """The unsealed end of every stream."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unpacked: OrderedDict[int, pa.Table] = OrderedDict()
        self._bytes = 0

    def read(
        self,
        cursor: Cursor,
        stream: str,
        *,
        from_at: int | None = None,
        until_at: int | None = None,
    ) -> tuple[HotSegment, ...]:
        """Return the unsealed segments that reach into a span, in the order they came.

        Read these first, then the sealed table, then leave out those not `beyond` its watermark:
        so a reader never misses a row and never meets it twice, whatever is sealed meanwhile.
        """
        where = ""
        parameters: list[int | str] = [stream]
        if from_at is not None:
            where += " AND until_at >= ?"
            parameters.append(from_at)
        if until_at is not None:
            where += " AND from_at < ?"
            parameters.append(until_at)
        return self._read(
            cursor, f"stream = ? AND {schema.UNSEALED}{where} ORDER BY id", parameters, stream
        )

    def one(self, cursor: Cursor, number: int, stream: str) -> HotSegment | None:
        """Return one segment, if its body is still kept."""
        found = self._read(cursor, "id = ? AND body IS NOT NULL", [number], stream)
        return found[0] if found else None

    def _read(
        self, cursor: Cursor, chosen: str, parameters: list[int | str], stream: str
    ) -> tuple[HotSegment, ...]:
        cursor.execute(f"SELECT id, origin, late FROM segment WHERE {chosen}", parameters)
        listed = cursor.fetchall()
        with self._lock:
            found = {row[0]: self._unpacked[row[0]] for row in listed if row[0] in self._unpacked}
            for number in found:
                self._unpacked.move_to_end(number)
        missing = [row[0] for row in listed if row[0] not in found]
        if missing:
            condition, parameter = cursor.among("id", missing)
            cursor.execute(f"SELECT id, body FROM segment WHERE {condition}", (parameter,))
            for number, body in cursor.fetchall():
                found[number] = self._unpack(number, body, stream)
        return tuple(HotSegment(n, Origin(origin), late, found[n]) for n, origin, late in listed)

    def _unpack(self, number: int, body: bytes, stream: str) -> "pa.Table":
        from moothall.kernel.observations import columns

        shape = columns.KEPT if stream == schema.OBSERVATIONS else columns.RECORDS
        table = columns.unpack(bytes(body), segment=number, schema=shape)
        with self._lock:
            if number not in self._unpacked:
                self._unpacked[number] = table
                self._bytes += table.nbytes
            while self._bytes > _KEPT_BYTES and len(self._unpacked) > 1:
                _, oldest = self._unpacked.popitem(last=False)
                self._bytes -= oldest.nbytes
        return table
