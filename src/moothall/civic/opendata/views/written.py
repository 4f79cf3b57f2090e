"""How rows are written: CSV, Parquet, GeoJSON, JSON and workbooks, piece by piece."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import orjson

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.kernel.feeds.health import RawEntry
from moothall.standards import geoparquet, xlsx
from moothall.standards.spreadsheets import neutralise
from moothall.values.observations import Batch, Column

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 256 * 1024
MOST_PARSED = 5_000
Pieces = Iterator["pa.RecordBatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is written: rows of a dataset, all of its columns or some."""

    dataset: Dataset
    columns: tuple[Column, ...]
    pieces: Pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of file: how it is called, announced and written."""

    words: str
    media_type: str
    write: Callable[[Taken], Iterator[bytes]]


def _tables(taken: Taken) -> "Iterator[pa.Table]":
    import pyarrow as pa

    for batch in taken.pieces:
        yield _named(taken.columns, pa.Table.from_batches([batch]))


def _named(columns: Sequence[Column], table: "pa.Table") -> "pa.Table":
    """Take the columns of the file, every instant stated in UTC."""
    import pyarrow as pa

    kept = table.select([column.name for column in columns])
    utc = pa.timestamp("us", tz="UTC")
    fields = [f.with_type(utc) if pa.types.is_timestamp(f.type) else f for f in kept.schema]
    return kept.cast(pa.schema(fields))


def csv(taken: Taken) -> Iterator[bytes]:
    """Write CSV (RFC 4180); no text in it can act as a formula in a spreadsheet."""
    import pyarrow as pa
    from pyarrow import csv as writer

    names = neutralise(pa.array([column.name for column in taken.columns], pa.string()))
    yield ",".join(map(_quoted, names.to_pylist())).encode() + b"\r\n"
    options = writer.WriteOptions(include_header=False, quoting_style="needed")
    for table in _tables(taken):
        sink = pa.BufferOutputStream()
        writer.write_csv(_plain(table), sink, options)
        yield sink.getvalue().to_pybytes()


def _quoted(text: str) -> str:
    """Write a heading as a cell: in quotation marks where it needs them."""
    if not any(sign in text for sign in ',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _plain(table: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    plain = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            plain.append(_each_once(_instants, column))
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            plain.append(_each_once(neutralise, column))
        else:
            plain.append(column)
    return pa.table(plain, names=table.column_names)


def _each_once(write: Callable[[Any], Any], column: Any) -> Any:
    """Write each value of a column once: most rows say what others say."""
    encoded = column.combine_chunks().dictionary_encode()
    return write(encoded.dictionary).take(encoded.indices)


def _instants(column: Any) -> Any:
    """Write instants in ISO 8601, in whole seconds where they are whole."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        whole = pc.cast(column, pa.timestamp("s", tz="UTC"))
    except pa.ArrowInvalid:
        whole = pc.cast(column, pa.timestamp("ms", tz="UTC"), safe=False)
    return pc.strftime(whole, format="%Y-%m-%dT%H:%M:%SZ")


