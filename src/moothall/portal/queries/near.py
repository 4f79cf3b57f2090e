"""What is near a place: a postcode's, or a ward's.

What stands where is laid out once for each state of the feeds, for everybody. Where somebody asks
from is only measured against it, and nothing that follows from it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
import structlog
from django.utils.translation import gettext as _

from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.registry import Nearby, Service, house
from moothall.values.facts import Fact
from moothall.values.places import EARTH_RADIUS_M, Point

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one service has near a place."""

    service: str
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Facts laid out by where they stand.

    Units:   `east` and `north` in radians.
    """

    facts: tuple[Fact, ...]
    east: npt.NDArray[np.float64]
    north: npt.NDArray[np.float64]
    unplaced: tuple[Fact, ...] = ()
    """Those that say no point."""

    def nearest(self, point: Point, *, most: int, within_m: float) -> tuple[Fact, ...]:
        """Return the facts nearest to a point, nearest first, each with how far away it is."""
        east, north = np.radians(point.lon), np.radians(point.lat)
        chord = np.sin((self.north - north) / 2) ** 2 + (
            np.cos(north) * np.cos(self.north) * np.sin((self.east - east) / 2) ** 2
        )
        away = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
        close = np.flatnonzero(away <= within_m)
        first = close[np.argsort(away[close], kind="stable")[:most]]
        return tuple(replace(self.facts[n], distance_m=float(away[n])) for n in first)


def lay_out(facts: tuple[Fact, ...]) -> Ground:
    """Lay facts out by the points they say."""
    placed = tuple((fact, fact.point) for fact in facts if fact.point is not None)
    return Ground(
        facts=tuple(fact for fact, _ in placed),
        east=np.radians(np.array([point.lon for _, point in placed], dtype=np.float64)),
        north=np.radians(np.array([point.lat for _, point in placed], dtype=np.float64)),
        unplaced=tuple(fact for fact in facts if fact.point is None),
    )


def list_near(point: Point, *, now: datetime) -> tuple[Group, ...]:
    """Return what each service has near a point, nearest first; the point is not kept."""
    groups = (
        Group(service=service.name, title=_(service.title), facts=_of_service(service, point, now))
        for service in house.services
    )
    return tuple(group for group in groups if group.facts)


def _of_service(service: Service, point: Point, now: datetime) -> tuple[Fact, ...]:
    found: list[Fact] = []
    for number, nearby in enumerate(service.nearby):
        ground: Ground = kept.keep(
            ("ground", service.name, number),
            now,
            lambda nearby=nearby: _lay_out(service, nearby, now),
            about=(service.name,),
        )
        if nearby.everywhere:
            found += ground.unplaced[: nearby.most]
        else:
            found += ground.nearest(point, most=nearby.most, within_m=nearby.within_m)
    if service.near is not None:
        found += _ask(service, service.near, point, now)
    return tuple(found)


def _lay_out(service: Service, nearby: Nearby, now: datetime) -> Ground:
    """Lay out what one service has; a fault in one is logged and leaves the others."""
    try:
        return lay_out(nearby.list_facts(now))
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.exception("near_failed", service=service.name)
        return lay_out(())


def _ask(
    service: Service,
    ask: Callable[[Point, datetime], tuple[Fact, ...]],
    point: Point,
    now: datetime,
) -> tuple[Fact, ...]:
    """Ask one service; a fault is logged without the place, which its words might hold."""
    try:
        return ask(point, now)
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.error("near_failed", service=service.name, fault=type(fault).__name__)
        return ()
