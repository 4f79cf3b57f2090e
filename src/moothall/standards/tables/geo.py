"""Tables with places: GeoJSON, GeoPackage, shapefiles, GeoParquet; and plain JSON beside them.

Shape:    places come out as GeoJSON in WGS 84, longitude first, whatever projection they were in.
Source:   RFC 7946, OGC 12-128r19 (GeoPackage), GeoParquet 1.1
"""

import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from moothall.standards.tables.faults import Faults
from moothall.standards.zipped import Archive
from moothall.values.observations import Column

GEOMETRY = "geometry"
WGS84 = ("EPSG:4326", "OGC:CRS84")
_GEOPACKAGES = (b"GPKG", b"GP10", b"GP11")
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A typed table, its places among its columns."""

    table: pa.Table
    columns: tuple[Column, ...]
    geometry: str | None


# --- JSON ----------------------------------------------------------------------------------------
def read_json(
    text: str, faults: Faults
) -> tuple[list[str], Iterator[tuple[int, list[str]]], str | None]:
    """Read GeoJSON, or a list of objects, as rows of texts.

    Shape:   the names of the columns; each row with its number; the type of its places, if any.
    Errors:  ValueError if it is no JSON, or holds no list of objects.
    """
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise ValueError(f"The file is not readable JSON: {fault}.") from fault
    rows = _list_of(body)
    features = [row for row in rows if isinstance(row, dict) and row.get("type") == "Feature"]
    if features:
        return _features(rows, faults)
    names = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    return names, _objects(rows, names, faults), None


def _list_of(body: Any) -> list[Any]:
    if isinstance(body, dict):
        if body.get("type") == "Feature":
            return [body]
        # The list is what most of the object is: {"meta": ..., "records": [...]}
        lists = [value for value in body.values() if isinstance(value, list)]
        body = max(lists, key=len, default=None)
    if not isinstance(body, list) or not any(isinstance(row, dict) for row in body):
        raise ValueError("The JSON holds no list of objects: there is no table in it.")
    return body


def _objects(rows: list[Any], names: list[str], faults: Faults) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            faults.add("extra-cells", row=number, value=_words(row))
            continue
        yield number, [_words(row.get(name)) for name in names]


def _features(
    rows: list[Any], faults: Faults
) -> tuple[list[str], Iterator[tuple[int, list[str]]], str]:
    sound = [(number, row) for number, row in enumerate(rows, start=1) if isinstance(row, dict)]
    properties = [
        (number, row, row["properties"] if isinstance(row.get("properties"), dict) else {})
        for number, row in sound
    ]
    names = list(dict.fromkeys(key for _, _, own in properties for key in own if key != GEOMETRY))
    shapes = [_shape(row.get("geometry"), number, faults) for number, row, _ in properties]
    kinds = {shape["type"] for shape in shapes if shape}

    def written() -> Iterator[tuple[int, list[str]]]:
        for (number, _, own), shape in zip(properties, shapes, strict=True):
            place = json.dumps(shape, separators=(",", ":")) if shape else ""
            yield number, [*(_words(own.get(name)) for name in names), place]

    return [*names, GEOMETRY], written(), kinds.pop() if len(kinds) == 1 else "Geometry"


def _shape(shape: Any, number: int, faults: Faults) -> dict[str, Any] | None:
    """Return a geometry that can be drawn, in degrees; else tell it, and return None."""
    if shape is None:
        return None
    import shapely

    try:
        drawn = shapely.from_geojson(orjson.dumps(shape))
        west, south, east, north = drawn.bounds
        sound = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    except (shapely.errors.GEOSException, TypeError, ValueError):
        sound = False
    if not sound:
        faults.add("not-a-geometry", row=number, column=GEOMETRY, value=_words(shape))
        return None
    return dict(shape)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)


# --- what GDAL reads -----------------------------------------------------------------------------
def read_geopackage(body: bytes, faults: Faults) -> Found:
    """Read the first layer of a GeoPackage; errors: ValueError."""
    if body[68:72] not in _GEOPACKAGES:
        raise ValueError("The file is an SQLite database, but not a GeoPackage.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.gpkg")
        path.write_bytes(body)
        return _read_layer(path, faults)


def read_shapefile(archive: Archive, faults: Faults) -> Found:
    """Read the one shapefile of an archive; errors: ValueError."""
    files = [name for name in archive.names() if not name.startswith("__MACOSX")]
    shapes = [name for name in files if name.lower().endswith(".shp")]
    if len(shapes) > 1:
        raise ValueError(f"There are {len(shapes)} shapefiles in the archive: send one at a time.")
    stem = shapes[0][: -len(".shp")]
    parts = {name[len(stem) :].lower(): name for name in files if name.startswith(f"{stem}.")}
    missing = [part for part in (".shx", ".dbf") if part not in parts]
    if missing:
        raise ValueError(f"The shapefile lacks its {' and '.join(missing)} file.")
    with tempfile.TemporaryDirectory() as folder:
        for part in _PARTS:
            if part in parts:
                Path(folder, f"table{part}").write_bytes(archive.read(parts[part]))
        if Path(folder, "table.shp").read_bytes()[:4] != b"\x00\x00\x27\x0a":
            raise ValueError("The shapefile cannot be read: it does not begin as one.")
        return _read_layer(Path(folder, "table.shp"), faults)


def _read_layer(path: Path, faults: Faults) -> Found:
    """Read a layer with GDAL, which is given only files whose own bytes say what they are."""
    import pyogrio

    try:
        layers = pyogrio.list_layers(path)
        if not len(layers):
            raise ValueError("There is no table in the file.")
        for name in layers[1:, 0]:
            faults.add("other-sheets", value=str(name))
        about, table = pyogrio.read_arrow(path, layer=layers[0][0])
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pa.ArrowException,
    ) as fault:
        raise ValueError(
            f"The file cannot be read: {str(fault).replace(str(path), 'it')}"
        ) from fault
    name = about["geometry_name"] or "wkb_geometry"
    if name not in table.column_names:
        return _plain(table, None)
    if not about["crs"]:
        faults.add("no-projection")
    return _with_places(table, name, about["crs"], faults)


def read_parquet(body: bytes, faults: Faults) -> Found:
    """Read Parquet, and GeoParquet's places; errors: ValueError."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(body))
    except (pa.ArrowException, OSError) as fault:
        raise ValueError(f"The Parquet file cannot be read: {str(fault).rstrip('.')}.") from fault
    about = (table.schema.metadata or {}).get(b"geo")
    if about is None:
        return _plain(table.replace_schema_metadata(None), None)
    try:
        said = orjson.loads(about)
        name = said["primary_column"]
        crs = said["columns"][name].get("crs", WGS84[1])
    except (orjson.JSONDecodeError, KeyError, TypeError) as fault:
        raise ValueError("The GeoParquet file does not say where its places are.") from fault
    if crs is None:
        faults.add("no-projection")
    return _with_places(table, name, json.dumps(crs) if isinstance(crs, dict) else crs, faults)


