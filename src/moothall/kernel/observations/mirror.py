"""A process's own copy of the latest table, in columns, so that a batch is weighed in one go.

It is only looked at by whoever holds the lake's writing lock, and follows what others wrote.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from moothall.kernel.observations import bulk, columns
from moothall.kernel.observations.catalogue import Catalogue
from moothall.kernel.observations.database import Cursor

NEVER = -(2**62)
_READ = "series, at, until, value, text, quality, origin, first_at"
Array = Any


class Mirror:
    """The newest of every series, by its number."""

    def __init__(self) -> None:
        self._pending: Cursor | None = None
        self._numbered: dict[str, tuple[pa.Array, Array]] = {}
        """The keys each feed named last, and their numbers; only of series that are committed."""
        self._empty()

    def _empty(self) -> None:
        self._seen, self._spoken = 0, -1
        self.at = np.zeros(0, dtype=np.int64)
        self.until = np.zeros(0, dtype=np.int64)
        self.value = np.zeros(0, dtype=np.float64)
        self.quality = np.zeros(0, dtype=np.int8)
        self.origin = np.zeros(0, dtype=np.int8)
        self.first_at = np.zeros(0, dtype=np.int64)
        self.text: dict[int, str] = {}

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
            cursor.execute(f"SELECT {_READ} FROM latest WHERE segment > ?", (self._seen,))
            rows = cursor.fetchall()
            if rows:
                self._grow(max(row[0] for row in rows) + 1)
                for series, at, until, value, text, quality, origin, first_at in rows:
                    self.at[series] = at
                    self.until[series] = NEVER if until is None else until
                    self.value[series] = np.nan if value is None else value
                    self.quality[series], self.origin[series] = quality, origin
                    self.first_at[series] = first_at
                    self._say(series, text)
        self._seen, self._spoken = seen, spoken
        self._hold_for(cursor)

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
        self.at = np.r_[self.at, np.full(more, NEVER)]
        self.until = np.r_[self.until, np.full(more, NEVER)]
        self.value = np.r_[self.value, np.full(more, np.nan)]
        self.quality = np.r_[self.quality, np.zeros(more, dtype=np.int8)]
        self.origin = np.r_[self.origin, np.zeros(more, dtype=np.int8)]
        self.first_at = np.r_[self.first_at, np.full(more, -NEVER)]

    def _say(self, series: int, text: str | None) -> None:
        if text is None:
            self.text.pop(series, None)
        else:
            self.text[series] = text

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
                same[index] = self.text.get(int(series[index])) == said
        return same

    def rise(
        self, cursor: Cursor, table: pa.Table, series: Array, *, oldest: Array, segment: int
    ) -> None:
        """Let rows, one a series, stand as the latest; in the database and here.

        Shape:   `oldest` is the first instant that came of each series together with its row.
        """
        until, value, quality, origin, texts = parts(table)
        at = columns.int64s(table["at"])
        first_at = np.minimum(self.first_at[series], oldest)
        known = (
            texts is None
            and not self.text
            and bool((self.at[series] != NEVER).all())
            and bool((self.until[series] == until).all())
            and bool((self.quality[series] == quality).all())
            and bool((self.origin[series] == origin).all())
            and bool((self.first_at[series] == first_at).all())
        )
        numbers = series.tolist()
        if known:
            bulk.raise_latest(cursor, series, at, value, segment=segment)
        else:
            names = ("at", "until", "value", "text", "quality", "origin", "first_at", "segment")
            bulk.write_columns(
                cursor,
                f"INSERT INTO latest (series, {', '.join(names)}) {{rows}} ON CONFLICT (series)"
                f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
                [
                    numbers,
                    at.tolist(),
                    table["until"].cast(pa.int64()).to_pylist(),
                    table["value"].to_pylist(),
                    texts or [None] * len(numbers),
                    quality.tolist(),
                    origin.tolist(),
                    first_at.tolist(),
                    [segment] * len(numbers),
                ],
                ["int8", "int8", "int8", "float8", "text", "int2", "int2", "int8", "int8"],
            )
        self.at[series], self.until[series], self.value[series] = at, until, value
        self.quality[series], self.origin[series] = quality, origin
        self.first_at[series] = first_at
        if texts is not None or self.text:
            for number, text in zip(numbers, texts or [None] * len(numbers), strict=True):
                self._say(number, text)
        self._seen = max(self._seen, segment)

    def begin_earlier(self, cursor: Cursor, series: Array, instants: Array) -> None:
        """Note that some series reach further back than was known."""
        bulk.begin_earlier(cursor, series.tolist(), instants.tolist())
        self.first_at[series] = instants

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
