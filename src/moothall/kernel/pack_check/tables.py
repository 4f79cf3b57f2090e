"""Checks the tables and the outline of a pack: `wards.csv`, `places.csv`, `outline.geojson`."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely

from moothall.kernel.pack_check.codes import DEFAULT_COUNTRY, wrong_ward_code
from moothall.kernel.pack_check.credits import wrong_credits
from moothall.kernel.pack_check.problems import Problem, nearest
from moothall.values.places import Box

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WARD_COLUMNS = ("gss", "name", "lat", "lon", "source", "licence")
_PLACE_COLUMNS = ("id", "name", "kind", "lat", "lon", "position", "source", "licence")
_CORRECTION_COLUMNS = ("feed", "item", "field", "was", "becomes", "why", "who", "when")
# Degrees by which a table's position may lie outside the box for rounding's sake.
_ROUNDING = 0.0001

Row = tuple[int, dict[str, str]]


def check_wards(
    path: Path, box: Box | None, outline: shapely.Geometry | None, city: Mapping[str, Any]
) -> Iterator[Problem]:
    """Name what is wrong with the wards."""
    if not path.is_file():
        yield Problem(
            file=path.name, what="there is no such table", mend="List the city's wards in it"
        )
        return
    rows, problems = _read(path, _WARD_COLUMNS, _WARD_COLUMNS, also={"code": "gss"})
    yield from problems
    if not rows and not problems:
        yield Problem(file=path.name, what="it lists no wards", mend="List the city's wards in it")
    for line, row in rows:
        country = str(city.get("country", DEFAULT_COUNTRY))
        wrong = wrong_ward_code(row["gss"], country, city=str(city.get("gss", "")))
        if wrong:
            yield _at(path, line, *wrong)
        if not row["name"]:
            yield _at(path, line, "the ward has no name", "State it")
        yield from _check_position(path, line, row, box)
        position = _position(row)
        if outline is not None and position and not shapely.intersects_xy(outline, *position):
            yield _at(
                path, line, f"{row['name']} lies outside the city's outline", "Mend its centre"
            )
    yield from _check_unique(path, rows, "gss")
    yield from _check_unique(path, rows, "name")


def check_places(path: Path, box: Box | None) -> Iterator[Problem]:
    """Name what is wrong with the public places, if the pack states any."""
    if not path.is_file():
        return
    required = tuple(column for column in _PLACE_COLUMNS if column != "position")
    rows, problems = _read(path, _PLACE_COLUMNS, required)
    yield from problems
    for line, row in rows:
        for column in ("id", "kind"):
            if not _SLUG.fullmatch(row[column]):
                yield _at(
                    path,
                    line,
                    f"the {column} {row[column]!r} is not in small letters and hyphens",
                    "Write it like town-hall",
                )
        if not row["name"]:
            yield _at(path, line, "the place has no name", "State it")
        yield from _check_position(path, line, row, box)
    yield from _check_unique(path, rows, "id")


def check_corrections(path: Path, feeds: frozenset[str]) -> Iterator[Problem]:
    """Name what is wrong with the corrections, if the pack makes any."""
    if not path.is_file():
        return
    rows, problems = _read(path, _CORRECTION_COLUMNS, _CORRECTION_COLUMNS, credited=False)
    yield from problems
    for line, row in rows:
        if row["feed"] not in feeds:
            yield _at(
                path,
                line,
                f"there is no feed {row['feed']!r}{nearest(row['feed'], feeds)}",
                "Name a feed of the house",
            )
        for column in ("item", "field", "why", "who"):
            if not row[column]:
                yield _at(path, line, f"the correction says no {column}", f"State its {column}")
        try:
            date.fromisoformat(row["when"])
        except ValueError:
            yield _at(path, line, f"{row['when']!r} is not a date", "Write it like 2026-01-05")


def check_other_table(path: Path) -> Iterator[Problem]:
    """Name what is wrong with any other table: every row needs its source and licence."""
    yield from _read(path, None, ("source", "licence"))[1]


def read_outline(path: Path) -> tuple[shapely.Geometry | None, list[Problem]]:
    """Read the city's outline; None, and why, if it is none."""

    def wrong(what: str, mend: str) -> tuple[None, list[Problem]]:
        return None, [Problem(file=path.name, what=what, mend=mend)]

    if not path.is_file():
        return wrong("there is no such file", "Put the city's outline in it as GeoJSON")
    try:
        feature = json.loads(path.read_text(encoding="utf-8"))["features"][0]
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        properties: Mapping[str, Any] = feature["properties"] or {}
    except (ValueError, KeyError, IndexError, TypeError, shapely.GEOSException) as fault:
        return wrong(f"not a FeatureCollection of one outline: {fault}", "Write it as GeoJSON")
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or not shape.is_valid:
        return wrong("the outline is no valid polygon", "Mend it: shapely.make_valid may help")
    problems = [
        Problem(file=path.name, what=f"the outline {what}", mend=mend)
        for _, what, mend in wrong_credits(properties)
    ]
    return shape, problems


