"""Any open table: CSV, JSON, GeoJSON or XML, by a layout that says what stands where.

Source:   RFC 4180 (CSV), RFC 8259 (JSON), RFC 7946 (GeoJSON), XML 1.0.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from lxml import etree

from moothall.standards.jsontext import read_json
from moothall.standards.xmltext import read_xml

Cell = str | int | float | bool | None
FORMATS = ("csv", "json", "geojson", "xml")
LON, LAT = "@lon", "@lat"
"""The columns every row of GeoJSON has besides its own: the position of a point."""
KEY = "@key"
"""The column a row of JSON has when the rows are not a list but stand under names: its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table is written down.

    Shape:   `rows` is the way to the rows: names joined by dots in JSON ("data.items"), the name of
             the element of a row in XML ("situation"); a CSV file and GeoJSON need none.
    """

    format: str
    rows: str = ""
    delimiter: str = ","
    heading: bool = True
    """Whether the first line of a CSV file names the columns; else they are "1", "2", "3"."""
    skip_lines: int = 0
    encoding: str = ""


def read_rows(
    body: bytes, layout: Layout, columns: Iterable[str]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    """Give each row's place in the file, and what stands in it under the columns wanted.

    Shape:   a column is a heading in CSV; in JSON a name, or names joined by dots
             ("location.value.0"); in XML an element's name, a way ("location/latitude") or an
             attribute ("@id").
    Errors:  ValueError if the whole is not of that format, or has no rows where the layout says.
    """
    return _READERS[layout.format](body, layout, tuple(dict.fromkeys(columns)))


def read_one(body: bytes, layout: Layout, column: str) -> Cell:
    """Read what a file says once, beside its rows: when it was published. None if it does not."""
    if layout.format == "csv":
        return None
    if layout.format == "xml":
        return _find(read_xml(body), column)
    return _walk(read_json(body), column)


def _text(body: bytes, encoding: str) -> str:
    if encoding:
        try:
            return body.decode(encoding, errors="replace")
        except LookupError as fault:
            raise ValueError(f"no such encoding: {encoding}") from fault
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _csv(
    body: bytes, layout: Layout, columns: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    lines = csv.reader(
        io.StringIO(_text(body, layout.encoding), newline=""), delimiter=layout.delimiter
    )
    try:
        for _ in range(layout.skip_lines):
            next(lines, None)
        heading = [name.strip() for name in next(lines, ())] if layout.heading else None
    except csv.Error as fault:
        raise ValueError(f"not a CSV file: {fault}") from fault
    places = _places(heading, columns, layout.delimiter)
    try:
        for cells in lines:
            if cells:
                yield (
                    f"line {lines.line_num}",
                    {
                        name: cells[place].strip() if place < len(cells) else ""
                        for name, place in places
                    },
                )
    except csv.Error as fault:
        # What stands before a fault in the file itself is good: the reader says what is wrong.
        yield f"after line {lines.line_num}", {"": str(fault)}


def _places(
    heading: Sequence[str] | None, columns: tuple[str, ...], delimiter: str
) -> tuple[tuple[str, int], ...]:
    if heading is None:
        return tuple((name, int(name) - 1) for name in columns if name.isdigit() and int(name) > 0)
    found = tuple((name, heading.index(name)) for name in columns if name in heading)
    missing = [name for name in columns if name not in heading]
    if missing:
        named = ", ".join(f'"{name}"' for name in missing)
        one_column = len(heading) == 1 and any(other in heading[0] for other in ";\t|,")
        hint = f" (is {delimiter!r} what parts the columns?)" if one_column else ""
        raise ValueError(f"no column {named}; the columns are {', '.join(heading[:40])}{hint}")
    return found


def _walk(node: Any, way: str) -> Cell:
    """Follow a way of names and places; None where it ends early or not at a single value."""
    found = _follow(node, way)
    return found if isinstance(found, str | int | float | bool) else None


def _follow(node: Any, way: str) -> Any:
    if isinstance(node, dict) and way in node:
        return node[way]
    for step in way.split("."):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None
    return node


def _read_json(
    body: bytes, layout: Layout, columns: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    whole = read_json(body)
    rows = _follow(whole, layout.rows) if layout.rows else whole
    if isinstance(rows, dict):
        named = [
            {KEY: name, **row} if isinstance(row, dict) else {KEY: name, "@value": row}
            for name, row in rows.items()
        ]
        if not layout.rows and not any(isinstance(row, dict) for row in rows.values()):
            there = ", ".join(map(str, list(rows)[:20]))
            raise ValueError(f"no list of rows: say in `rows` where it stands, among {there}")
        rows = named
    if not isinstance(rows, list):
        there = ", ".join(map(str, whole))[:300] if isinstance(whole, dict) else "a list"
        raise ValueError(f'no list of rows at "{layout.rows}"; the file holds {there}')
    for number, row in enumerate(rows):
        yield f"row {number + 1}", {name: _walk(row, name) for name in columns}


def _read_geojson(
    body: bytes, layout: Layout, columns: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    whole = read_json(body)
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        raise ValueError("not a GeoJSON collection of features")
    for number, feature in enumerate(features):
        if not isinstance(feature, dict):
            yield f"feature {number + 1}", dict.fromkeys(columns)
            continue
        properties = feature.get("properties")
        row: dict[str, Cell] = {}
        for name in columns:
            row[name] = _walk(properties, name) if isinstance(properties, dict) else None
            if row[name] is None:
                row[name] = _walk(feature, name)
        row[LON], row[LAT] = _walk(feature, "geometry.coordinates.0"), None
        if row[LON] is not None:
            row[LAT] = _walk(feature, "geometry.coordinates.1")
        yield f"feature {number + 1}", row


def _find(element: etree._Element, way: str) -> Cell:
    """Follow a way of elements, the last of which may be an attribute; the first found anywhere."""
    way, _, attribute = way.partition("@")
    here: etree._Element | None = element
    way = way.strip("/")
    if way:
        try:
            here = element.find(f".//{way}")
        except (SyntaxError, KeyError):
            here = None
    if here is None:
        return None
    said = here.get(attribute) if attribute else "".join(map(str, here.itertext()))
    return said.strip() if said is not None else None


def _read_xml(
    body: bytes, layout: Layout, columns: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Cell]]]:
    root = read_xml(body)
    try:
        elements = root.findall(f".//{layout.rows.strip('/')}")
    except (SyntaxError, KeyError) as fault:
        raise ValueError(f'"{layout.rows}" is no name of an element: {fault}') from fault
    if not elements:
        there = ", ".join(dict.fromkeys(str(one.tag) for one in root.iter(etree.Element)))
        raise ValueError(f'no element "{layout.rows}"; there are {there[:300]}')
    for number, element in enumerate(elements):
        yield f"{layout.rows} {number + 1}", {name: _find(element, name) for name in columns}


_Reader = Callable[[bytes, Layout, tuple[str, ...]], Iterator[tuple[str, dict[str, Cell]]]]
_READERS: Mapping[str, _Reader] = {
    "csv": _csv,
    "json": _read_json,
    "geojson": _read_geojson,
    "xml": _read_xml,
}


def read_number(said: Cell, *, decimal: str = ".") -> float | None:
    """Read a number as the publisher writes it: "1.234,5" with a decimal comma; None if unstated.

    Errors:  ValueError if it is no number, or none that is finite.
    """
    if said is None or isinstance(said, bool):
        return None if said is None else float(said)
    if isinstance(said, str):
        if said.isdecimal() and said.isascii() and len(said) < 16:
            return float(said)  # most numbers are counts
        if decimal == ".":
            try:
                number = float(said)
            except ValueError:
                pass  # thousands may be parted, or it is no number
            else:
                return _finite(number, said)
        other = "," if decimal == "." else "."
        compact = "".join(said.split()).replace("'", "")
        parts = compact.split(other)
        # What parts thousands stands before three digits, or it is a decimal sign after all.
        if any(len(part.partition(decimal)[0]) != 3 for part in parts[1:]) or "" in parts[:1]:
            raise ValueError(f"not a number with the decimal sign {decimal!r}: {said[:60]!r}")
        number = float("".join(parts).replace(decimal, "."))
    else:
        number = float(said)
    return _finite(number, said)


def _finite(number: float, said: Cell) -> float:
    if not isfinite(number):
        raise ValueError(f"not a finite number: {said!r}")
    return number
