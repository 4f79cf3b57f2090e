"""GeoParquet 1.1: a column of places in a Parquet file, as well-known binary, WGS 84.

Source:   https://geoparquet.org/releases/v1.1.0/
"""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

GEOMETRY = "geometry"


def place(table: "pa.Table") -> "pa.Table":
    """Give a table its places in well-known binary: of GeoJSON texts, or of `lon` and `lat`.

    Shape:   the texts are replaced; `lon` and `lat` stay, and the places stand after them. What is
             no place is missing.
    """
    import numpy as np
    import pyarrow as pa
    import shapely

    if GEOMETRY in table.column_names:
        texts = np.array(table[GEOMETRY].to_pylist(), dtype=object)
        shapes = shapely.from_geojson(texts, on_invalid="ignore")
    else:
        lon, lat = (
            table[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in ("lon", "lat")
        )
        shapes = shapely.points(lon, lat)
        shapes[np.isnan(lon) | np.isnan(lat)] = None
    binary = pa.array(shapely.to_wkb(shapes), pa.binary())
    if GEOMETRY not in table.column_names:
        return table.append_column(GEOMETRY, binary)
    return table.set_column(table.schema.get_field_index(GEOMETRY), GEOMETRY, binary)


def describe() -> bytes:
    """Say, for a file's `geo` key, which column holds the places, and how.

    Shape:   kinds of geometry are left open, as the standard allows: rows are still being written.
    """
    return json.dumps(
        {
            "version": "1.1.0",
            "primary_column": GEOMETRY,
            "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": []}},
        }
    ).encode()
