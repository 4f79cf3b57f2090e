"""Answers about where things are. Nothing here writes down what a person asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.places import rules
from moothall.kernel.places.feeds.ons_boundaries import AREA
from moothall.kernel.places.feeds.ons_lookup import LOOKUP
from moothall.kernel.places.feeds.ons_postcodes import POSTCODE
from moothall.values.places import Place, Point

UnableToReadPostcode = rules.UnableToReadPostcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """One ward of the city."""

    gss: str
    name: str
    centre: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class WardOutline:
    """A ward and its outline; `approximate` if it is a cell round the centre, not a boundary."""

    ward: Ward
    geometry: Mapping[str, Any]
    approximate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WardAnswer:
    """The ward a point lies in; `approximate` if only judged by the nearest centre."""

    ward: Ward
    approximate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostcodeAnswer:
    """Where a postcode is."""

    postcode: str
    point: Point
    ward: Ward | None
    approximate: bool
    """Whether the ward is only judged by the nearest centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallArea:
    """A small census area and the ward that fits it best."""

    gss: str
    name: str
    ward: Ward


def find_postcode(text: str) -> PostcodeAnswer | None:
    """Say where a postcode is, or None if it is not one of this city's. The text is not kept.

    Errors:  UnableToReadPostcode, with a message fit to show, if it is no postcode at all.
    """
    try:
        postcode = rules.read_postcode(text)
    except UnableToReadPostcode:
        # Said again in the reader's own language, and without what was typed.
        words = _("Enter a full postcode") if text.strip() else _("Enter a postcode")
        raise UnableToReadPostcode(words) from None
    entry = lake.current().find_record(POSTCODE.name, rules.postcode_id(postcode))
    if entry is None or entry.record.gone or entry.record.geometry is None:
        return None
    lon, lat = entry.record.geometry["coordinates"]
    point = Point(lon=lon, lat=lat)
    stated = find_ward(str(entry.record.fields.get("ward") or ""))
    judged = None if stated else ward_of(point)
    return PostcodeAnswer(
        postcode=postcode,
        point=point,
        ward=stated or (judged.ward if judged else None),
        approximate=judged is not None and judged.approximate,
    )


def has_postcodes() -> bool:
    """Say whether any postcodes have been loaded."""
    return bool(lake.current().list_records(POSTCODE.name, limit=1))


def takes_postcodes() -> bool:
    """Say whether this city's pack switches postcodes on: elsewhere nobody is asked for one."""
    return "places.postcodes" in packs.current().feeds_on()


def answers_postcodes() -> bool:
    """Say whether a postcode can be looked up now: nobody is asked for what cannot be answered."""
    return takes_postcodes() and has_postcodes()


def ward_words() -> tuple[str, str]:
    """Return what one part of this city, and what several, are called here; "" if it is wards."""
    words = packs.current().city.get("words", {})
    return str(words.get("ward", "")), str(words.get("wards", ""))


def list_wards() -> tuple[Ward, ...]:
    """Return the city's wards, by name."""
    return _wards(packs.current())


@lru_cache(maxsize=8)
def _wards(pack: packs.Pack) -> tuple[Ward, ...]:
    wards = (
        Ward(
            gss=row.get("gss") or row["code"],
            name=row["name"],
            centre=Point(lon=float(row["lon"]), lat=float(row["lat"])),
        )
        for row in pack.rows("wards")
    )
    return tuple(sorted(wards, key=lambda ward: ward.name))


def find_ward(code_or_name: str) -> Ward | None:
    """Find a ward by its GSS code or its name, in any case; "and" and "&" are one."""
    wanted = _plain(code_or_name)
    for ward in list_wards():
        if wanted in (_plain(ward.gss), _plain(ward.name)):
            return ward
    return None


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("&", " and ").split())


def ward_of(point: Point) -> WardAnswer | None:
    """Say which ward a point lies in, or None outside the city.

    Where no boundary holds it the ward with the nearest centre is named, as approximate.
    """
    gss = _areas("ward").find(point)
    ward = find_ward(gss) if gss else None
    if ward is not None:
        return WardAnswer(ward=ward, approximate=False)
    if not _in_city(point):
        return None
    nearest = min(list_wards(), key=lambda ward: ward.centre.distance_m(point), default=None)
    return WardAnswer(ward=nearest, approximate=True) if nearest else None


def _in_city(point: Point) -> bool:
    shape = _outline_shape(packs.current())
    return bool(shapely.intersects_xy(shape, point.lon, point.lat))


