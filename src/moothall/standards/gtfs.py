"""GTFS: the routes of a timetable.

Source:   https://gtfs.org/documentation/schedule/reference/
"""

from dataclasses import dataclass

from moothall.standards import zipped
from moothall.standards.csvtext import Rows, find_column
from moothall.values.issues import Issues
from moothall.values.numbers import read_count
from moothall.values.observations import Issue

LARGEST_TYPE = 1_702
"""Of the extended route types."""
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


def read_routes(body: bytes) -> tuple[tuple[Route, ...], tuple[Issue, ...]]:
    """Read the routes, and what is wrong with each row that is none.

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
            table = Rows(archive.read(names["agency.txt"]))
            told = _columns(table.heading(), "agency_name", "agency_id")
            agencies = {_cell(cells, told[1]): _cell(cells, told[0]) for _, cells in table}
    table = Rows(text)
    columns = _columns(table.heading(), *_ROUTE)
    routes, issues = [], Issues()
    for line, cells in table:
        try:
            if cells:
                routes.append(_route([_cell(cells, place) for place in columns], agencies))
        except ValueError as fault:
            issues.note(f"line {line}", fault, cells)
    return tuple(routes), (*issues, *table.issues())


_ROUTE = ("route_id", "route_short_name", "route_long_name", "agency_id", "route_type")


def _columns(heading: list[str], needed: str, *others: str) -> list[int | None]:
    """Find where the columns stand; errors: ValueError if the one needed is not there."""
    found = [find_column(heading, name) for name in (needed, *others)]
    if found[0] is None:
        raise ValueError(f"not a table of a timetable: it has no column {needed}")
    return found


def _cell(cells: list[str], place: int | None) -> str:
    return "" if place is None or place >= len(cells) else cells[place].strip()


def _route(told: list[str], agencies: dict[str, str]) -> Route:
    id, short_name, long_name, agency, kind = told
    if not id:
        raise ValueError("a route without an id")
    return Route(
        id=id,
        short_name=short_name,
        long_name=long_name,
        agency_id=agency,
        agency_name=agencies.get(agency, ""),
        type=read_count(kind, most=LARGEST_TYPE) if kind else None,
    )
