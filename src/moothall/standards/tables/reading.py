"""One door for every form of table: what the file truly is; its rows, typed; its faults."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from moothall.standards.tables import cells, delimited, geo, headings, sheets, text
from moothall.standards.tables.faults import Faults
from moothall.standards.zipped import Archive, is_zip
from moothall.values.observations import Column

MOST_BYTES = 512 * 1024 * 1024
MOST_COLUMNS = 2_000
_PIECE = 50_000
"""How many rows are held as Python objects at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file, read.

    Shape:   `table` has a column for each of `columns`, in order, and `row`, which names the row of
             the file; where the file has places, `geometry` is GeoJSON in WGS 84. `faults` as in
             faults.SCHEMA.
    """

    form: str
    table: pa.Table
    columns: tuple[Column, ...]
    faults: pa.Table
    encoding: str = ""
    delimiter: str = ""
    geometry: str | None = None
    """The GeoJSON type of its places, "Geometry" if they are of several; None if it has none."""


def read(
    body: bytes, *, name: str, declared: Iterable[Column] = (), most_bytes: int = MOST_BYTES
) -> Reading:
    """Read a file as a table.

    Shape:   `name` is the file's own; what is in it decides, not its extension. `declared` columns
             are not guessed.
    Errors:  ValueError, a sentence, if nothing of it can be read as a table.
    """
    if not body.strip(b"\0 \t\r\n"):
        raise ValueError("The file is empty.")
    if len(body) > most_bytes:
        raise ValueError(f"The file is larger than {most_bytes // 2**20} MB.")
    try:
        return _read(body, name, {column.name: column for column in declared}, most_bytes)
    except ValueError as fault:
        words = str(fault).strip().rstrip(".")
        raise ValueError(f"{words[:1].upper()}{words[1:]}.") from fault


def _read(body: bytes, name: str, declared: Mapping[str, Column], most_bytes: int) -> Reading:
    faults = Faults()
    form, read_form = _recognise(body, most_bytes)
    extension = name.rpartition(".")[2].lower()
    if extension not in _EXTENSIONS[form]:
        faults.add("wrong-extension", value=f"{name}: {form}")
    return read_form(body, declared, faults, most_bytes)


_Reader = Callable[[bytes, Mapping[str, Column], Faults, int], Reading]
_EXTENSIONS: Mapping[str, frozenset[str]] = {
    "CSV": frozenset({"csv", "tsv", "txt", "tab", "psv", "dat"}),
    "zipped CSV": frozenset({"zip"}),
    "XLSX": frozenset({"xlsx", "xlsm"}),
    "XLS": frozenset({"xls"}),
    "ODS": frozenset({"ods"}),
    "GeoJSON": frozenset({"geojson", "json"}),
    "JSON": frozenset({"json"}),
    "GeoPackage": frozenset({"gpkg"}),
    "shapefile": frozenset({"zip"}),
    "Parquet": frozenset({"parquet", "geoparquet"}),
}


def _recognise(body: bytes, most_bytes: int) -> tuple[str, _Reader]:
    """Tell by a file's own bytes what it is; errors: ValueError for what is no table."""
    if is_zip(body):
        return _recognise_zip(
            [name.lower() for name in Archive(body, max_bytes=most_bytes).names()]
        )
    for beginning, form, reader in _BEGINNINGS:
        if body.startswith(beginning):
            return form, reader
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, what in _NOT_TABLES:
        if start[:200].lower().startswith(beginning):
            raise ValueError(f"The file is {what}, not a table.")
    if start.startswith((b"{", b"[")):
        return ("GeoJSON", _json) if b'"Feature' in body[:65536] else ("JSON", _json)
    return "CSV", _delimited


def _recognise_zip(names: Sequence[str]) -> tuple[str, _Reader]:
    if any(name.endswith(".shp") for name in names):
        return "shapefile", _shapefile
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "XLSX", _workbook("XLSX")
    return ("ODS", _workbook("ODS")) if "content.xml" in names else ("zipped CSV", _zipped)