def check_outline(path: Path, outline: shapely.Geometry, box: Box) -> Iterator[Problem]:
    """Say if the outline leaves the box the city is said to lie in."""
    around = shapely.box(box.west, box.south, box.east, box.north).buffer(_ROUNDING)
    if not shapely.covers(around, outline):
        yield Problem(
            file=path.name,
            what="the outline leaves the city's box",
            mend="Widen `box` in city.toml, or mend the outline",
        )


def _read(
    path: Path,
    columns: tuple[str, ...] | None,
    required: tuple[str, ...],
    *,
    credited: bool = True,
    also: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[Row], list[Problem]]:
    """Read a table's whole rows with their lines, and what is wrong with the rest of it.

    Shape:   `columns` are all the columns the table may have, None for any; `also` are other names
             for some of them.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        return [], [Problem(file=path.name, what=f"not UTF-8: {fault}", mend="Save it as UTF-8")]
    table = csv.DictReader(text.splitlines(keepends=True), restkey="")
    header = [also.get(name.strip(), name.strip()) for name in table.fieldnames or ()]
    table.fieldnames = header
    problems = list(_wrong_header(path, header, columns, required))
    if problems:
        return [], problems
    rows: list[Row] = []
    for raw in table:
        line = table.line_num
        if "" in raw or None in raw.values():
            what = f"the line has not {len(header)} columns"
            problems.append(_at(path, line, what, "Put commas inside quotation marks"))
            continue
        row = {key: str(value).strip() for key, value in raw.items()}
        rows.append((line, row))
        if credited:
            problems += (
                _at(path, line, f"the row {what}", mend) for _, what, mend in wrong_credits(row)
            )
    return rows, problems


def _wrong_header(
    path: Path, header: list[str], columns: tuple[str, ...] | None, required: tuple[str, ...]
) -> Iterator[Problem]:
    """Say which columns are missing, and which nothing reads."""
    if len(header) == 1 and ";" in header[0]:
        what = "the columns are parted by semicolons"
        yield _at(path, 1, what, "Save it with commas: some programs ask which")
        return
    for column in required:
        if column not in header:
            yield _at(path, 1, f'there is no column "{column}"', "Add it")
    for column in header:
        if columns is not None and column not in columns:
            what = f'nothing reads the column "{column}"{nearest(column, columns)}'
            yield _at(path, 1, what, "Rename it, or take it out")


def _at(path: Path, line: int, what: str, mend: str) -> Problem:
    return Problem(file=path.name, line=line, what=what, mend=mend)


def _position(row: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        return float(row["lon"]), float(row["lat"])
    except ValueError:
        return None


def _check_position(
    path: Path, line: int, row: Mapping[str, str], box: Box | None
) -> Iterator[Problem]:
    position = _position(row)
    if position is None:
        yield _at(path, line, "its lat and lon are not numbers", "State them in degrees")
    elif box is not None and not box.holds(lon=position[0], lat=position[1]):
        lon, lat = position
        swapped = box.holds(lon=lat, lat=lon)
        yield _at(
            path,
            line,
            f"{row['name']} lies outside the city's box, at {lat}, {lon}",
            "Exchange lat and lon" if swapped else "Mend its position, or the box in city.toml",
        )


def _check_unique(path: Path, rows: list[Row], column: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for line, row in rows:
        first = seen.setdefault(row[column], line)
        if first != line:
            yield _at(
                path,
                line,
                f"the {column} {row[column]!r} is on line {first} already",
                "Take one of them out",
            )
