"""Finds datasets that tell of a part of the city: a ward, or a box drawn on a map.

Where the rows of a dataset have places of their own, these decide; else the box it says it covers.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.finding import Shelf
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.places import queries as places
from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version
from moothall.values.places import Box

if TYPE_CHECKING:
    import shapely

MOST = 500
"""How many records within a ward's box are tried against its outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the city that is asked about."""

    text: str
    """As it stands in an address."""
    words: str
    """The ward's name; "" for a box."""
    box: Box
    shape: "shapely.Geometry"


def list_wards() -> tuple[places.Ward, ...]:
    """Return the wards that may be asked about, by name."""
    return places.list_wards()


def read_area(text: str) -> Area | None:
    """Read a ward's code or name, or a box as "west,south,east,north"; None for nothing.

    Errors:  UnableToAnswer.
    """
    import shapely

    text = text.strip()[:80]
    if not text:
        return None
    ward = places.find_ward(text)
    if ward is not None:
        outlines = {one.ward.gss: one.geometry for one in places.list_ward_outlines()}
        shape = shapely.geometry.shape(outlines[ward.gss])
        west, south, east, north = shape.bounds
        box = Box(west=west, south=south, east=east, north=north)
        return Area(text=ward.gss, words=ward.name, box=box, shape=shape)
    try:
        west, south, east, north = map(float, text.split(","))
        box = Box(west=west, south=south, east=east, north=north)
    except ValueError:
        raise UnableToAnswer(
            "within", "give a ward, or a box like -1.6,53.7,-1.5,53.9 (west,south,east,north)"
        ) from None
    return Area(text=text, words="", box=box, shape=shapely.box(west, south, east, north))


def find_touching(shelf: Shelf, area: Area, now: datetime) -> int:
    """Return the set of the datasets that touch an area."""

    def make() -> int:
        series = _feeds_within(area)
        return sum(
            1 << number for number, one in enumerate(shelf.datasets) if _touches(one, area, series)
        )

    found: int = kept.keep(("touching", area.text), now, make)
    return found


def _touches(one: Dataset, area: Area, feeds: frozenset[str]) -> bool:
    version = one.table.version if one.table is not None else None
    if version is not None and version.geometry is not None:
        return _has_row_within(version, area)
    if one.kind is not None and one.kind.geometry:
        found = lake.current().list_records(one.kind.name, box=area.box, limit=MOST)
        return any(_meets(entry.record.geometry, area) for entry in found)
    if one.source == "feed" and one.series:
        return one.name in feeds
    # What the portal says of itself is about no place.
    told = one.spatial if one.source != "portal" else None
    return told is not None and _overlap(told, area.box)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.west <= other.east
        and one.east >= other.west
        and one.south <= other.north
        and one.north >= other.south
    )


def _meets(geometry: Any, area: Area) -> bool:
    import shapely

    try:
        return bool(shapely.geometry.shape(geometry).intersects(area.shape))
    except (ValueError, TypeError, KeyError, AttributeError, shapely.GEOSException):
        return False


def _feeds_within(area: Area) -> frozenset[str]:
    """Name the feeds that measure something within an area."""
    import shapely

    return frozenset(
        entry.feed
        for entry in lake.current().list_series()
        if entry.series.lon is not None
        and entry.series.lat is not None
        and area.box.holds(lon=entry.series.lon, lat=entry.series.lat)
        and shapely.intersects_xy(area.shape, entry.series.lon, entry.series.lat)
    )


def _has_row_within(version: Version, area: Area) -> bool:
    import shapely

    try:
        bounds = _bounds(version)
    except OSError:
        return False
    west, south, east, north = bounds.T
    box = area.box
    near = (west <= box.east) & (east >= box.west) & (south <= box.north) & (north >= box.south)
    return bool(shapely.intersects(shapely.box(*bounds[near].T), area.shape).any())


@lru_cache(maxsize=64)
def _bounds(version: Version) -> Any:
    """Return the box of each row that has a place: west, south, east, north."""
    import shapely

    texts = versions.read(version, columns=("geometry",))["geometry"].drop_null()
    return shapely.bounds(shapely.from_geojson(texts.to_numpy(), on_invalid="ignore"))
