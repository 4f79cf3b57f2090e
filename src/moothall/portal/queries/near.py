"""What is near a place: a postcode's, or a ward's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from moothall.kernel.places import queries as places
from moothall.kernel.registry import Service, house
from moothall.portal.keeping import kept
from moothall.values.facts import Fact
from moothall.values.places import Point

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one service has near a place."""

    service: str
    title: str
    facts: tuple[Fact, ...]


def list_near_ward(ward: places.Ward, *, now: datetime) -> tuple[Group, ...]:
    """Return what each service has near a ward's centre: kept, since a ward is nobody's address."""
    groups: tuple[Group, ...] = kept.keep(
        ("near", ward.gss), now, lambda: list_near(ward.centre, now=now)
    )
    return groups


def list_near(point: Point, *, now: datetime) -> tuple[Group, ...]:
    """Return what each service has near a point, nearest first; it is not kept."""
    groups = (
        Group(service=service.name, title=service.title, facts=_ask(service, ask, point, now))
        for service in house.services
        if (ask := service.near) is not None
    )
    return tuple(group for group in groups if group.facts)


def _ask(
    service: Service,
    ask: Callable[[Point, datetime], tuple[Fact, ...]],
    point: Point,
    now: datetime,
) -> tuple[Fact, ...]:
    """Ask one service; a fault in one is logged, without the place, and leaves the others."""
    try:
        return ask(point, now)
    except Exception as fault:
        log.error("near_failed", service=service.name, fault=type(fault).__name__)
        return ()
