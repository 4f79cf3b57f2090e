"""Reads how the city's small areas and wards stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import RecordEntry
from moothall.kernel.places import queries as places
from moothall.topics.inclusion import rules
from moothall.topics.inclusion.feeds.deprivation import LSOA
from moothall.values.facts import Fact, State
from moothall.values.observations import Origin
from moothall.values.places import Point


class UnableToFindArea(LookupError):
    """There is no such small area here; the message is fit to show a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A small area with its standing in each domain, and where that was read."""

    gss: str
    name: str
    ward: places.Ward | None
    standings: tuple[rules.Standing, ...]
    published_at: datetime
    origin: Origin
    feed: str
    raw: str

    @property
    def overall(self) -> rules.Standing:
        """How it stands over all."""
        return self.standings[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardRow:
    """A ward with how its small areas stand over all."""

    ward: places.Ward
    standing: rules.WardStanding


def list_areas() -> tuple[Area, ...]:
    """Return the city's small areas, the most deprived first; those not ranked last."""
    here = lake.current()
    stamp = (
        id(here),
        here.last_change(kind=LSOA.name),
        here.last_change(kind="places.lookup"),
    )
    return tuple(_areas(stamp).values())


@lru_cache(maxsize=4)
def _areas(stamp: tuple[int, int, int]) -> Mapping[str, Area]:
    known = {area.gss: area for area in places.list_small_areas()}
    areas = [
        _area(entry, known.get(entry.record.id))
        for entry in lake.current().list_records(LSOA.name)
        # A file cut for two cities holds the other's too; the lookup says which are ours.
        if not known or entry.record.id in known
    ]
    areas.sort(key=lambda area: (area.overall.rank is None, area.overall.rank or 0))
    return {area.gss: area for area in areas}


def _area(entry: RecordEntry, known: places.SmallArea | None) -> Area:
    fields = entry.record.fields
    return Area(
        gss=entry.record.id,
        name=known.name if known else str(fields.get("name") or entry.record.id),
        ward=known.ward if known else None,
        standings=tuple(
            rules.Standing(
                domain=domain,
                rank=_whole(fields.get(f"{domain}_rank")),
                decile=_whole(fields.get(f"{domain}_decile")),
                score=_number(fields.get(f"{domain}_score")),
            )
            for domain in rules.DOMAINS
        ),
        published_at=entry.record.from_at,
        origin=entry.record.origin,
        feed=entry.feed,
        raw=entry.raw,
    )


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def get_area(gss: str) -> Area:
    """Return one small area; errors: UnableToFindArea."""
    for area in list_areas():
        if area.gss == gss:
            return area
    raise UnableToFindArea(_("We have no small area with the code %(code)s.") % {"code": gss})


def list_wards() -> tuple[WardRow, ...]:
    """Return each ward with how its small areas stand; none before both tables are loaded."""
    standings = {area.gss: area.overall for area in list_areas()}
    by_ward: dict[str, list[rules.Standing | None]] = {}
    for area in places.list_small_areas():
        by_ward.setdefault(area.ward.gss, []).append(standings.get(area.gss))
    if not standings or not by_ward:
        return ()
    return tuple(
        WardRow(ward=ward, standing=rules.sum_up(by_ward.get(ward.gss, ())))
        for ward in places.list_wards()
    )


def list_near(point: Point) -> tuple[Fact, ...]:
    """Say how the small area round a point stands, where its boundary is loaded."""
    small = places.small_area_of(point)
    if small is None:
        return ()
    try:
        area = get_area(small.gss)
    except UnableToFindArea:
        return ()
    return (as_fact(area),)


def as_fact(area: Area) -> Fact:
    """Say how an area stands, as a fact: its tenth, and in words that it is no verdict."""
    decile = area.overall.decile
    return Fact(
        label=_("Deprivation of the small area %(name)s") % {"name": area.name},
        value="" if decile is None else _("tenth %(decile)s of 10") % {"decile": decile},
        words=say_decile(decile),
        state=State.UNKNOWN if decile is None else State.NEUTRAL,
        at=area.published_at,
        origin=area.origin,
        dataset=LSOA.name,
        record=area.gss,
        url=f"/inclusion/{area.gss}/",
    )


def say_decile(decile: int | None) -> str:
    """Say what a tenth means."""
    if decile is None:
        return _("not known")
    if decile == 1:
        return _("among the most deprived tenth of small areas in England")
    if decile == 10:
        return _("among the least deprived tenth of small areas in England")
    if decile <= 5:
        return _("more deprived than %(n)s in 10 of the small areas in England") % {
            "n": 10 - decile
        }
    return _("less deprived than %(n)s in 10 of the small areas in England") % {"n": decile - 1}


DOMAIN_TITLES = {
    "overall": lambda: _("All seven together"),
    "income": lambda: _("Income"),
    "employment": lambda: _("Work"),
    "education": lambda: _("Education and skills"),
    "health": lambda: _("Health and disability"),
    "crime": lambda: _("Crime"),
    "housing": lambda: _("Housing and services"),
    "environment": lambda: _("Living environment"),
}
