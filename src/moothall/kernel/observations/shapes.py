"""The two shapes a stream's sealed table has: observations by day, records by month."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.kernel.observations import columns, schema


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