def parquet(taken: Taken) -> Iterator[bytes]:
    """Write Parquet, with places GeoParquet: on disk first, for its index stands at the end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dataset = taken.dataset
    placed = "geojson" in dataset.formats and _has_place(taken.columns)
    about = {
        b"title": dataset.title.encode(),
        b"licence": " ".join(dataset.licences).encode(),
        b"attribution": dataset.attribution.encode(),
        **({b"geo": geoparquet.describe()} if placed else {}),
    }
    with tempfile.TemporaryFile() as file:
        writer: pq.ParquetWriter | None = None
        for table in _tables(taken):
            named = geoparquet.place(table) if placed else table
            if writer is None:
                schema = named.schema.with_metadata(about)
                writer = pq.ParquetWriter(file, schema, compression="zstd")
            writer.write_table(named.cast(writer.schema))
        if writer is None:
            empty = pa.schema([(column.name, pa.string()) for column in taken.columns])
            writer = pq.ParquetWriter(file, empty.with_metadata(about))
        writer.close()
        yield from _from_start(file)


def _has_place(columns: Sequence[Column]) -> bool:
    names = {column.name for column in columns}
    return geoparquet.GEOMETRY in names or {"lon", "lat"} <= names


def _from_start(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def workbook(taken: Taken) -> Iterator[bytes]:
    """Write a workbook (XLSX), on disk first; a sheet beside the rows says what they are."""
    dataset = taken.dataset
    about = {
        "Title": dataset.title,
        "What it is": dataset.summary,
        "Publisher": dataset.publishers,
        "Licence": ", ".join(dataset.licences),
        "Attribution": dataset.attribution,
        "Dataset": dataset.name,
        "Times": "Coordinated Universal Time (UTC)",
    }
    with tempfile.TemporaryFile() as file:
        xlsx.write(file, _tables(taken), columns=taken.columns, about=about)
        yield from _from_start(file)


def json(taken: Taken) -> Iterator[bytes]:
    """Write one JSON object, its rows in `rows`."""
    yield orjson.dumps(_about(taken.dataset))[:-1] + b',"rows":['
    yield from _joined(table.to_pylist() for table in _tables(taken))
    yield b"]}"


def geojson(taken: Taken) -> Iterator[bytes]:
    """Write a GeoJSON FeatureCollection (RFC 7946), one feature a row."""
    head = {"type": "FeatureCollection", **_about(taken.dataset)}
    yield orjson.dumps(head)[:-1] + b',"features":['
    yield from _joined([_feature(row) for row in t.to_pylist()] for t in _tables(taken))
    yield b"]}"


def _about(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "licence": list(dataset.licences),
        "attribution": dataset.attribution,
    }


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    geometry: Any = None
    if "geometry" in row:
        text = row.pop("geometry")
        geometry = orjson.loads(text) if text else None
    else:
        lon, lat = row.pop("lon"), row.pop("lat")
        if lon is not None and lat is not None:
            geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": row}


def _joined(pieces: Iterator[list[dict[str, Any]]]) -> Iterator[bytes]:
    first = True
    for rows in pieces:
        for start in range(0, len(rows), 1000):
            text = orjson.dumps(rows[start : start + 1000], option=orjson.OPT_UTC_Z)[1:-1]
            yield text if first else b"," + text
            first = False


FORMS: Mapping[str, Form] = {
    "csv": Form(words="CSV", media_type="text/csv; charset=utf-8; header=present", write=csv),
    "xlsx": Form(
        words="Excel",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        write=workbook,
    ),
    "parquet": Form(words="Parquet", media_type="application/vnd.apache.parquet", write=parquet),
    "geojson": Form(words="GeoJSON", media_type="application/geo+json", write=geojson),
    "json": Form(words="JSON", media_type="application/json", write=json),
}
"""Every form a dataset can be had in, by the ending of its file: a new one is a line here, and its
ending among the dataset's `formats`."""


def batch(entry: RawEntry, batch: Batch) -> bytes:
    """Write what a payload was read as: the first items of each sort, and how many there are."""
    table = [] if batch.table is None else batch.table.slice(0, MOST_PARSED).to_pylist()
    columnar = 0 if batch.table is None else batch.table.num_rows
    body = {
        "feed": entry.feed,
        "raw": entry.sha256,
        "url": entry.url,
        "fetched_at": entry.fetched_at,
        "origin": entry.origin.name.lower(),
        "as_of": batch.as_of,
        "counts": {
            "observations": len(batch.observations) + columnar,
            "records": len(batch.records),
            "series": len(batch.series),
            "issues": sum(issue.count for issue in batch.issues),
            "shown_of_each": MOST_PARSED,
        },
        "observations": [*batch.observations[:MOST_PARSED], *table],
        "records": [
            {
                "kind": one.kind,
                "id": one.id,
                "from_at": one.from_at,
                "fields": dict(one.fields),
                "geometry": None if one.geometry is None else dict(one.geometry),
                "gone": one.gone,
            }
            for one in batch.records[:MOST_PARSED]
        ],
        "series": batch.series[:MOST_PARSED],
        "issues": batch.issues[:MOST_PARSED],
    }
    return orjson.dumps(body, default=str, option=orjson.OPT_UTC_Z)
