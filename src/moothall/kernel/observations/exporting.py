"""Hands out part of the lake as a file: CSV or Parquet, in columns anyone can read."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from moothall.standards.spreadsheets import neutralise_table

if TYPE_CHECKING:
    from moothall.kernel.observations.holdings import Holdings

_OBSERVATIONS = (
    "SELECT o.series, o.at, o.until, o.value, o.text, o.quality, o.origin, s.unit, s.title"
    " FROM observations o JOIN series s ON s.key = o.series"
    " WHERE o.at >= ? AND o.at < ? AND o.feed = ? ORDER BY o.series, o.at"
)

Query = Callable[[str, Sequence[object]], pa.Table]


class UnableToExport(Exception):
    """There is nothing of that name to export, or no such format."""


def export(
    lake: "Holdings",
    query: Query,
    dataset: str,
    path: Path,
    *,
    from_at: datetime,
    until_at: datetime,
) -> int:
    """Write a feed's observations, or the versions of a kind's records, to a file.

    Shape:   the format is the file's ending, `.csv` or `.parquet`; returns the rows written.
    Errors:  UnableToExport.
    """
    if path.suffix not in {".csv", ".parquet"}:
        raise UnableToExport(f"{path.name}: export to a name that ends in .csv or .parquet")
    if dataset in lake.list_kinds():
        view = dataset.replace(".", "_")
        sql = f'SELECT * FROM "{view}_versions" WHERE from_at >= ? AND from_at < ?'
        rows = query(f"{sql} ORDER BY id, from_at", (from_at, until_at))
    elif lake.catalogue.list(feed=dataset):
        rows = query(_OBSERVATIONS, (from_at, until_at, dataset))
    else:
        raise UnableToExport(f"the lake holds no observations or records called {dataset}")
    write(rows, path)
    return len(rows)


def write(rows: pa.Table, path: Path) -> None:
    """Write rows under a temporary name first, so that no half a file is ever taken for whole."""
    part = path.with_name(f".{path.name}.part")
    if path.suffix == ".csv":
        csv.write_csv(neutralise_table(rows), part)
    else:
        pq.write_table(rows, part, compression="zstd")
    part.replace(path)
