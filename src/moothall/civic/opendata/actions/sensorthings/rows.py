"""Observations on their way into the lake, in columns."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moothall.kernel.observations.entries import instant, micros
from moothall.kernel.observations.lake import current

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[int | None, float | None, str | None, int]
"""Until, value, text and quality; instants as microseconds since 1970."""
MOST_AT_ONE_INSTANT = 1_000


class TooManyAtOnce(Exception):
    """There are as many different observations at one instant as can be told apart."""


@dataclass(slots=True)
class _Series:
    """What is known of one series: what the lake holds where rows may meet it, and the new rows."""

    newest: int
    """The instant of the newest row the lake holds."""
    fresh: dict[int, Row] = field(default_factory=dict)
    held: dict[int, Row] = field(default_factory=dict)
    read: list[tuple[int, int]] = field(default_factory=list)
    """The spans that were read of what the lake holds."""

    def find(self, key: str, at: int) -> Row | None:
        """Return what there is at an instant."""
        row = self.fresh.get(at)
        if row is not None or at > self.newest:
            return row
        if not any(start <= at < end for start, end in self.read):
            self.look(key, at, at + MOST_AT_ONE_INSTANT)
        return self.held.get(at)

    def look(self, key: str, start: int, end: int) -> None:
        """Read what the lake holds over a span."""
        self.read.append((start, end))
        table = current().read_series(key, from_at=instant(start), until_at=instant(end))
        if not len(table):
            return
        names = ("value", "text", "quality")
        at, until = (_micros(table[name]) for name in ("at", "until"))
        columns = (until, *(table[name].to_pylist() for name in names))
        self.held.update(zip(at, zip(*columns, strict=True), strict=True))


def _micros(column: Any) -> list[int | None]:
    import pyarrow as pa

    found: list[int | None] = column.cast(pa.int64()).to_pylist()
    return found


@dataclass(slots=True)
class Rows:
    """The rows of one writing."""

    of: dict[str, _Series] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(one.fresh for one in self.of.values())

    def series(self, key: str, *, over: tuple[int, int] | None = None) -> _Series:
        """Return what is known of a series; `over` is the span that many rows are about."""
        found = self.of.get(key)
        if found is None:
            latest = current().find_latest(key)
            newest = -1 << 62 if latest is None else micros(latest.observation.at)
            found = self.of[key] = _Series(newest)
        if over is not None and over[0] <= found.newest:
            found.look(key, over[0], min(over[1], found.newest) + MOST_AT_ONE_INSTANT)
        return found

    def put(self, key: str, at: int, row: Row) -> None:
        """Have a row kept."""
        self.series(key).fresh[at] = row

    def table(self) -> "pa.Table":
        """Say all rows in columns."""
        import numpy as np
        import pyarrow as pa

        when = pa.timestamp("us", tz="UTC")
        keys = [key for key, one in self.of.items() if one.fresh]
        counts = [len(self.of[key].fresh) for key in keys]
        at = [at for key in keys for at in self.of[key].fresh]
        rows = [row for key in keys for row in self.of[key].fresh.values()]
        until, value, text, quality = zip(*rows, strict=True)
        codes = pa.array(np.repeat(np.arange(len(keys), dtype=np.int32), counts))
        return pa.table(
            {
                "series": pa.DictionaryArray.from_arrays(codes, pa.array(keys)),
                "at": pa.array(at, pa.int64()).cast(when),
                "until": pa.array(until, pa.int64()).cast(when),
                "value": pa.array(value, pa.float64()),
                "text": pa.array(text, pa.string()),
                "quality": pa.array(quality, pa.int8()),
            }
        )


STEP = timedelta(microseconds=1)


def end_of(at: int, until: int | None) -> datetime:
    """Return when a row's phenomenon ended."""
    return instant(at if until is None else until)