def small_area_of(point: Point) -> SmallArea | None:
    """Say which small census area a point lies in, where those boundaries are loaded."""
    gss = _areas("lsoa").find(point)
    return find_small_area(gss) if gss else None


def find_small_area(gss: str) -> SmallArea | None:
    """Find one of the city's small census areas by its code."""
    return _small_areas(_stamp(LOOKUP.name)).get(gss)


def list_small_areas() -> tuple[SmallArea, ...]:
    """Return the city's small census areas, where the lookup is loaded, by name."""
    return tuple(_small_areas(_stamp(LOOKUP.name)).values())


@lru_cache(maxsize=4)
def _small_areas(stamp: tuple[int, int]) -> Mapping[str, SmallArea]:
    found = {}
    for entry in lake.current().list_records(LOOKUP.name):
        fields = entry.record.fields
        ward = find_ward(str(fields["ward"]))
        if ward is not None:
            gss = str(fields["lsoa"])
            found[gss] = SmallArea(gss=gss, name=str(fields["lsoa_name"]), ward=ward)
    return dict(sorted(found.items(), key=lambda item: item[1].name))


def list_ward_outlines() -> tuple[WardOutline, ...]:
    """Return an outline of every ward: its boundary where that is loaded, else a cell.

    The cells are the ground nearest to each ward's centre, within the city's outline.
    """
    return _ward_outlines(packs.current(), _stamp(AREA.name))


@lru_cache(maxsize=4)
def _ward_outlines(pack: packs.Pack, stamp: tuple[int, int]) -> tuple[WardOutline, ...]:
    wards = _wards(pack)
    areas = _areas("ward")
    if all(ward.gss in areas.geometries for ward in wards):
        return tuple(
            WardOutline(ward=ward, geometry=areas.geometries[ward.gss], approximate=False)
            for ward in wards
        )
    cells = rules.cells_round([ward.centre for ward in wards], _outline_shape(pack))
    return tuple(
        WardOutline(ward=ward, geometry=rules.write_geometry(cell), approximate=True)
        for ward, cell in zip(wards, cells, strict=True)
    )


@lru_cache(maxsize=8)
def _outline_shape(pack: packs.Pack) -> shapely.Geometry:
    """Return the city's outline, which is approximate: the pack's, or else its box."""
    named = pack.city.get("outline")
    if not named:
        return shapely.box(pack.box.west, pack.box.south, pack.box.east, pack.box.north)
    collection = json.loads((pack.folder / named).read_text(encoding="utf-8"))
    return rules.read_geometry(collection["features"][0]["geometry"])


def list_places(kind: str | None = None) -> tuple[Place, ...]:
    """Return the public places the pack states, all or of one kind: "museum", "library"."""
    return tuple(place for place in _places(packs.current()) if kind is None or place.kind == kind)


@lru_cache(maxsize=8)
def _places(pack: packs.Pack) -> tuple[Place, ...]:
    found = []
    for row in pack.rows("places"):
        point = Point(lon=float(row["lon"]), lat=float(row["lat"]))
        found.append(
            Place(
                id=row["id"],
                name=row["name"],
                kind=row["kind"],
                point=point,
                source=row["source"],
                licence=row["licence"],
                approximate="centroid" in row.get("position", ""),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Areas:
    """The loaded boundaries of one level, ready to be asked which of them holds a point."""

    codes: tuple[str, ...]
    geometries: Mapping[str, Mapping[str, Any]]
    tree: shapely.STRtree

    def find(self, point: Point) -> str | None:
        """Say which area holds a point; of two whose edges meet there, the first by code."""
        hits = self.tree.query(shapely.points(point.lon, point.lat), predicate="intersects")
        return min((self.codes[index] for index in hits), default=None)


def _areas(level: str) -> _Areas:
    return _read_areas(level, _stamp(AREA.name))


@lru_cache(maxsize=8)
def _read_areas(level: str, stamp: tuple[int, int]) -> _Areas:
    geometries: dict[str, Mapping[str, Any]] = {
        entry.record.id: entry.record.geometry
        for entry in lake.current().list_records(AREA.name)
        if entry.record.fields.get("level") == level and entry.record.geometry
    }
    shapes = [rules.read_geometry(geometry) for geometry in geometries.values()]
    return _Areas(codes=tuple(geometries), geometries=geometries, tree=shapely.STRtree(shapes))


def _stamp(kind: str) -> tuple[int, int]:
    """Mark what has been read of a kind: it changes when the lake or that kind does."""
    here = lake.current()
    return id(here), here.last_change(kind=kind)
