"""A process's own copy of the latest table, in columns, so that a batch is weighed in one go.

It is only looked at by whoever holds the lake's writing lock, and follows what others wrote.
"""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.kernel.observations import blocks, bulk, columns
from moothall.kernel.observations.blocks import NEVER
from moothall.kernel.observations.catalogue import Catalogue
from moothall.kernel.observations.database import Cursor

_BLOCK = np.dtype(
    [(name, "<f8" if name == "value" else "<i8", blocks.SERIES) for name in blocks.LONGS]
    + [(name, "i1", blocks.SERIES) for name in blocks.BYTES]
)
_NOTHING = {
    "at": NEVER, "until": NEVER, "value": np.nan, "first_at": -NEVER, "segment": 0,
    "quality": 0, "origin": 0,
}  # fmt: skip
Array = Any


class Mirror:
    """The newest of every series, by its number."""

    at: Array
    until: Array
    value: Array
    first_at: Array
    segment: Array
    quality: Array
    origin: Array

    def __init__(self) -> None:
        self._pending: Cursor | None = None
        self._numbered: dict[str, tuple[pa.Array, Array]] = {}
        """The keys each feed named last, and their numbers; only of series that are committed."""
        self._empty()

    def _empty(self) -> None:
        self._seen, self._spoken = 0, -1
        for name in _NOTHING:
            setattr(self, name, np.zeros(0, dtype=_BLOCK[name].base))
        self.text: dict[int, dict[int, str]] = {}
        """By block and place in it."""

    def follow(self, cursor: Cursor, highest: int) -> None:
        """Catch up with the database; make room for series up to a number."""
        cursor.execute("SELECT max(id), (SELECT count(*) FROM spoken) FROM segment")
        row = cursor.fetchone()
        seen, spoken = (int(row[0] or 0), int(row[1])) if row else (0, 0)
        undone = self._pending is not None and self._pending is not cursor
        if undone or spoken != self._spoken or seen < self._seen:
            # A transaction was undone, or facts were forgotten: what is held may not be so.
            self._empty()
        self._grow(highest + 1)
        if seen != self._seen:
            cursor.execute("SELECT block, body, texts FROM newest WHERE segment > ?", (self._seen,))
            for block, body, texts in cursor.fetchall():
                self._take(int(block), bytes(body), texts)
        self._seen, self._spoken = seen, spoken
        self._hold_for(cursor)

    def _take(self, block: int, body: bytes, texts: str | None) -> None:
        first, end = block * blocks.SERIES, (block + 1) * blocks.SERIES
        self._grow(end)
        held = np.frombuffer(body, _BLOCK)[0]
        for name in _NOTHING:
            getattr(self, name)[first:end] = held[name]
        self.text.pop(block, None)
        if texts is not None:
            self.text[block] = {int(place): text for place, text in json.loads(texts).items()}

    def take_rows(self, cursor: Cursor, rows: list[tuple[Any, ...]]) -> None:
        """Write what stood one row a series, as lakes of before the blocks have it."""
        self._grow(max(row[0] for row in rows) + 1)
        for series, at, until, value, text, first_at, segment, quality, origin in rows:
            self.at[series], self.first_at[series], self.segment[series] = at, first_at, segment
            self.until[series] = NEVER if until is None else until
            self.value[series] = np.nan if value is None else value
            self.quality[series], self.origin[series] = quality, origin
            self._say(series, text)
        self.write(cursor, np.array([row[0] for row in rows]))

    def _hold_for(self, cursor: Cursor) -> None:
        if self._pending is cursor:
            return
        self._pending = cursor

        def committed() -> None:
            if self._pending is cursor:
                self._pending = None

        cursor.after_commit(committed)

    def _grow(self, size: int) -> None:
        more = size - len(self.at)
        if more <= 0:
            return
        more = max(more, len(self.at) // 2)
        more += -(len(self.at) + more) % blocks.SERIES
        for name, nothing in _NOTHING.items():
            held = getattr(self, name)
            setattr(self, name, np.r_[held, np.full(more, nothing, dtype=held.dtype)])

    def _say(self, series: int, text: str | None) -> None:
        block, place = divmod(series, blocks.SERIES)
        if text is not None:
            self.text.setdefault(block, {})[place] = text
        elif block in self.text:
            self.text[block].pop(place, None)

    def _said(self, series: int) -> str | None:
        block, place = divmod(series, blocks.SERIES)
        return self.text.get(block, {}).get(place)

    def repeats(self, table: pa.Table, series: Array, instants: Array) -> Array:
        """Test which rows say again exactly what is held of their series."""
        until, value, quality, origin, texts = parts(table)
        same = instants == self.at[series]
        if not same.any():
            return same
        held = self.value[series]
        same &= (value == held) | (np.isnan(value) & np.isnan(held))
        same &= (until == self.until[series]) & (quality == self.quality[series])
        same &= origin == self.origin[series]
        if texts is not None or self.text:
            for index in np.flatnonzero(same).tolist():
                said = None if texts is None else texts[index]
                same[index] = self._said(int(series[index])) == said
        return same

    def rise(self, table: pa.Table, series: Array, *, segment: int) -> None:
        """Let rows, one a series, stand as the latest."""
        until, value, quality, origin, texts = parts(table)
        self.at[series], self.until[series] = columns.int64s(table["at"]), until
        self.value[series], self.segment[series] = value, segment
        self.quality[series], self.origin[series] = quality, origin
        if texts is not None or self.text:
            said = texts or [None] * len(series)
            for number, text in zip(series.tolist(), said, strict=True):
                self._say(number, text)
        self._seen = max(self._seen, segment)

    def forget(self, cursor: Cursor, segments: Iterable[int]) -> None:
        """Let nothing stand that came in these segments."""
        self.follow(cursor, 0)
        lost = np.flatnonzero(np.isin(self.segment, np.array(list(segments), dtype=np.int64)))
        for name, nothing in _NOTHING.items():
            getattr(self, name)[lost] = nothing
        for number in lost.tolist():
            self._say(number, None)
        self.write(cursor, lost)

    def write(self, cursor: Cursor, series: Array) -> None:
        """Write what stands of these series, and of those they share a block with."""
        touched = np.unique(series // blocks.SERIES)
        bodies = np.empty(len(touched), dtype=_BLOCK)
        for name in _NOTHING:
            bodies[name] = getattr(self, name).reshape(-1, blocks.SERIES)[touched]
        said = [self.text.get(number) for number in touched.tolist()]
        bulk.write_blocks(
            cursor,
            touched.tolist(),
            bodies["segment"].max(axis=1).tolist(),
            bodies.tobytes(),
            [json.dumps(texts, ensure_ascii=False) if texts else None for texts in said],
        )

    def numbers(
        self, cursor: Cursor, catalogue: Catalogue, feed: str, keys: pa.Array
    ) -> tuple[Array, list[str | None]]:
        """Return the number of each key, -1 if it is not declared, and name those that are not.

        A feed names the same series in the same order again and again: that is looked up once.
        """
        held = self._numbered.get(feed)
        if held is not None and held[0].equals(keys):
            return held[1], []
        named = keys.to_pylist()
        # Numbers given in this very transaction may be given to others, should it be undone.
        lasting = catalogue.knows(named)
        found = catalogue.numbers(cursor, [key for key in named if key is not None])
        numbers = np.array([found.get(key, -1) for key in named] or [-1], dtype=np.int32)
        if lasting:
            self._numbered[feed] = (keys, numbers)
        return numbers, [key for key in named if key not in found]


def parts(table: pa.Table) -> tuple[Array, Array, Array, Array, list[str | None] | None]:
    """Return until, value, quality, origin and text of rows; missing is NEVER, NaN and None."""
    until = np.asarray(table["until"].cast(pa.int64()).fill_null(NEVER))
    value = np.asarray(table["value"].fill_null(np.nan))
    texts = None if table["text"].null_count == len(table) else table["text"].to_pylist()
    return until, value, np.asarray(table["quality"]), np.asarray(table["origin"]), texts