def _with_places(table: pa.Table, name: str, crs: str | None, faults: Faults) -> Found:
    """Turn the binary places of a column into GeoJSON in WGS 84."""
    import shapely

    rest = table.drop_columns([name]).replace_schema_metadata(None)
    binary = table[name].cast(pa.binary()).to_numpy(zero_copy_only=False)
    shapes = shapely.force_2d(shapely.from_wkb(binary, on_invalid="ignore"))
    there = ~shapely.is_missing(shapes)
    if crs and crs not in WGS84:
        shapes = _turned(shapes, crs)
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        sound = there & (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    given = np.array([one is not None for one in binary])
    for number in np.flatnonzero(given & ~sound & ~(there & shapely.is_empty(shapes))):
        faults.add("not-a-geometry", row=int(number) + 1, column=GEOMETRY)
    texts: Any = np.where(sound, shapely.to_geojson(np.where(sound, shapes, None)), None)
    kinds = set(np.unique(shapely.get_type_id(shapes[sound])).tolist())
    found = _plain(rest, _KINDS.get(kinds.pop(), "Geometry") if len(kinds) == 1 else "Geometry")
    column = pa.array(texts.tolist(), pa.string())
    return Found(
        table=found.table.append_column(GEOMETRY, column),
        columns=(*found.columns, Column(name=GEOMETRY, meaning="Where it is: GeoJSON, WGS 84")),
        geometry=found.geometry,
    )


_KINDS = {
    0: "Point",
    1: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
}
"""GeoJSON's names for shapely's numbers."""


def _turned(shapes: Any, crs: str) -> Any:
    import pyproj
    import shapely

    try:
        turn = pyproj.Transformer.from_crs(crs, WGS84[1], always_xy=True)
    except pyproj.exceptions.CRSError as fault:
        raise ValueError(f"The file's projection is not known: {str(fault)[:100]}") from fault

    def move(points: Any) -> Any:
        x, y = turn.transform(points[:, 0], points[:, 1])
        return np.column_stack([x, y])

    return shapely.set_precision(shapely.transform(shapes, move), 1e-7, mode="pointwise")


def _plain(table: pa.Table, geometry: str | None) -> Found:
    """Give columns that are typed already the few types a dataset has."""
    named: list[tuple[Column, Any]] = []
    for name, values in zip(table.column_names, table.columns, strict=True):
        kind, cast = _type_of(values.type)
        try:
            read = values if cast is None else pc.cast(values, cast, safe=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            read = pa.array([_words_of(value) for value in values.to_pylist()], pa.string())
        named.append((Column(name=name, type=kind), read))
    return Found(
        table=pa.table([values for _, values in named], names=[c.name for c, _ in named]),
        columns=tuple(column for column, _ in named),
        geometry=geometry,
    )


def _type_of(kind: pa.DataType) -> tuple[str, pa.DataType | None]:
    if pa.types.is_boolean(kind):
        return "boolean", None
    if pa.types.is_integer(kind):
        return "integer", pa.int64()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number", pa.float64()
    if pa.types.is_date(kind):
        return "date", pa.date32()
    if pa.types.is_timestamp(kind):
        return "datetime", pa.timestamp("us", tz=kind.tz and "UTC")
    return "string", pa.string()


def _words_of(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
