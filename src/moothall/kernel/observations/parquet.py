"""How a sealed file is written: small, and quick to find one series in."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 64 * 1024
"""Rows are sorted by series, so a group holds a few hundred series of a day."""

_DELTAS = {"series": "DELTA_BINARY_PACKED", "at": "DELTA_BINARY_PACKED",
           "segment": "DELTA_BINARY_PACKED", "from_at": "DELTA_BINARY_PACKED"}  # fmt: skip


def write(rows: pa.Table, sink: Any) -> None:
    """Write rows, already sorted, as Parquet."""
    deltas = {name: way for name, way in _DELTAS.items() if name in rows.column_names}
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=3,
        use_dictionary=[name for name in rows.column_names if name not in deltas],
        column_encoding=deltas,
        row_group_size=ROW_GROUP,
        write_statistics=True,
    )