_NOT_TABLES = (
    (b"%pdf", "a PDF"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
    (b"\x89png", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"gif8", "a picture"),
    (b"{\\rtf", "a document"),
    (b"\x1f\x8b", "compressed with gzip: send it unpacked, or as a zip"),
    (b"7z\xbc\xaf", "a 7-Zip archive: send it unpacked, or as a zip"),
    (b"rar!", "a RAR archive: send it unpacked, or as a zip"),
    (b"\x7felf", "a program"),
    (b"mz", "a program"),
)


def _delimited(
    body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
) -> Reading:
    decoded = text.decode(body, faults)
    delimiter = delimited.find_delimiter(decoded.text)
    records = delimited.read_records(decoded.text, delimiter, faults)
    if decoded.text[:4].lower() == "sep=":
        next(records, None)
    table, columns = _typed(records, declared, faults)
    return Reading(
        form="CSV",
        table=table,
        columns=columns,
        faults=faults.table(),
        encoding=decoded.encoding,
        delimiter=delimiter,
    )


def _zipped(
    body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
) -> Reading:
    archive = Archive(body, max_bytes=most_bytes)
    names = [
        name
        for name in archive.names()
        if name.lower().rpartition(".")[2] in _EXTENSIONS["CSV"] and "__MACOSX" not in name
    ]
    if not names:
        raise ValueError("There is no table in the archive: it holds no CSV file.")
    if len(names) > 1:
        raise ValueError(f"There are {len(names)} tables in the archive: send one at a time.")
    found = _delimited(archive.read(names[0]), declared, faults, most_bytes)
    return replace(found, form="zipped CSV")


def _workbook(form: str) -> _Reader:
    def read_workbook(
        body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
    ) -> Reading:
        rows = sheets.read_rows(body, faults, most_bytes=most_bytes)
        table, columns = _typed(enumerate(rows, start=1), declared, faults)
        return Reading(form=form, table=table, columns=columns, faults=faults.table())

    return read_workbook


def _json(body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int) -> Reading:
    names, rows, geometry = geo.read_json(text.decode(body, faults).text, faults)
    table, columns = _typed(itertools.chain([(0, names)], rows), declared, faults, headed=True)
    return _placed("GeoJSON" if geometry else "JSON", table, columns, geometry, faults)


def _geopackage(
    body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
) -> Reading:
    found = geo.read_geopackage(body, faults)
    return _placed("GeoPackage", found.table, found.columns, found.geometry, faults)


def _shapefile(
    body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
) -> Reading:
    found = geo.read_shapefile(Archive(body, max_bytes=most_bytes), faults)
    return _placed("shapefile", found.table, found.columns, found.geometry, faults)


def _parquet(
    body: bytes, declared: Mapping[str, Column], faults: Faults, most_bytes: int
) -> Reading:
    found = geo.read_parquet(body, faults)
    return _placed("Parquet", found.table, found.columns, found.geometry, faults)


def _placed(
    form: str, table: pa.Table, columns: tuple[Column, ...], geometry: str | None, faults: Faults
) -> Reading:
    if "row" not in table.column_names:
        table = table.append_column("row", pa.array(range(1, len(table) + 1), pa.int64()))
    return Reading(
        form=form, table=table, columns=columns, faults=faults.table(), geometry=geometry
    )


def _typed(
    records: Iterable[tuple[int, Sequence[str]]],
    declared: Mapping[str, Column],
    faults: Faults,
    *,
    headed: bool = False,
) -> tuple[pa.Table, tuple[Column, ...]]:
    """Read records of texts as a table: find its headings, fill or keep what is uneven, type it."""
    records = iter(records)
    first = list(itertools.islice(records, 1 if headed else headings.LOOK_AT))
    if headed:
        found = headings.Headings(tuple(first[0][1]), 1)
    else:
        found = headings.find([row for _, row in first], faults)
    if len(found.names) > MOST_COLUMNS:
        raise ValueError(
            f"The table has {len(found.names)} columns; at most {MOST_COLUMNS} are read."
        )
    if not found.names:
        raise ValueError("The file has no rows with anything in them.")
    rest = itertools.chain(first[found.rows :], records)
    numbers, columns = _gather(rest, found.names, faults)
    if not len(numbers):
        faults.add("empty")
    read = [
        cells.read_column(
            texts, name=name, rows=numbers, faults=faults, declared=declared.get(name)
        )
        for name, texts in zip(found.names, columns, strict=True)
    ]
    names = [*found.names, name_file_row(found.names)]
    table = pa.table([*(values for _, values in read), numbers], names=names)
    return table, tuple(column for column, _ in read)


def name_file_row(taken: Iterable[str]) -> str:
    """Name the column that says where a row stood in its file, so that no other is called so."""
    name, known = "row", set(taken)
    while name in known:
        name = f"{name}_"
    return name


def _gather(
    records: Iterator[tuple[int, Sequence[str]]], names: Sequence[str], faults: Faults
) -> tuple[pa.Array, list[pa.ChunkedArray]]:
    """Lay records out in columns of texts, each as wide as the headings.

    What a row has beyond them is told whole; a row of nothing, and one that repeats the headings,
    is told and left out.
    """
    width, heading = len(names), [name.casefold() for name in names]
    numbers: list[pa.Array] = []
    parts: list[list[pa.Array]] = [[] for _ in names]
    while piece := list(itertools.islice(records, _PIECE)):
        kept = []
        for number, row in piece:
            if len(row) != width or not row[0]:
                if not any(cell.strip() for cell in row):
                    faults.add("blank-row", row=number)
                    continue
                kept.append((number, _even(row, width, number, faults)))
                continue
            if (
                row[0].strip().casefold() == heading[0]
                and [cell.strip().casefold() for cell in row] == heading
            ):
                faults.add("repeated-headings", row=number)
                continue
            kept.append((number, row))
        numbers.append(pa.array([number for number, _ in kept], pa.int64()))
        for part, values in zip(parts, zip(*(row for _, row in kept), strict=True), strict=False):
            part.append(pa.array(values, pa.string()))
    empty = pa.array([], pa.string())
    return (
        pa.concat_arrays(numbers) if numbers else pa.array([], pa.int64()),
        [pa.chunked_array(part or [empty]) for part in parts],
    )


def _even(row: Sequence[str], width: int, number: int, faults: Faults) -> Sequence[str]:
    if len(row) < width:
        faults.add("missing-cells", row=number, value=f"{len(row)} of {width}")
        return [*row, *[""] * (width - len(row))]
    beyond = [cell for cell in row[width:] if cell.strip()]
    if beyond:
        faults.add("extra-cells", row=number, value=" | ".join(beyond))
    return row[:width]


_BEGINNINGS: Sequence[tuple[bytes, str, _Reader]] = (
    (b"\xd0\xcf\x11\xe0", "XLS", _workbook("XLS")),
    (b"PAR1", "Parquet", _parquet),
    (b"SQLite format 3\0", "GeoPackage", _geopackage),
)
