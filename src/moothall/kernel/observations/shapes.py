"""The two shapes a stream's sealed table has: observations by day, records by month.

Of observations, days long past that hold little share a file a month: its period is then named
"2021-03" where a day's is "2021-03-05".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.kernel.observations import columns, schema

SPARSE_ROWS = 1_000_000
"""A month with no more rows than this has one file once it is long past."""

OLD = timedelta(days=35)
"""How long after its end a month is long past: late observations of it are rare by then."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one stream's rows are told apart, sorted and divided into files."""

    name: str
    """The table's folder in the store."""
    rows: pa.Schema
    who: str
    """The column that says which series or thing a row is about."""
    when: str
    period: str
    """The partition column."""
    period_unit: str
    """numpy's unit of a period."""

    @property
    def table(self) -> pa.Schema:
        """The sealed table's schema, its partition column included."""
        return self.rows.append(pa.field(self.period, pa.string()))

    @property
    def says(self) -> tuple[str, ...]:
        """The columns that say something, beyond who, when and in which segment."""
        return tuple(n for n in self.rows.names if n not in {self.who, self.when, "segment"})

    def by_period(self, table: pa.Table, *, old_before: int) -> Iterator[tuple[str, pa.Table]]:
        """Divide sorted rows by the period their file is named after; within one they stay sorted.

        Shape:   months that were over at `old_before` and have few rows here are not divided.
        """
        if not len(table):
            return
        periods = self.periods(table)
        months = periods.astype("datetime64[M]")
        for month in np.unique(months):
            of_month = months == month
            ends = int((month + 1).astype("datetime64[us]").astype(np.int64))
            if ends <= old_before and int(of_month.sum()) <= SPARSE_ROWS:
                found = np.array([month])
            else:
                found = np.unique(periods[of_month])
            for period in found:
                chosen = of_month if len(found) == 1 else periods == period
                yield str(period), table if chosen.all() else table.filter(pa.array(chosen))

    def belongs(self, table: pa.Table, period: str) -> bool:
        """Test whether all rows lie in the period their file is named after."""
        named = np.datetime64(period)
        return bool((self.periods(table).astype(named.dtype) == named).all())

    def periods(self, table: pa.Table) -> "np.ndarray[Any, Any]":
        """Name the period each row lies in."""
        at = columns.int64s(table[self.when]).astype("datetime64[us]")
        return at.astype(f"datetime64[{self.period_unit}]")


def shape_of(stream: str) -> Shape:
    """Return the shape of a stream."""
    if stream == schema.OBSERVATIONS:
        return Shape("observations", columns.KEPT, "series", "at", "day", "D")
    kind = stream.partition(":")[2]
    name = f"records/{kind.replace('.', '_')}"
    return Shape(name, columns.RECORDS, "id", "from_at", "month", "M")


def ranks(column: Any) -> "np.ndarray[Any, Any]":
    """Return whole numbers that sort as a column does."""
    if pa.types.is_string(column.type):
        import pyarrow.compute as pc

        flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return np.asarray(pc.rank(flat, tiebreaker="dense")).astype(np.int64)
    return columns.int64s(column)


def newest_wins(table: pa.Table, shape: Shape) -> pa.Table:
    """Sort rows by who and when; of rows alike in both, keep the one that stands last.

    Shape:   rows of equal who and when stand in the order they came.
    """
    if len(table) < 2:
        return table
    table = table.combine_chunks()
    who, when = ranks(table[shape.who]), ranks(table[shape.when])
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    stands = np.r_[(who[1:] != who[:-1]) | (when[1:] != when[:-1]), True]
    return table.take(pa.array(order[stands]))
