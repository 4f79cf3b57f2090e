"""Writes down, beside the sealed tables, which series each number in them means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from moothall.kernel.observations import latest
from moothall.kernel.observations.catalogue import COLUMNS

if TYPE_CHECKING:
    from moothall.kernel.observations.holdings import Holdings

NAME = "series.parquet"


def series_table(lake: "Holdings") -> pa.Table:
    """Return every series with its number and feed, in columns."""
    with lake.database.reading() as cursor:
        rows = cursor.execute(f"SELECT id, feed, {COLUMNS} FROM series ORDER BY id").fetchall()
    names = ["number", "feed", *COLUMNS.split(", ")]
    types = [pa.int32(), *[pa.string()] * 8, pa.float64(), pa.float64(), pa.string()]
    turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table(
        [pa.array(column, type_) for column, type_ in zip(turned, types, strict=True)],
        names=names,
    )


def write(lake: "Holdings", *, since: int) -> int:
    """Write the list anew if series were declared since; return how often they have been."""
    with lake.database.reading() as cursor:
        declared = latest.state_of(cursor)[2]
    if declared != since:
        lake.store.replace(NAME, series_table(lake))
    return declared
