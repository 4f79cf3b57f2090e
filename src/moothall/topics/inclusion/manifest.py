"""What the inclusion service offers the rest of the house."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from moothall.kernel.registry import Page, Service
from moothall.topics.inclusion import queries
from moothall.topics.inclusion.feeds import deprivation
from moothall.values.facts import Fact, Hit
from moothall.values.places import Point


def near(point: Point, now: datetime) -> tuple[Fact, ...]:
    """Say how the small area round a point stands."""
    return queries.list_near(point)


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the small areas to a search, each with its code."""
    areas = queries.list_areas()
    said = {tenth: queries.say_decile(tenth) for tenth in {one.overall.decile for one in areas}}
    return (
        (
            Hit(
                title=area.name,
                url=f"/inclusion/{area.gss}/",
                summary=said[area.overall.decile],
                kind=_("Small area"),
            ),
            area.gss,
        )
        for area in areas
    )


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's section."""
    feed = section.get("feeds", {}).get("deprivation")
    if feed is not None and not str(feed.get("url", "")).startswith("https://"):
        yield "[feeds.deprivation] states no url to read the indices from"


SERVICE = Service(
    name="inclusion",
    title="Inclusion",
    theme="SOCI",
    summary="How the city's small areas and wards stand in the indices of deprivation.",
    feeds=(deprivation.FEED,),
    near=near,
    list_findable=list_findable,
    pages=(
        Page(
            title="Deprivation by neighbourhood",
            url="/inclusion/",
            summary="Which neighbourhoods are held back most, relative to the rest of England.",
            also="poverty poor income imd deprived inequality",
        ),
    ),
    check_pack=check_pack,
    order=70,
)
