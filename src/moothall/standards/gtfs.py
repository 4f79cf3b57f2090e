"""GTFS: the routes of a timetable.

Source:   https://gtfs.org/documentation/schedule/reference/
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from moothall.standards import zipped

MAX_TABLE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line people know by its number or name."""

    id: str
    short_name: str
    long_name: str
    agency_id: str
    agency_name: str
    type: int | None


def read_routes(body: bytes) -> tuple[tuple[Route, ...], tuple[tuple[str, str, str], ...]]:
    """Read the routes, and (where, what, item) of each row that is none.

    Shape:   a whole timetable as a zip archive, of which only routes.txt and agency.txt are
             unpacked, or routes.txt alone.
    Errors:  ValueError if it is neither.
    """
    agencies: dict[str, str] = {}
    text = body
    if zipped.is_zip(body):
        archive = zipped.Archive(body, max_bytes=MAX_TABLE_BYTES)
        names = {name.rpartition("/")[2]: name for name in archive.names()}
        if "routes.txt" not in names:
            raise ValueError("the archive holds no routes.txt")
        text = archive.read(names["routes.txt"])
        if "agency.txt" in names:
            agencies = {
                row.get("agency_id", ""): row.get("agency_name", "")
                for _, row in _rows(archive.read(names["agency.txt"]), needed="agency_name")
            }
    routes, faults = [], []
    for line, row in _rows(text, needed="route_id"):
        try:
            routes.append(_route(row, agencies))
        except ValueError as fault:
            faults.append((f"line {line}", str(fault), repr(row)[:500]))
    return tuple(routes), tuple(faults)


def _rows(body: bytes, *, needed: str) -> Iterator[tuple[int, dict[str, str]]]:
    text = body.decode("utf-8-sig", errors="replace")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if needed not in (rows.fieldnames or ()):
            raise ValueError(f"not a table of a timetable: it has no column {needed}")
        for row in rows:
            yield rows.line_num, {key: (value or "").strip() for key, value in row.items() if key}
    except csv.Error as fault:
        raise ValueError(f"not a readable CSV: {fault}") from fault


def _route(row: dict[str, str], agencies: dict[str, str]) -> Route:
    if not row["route_id"]:
        raise ValueError("a route without an id")
    agency = row.get("agency_id", "")
    kind = row.get("route_type", "")
    return Route(
        id=row["route_id"],
        short_name=row.get("route_short_name", ""),
        long_name=row.get("route_long_name", ""),
        agency_id=agency,
        agency_name=agencies.get(agency, ""),
        type=int(kind) if kind else None,
    )
