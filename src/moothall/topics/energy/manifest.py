"""What the energy service offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.kernel.registry import Nearby, Page, Service
from moothall.topics.energy import queries, rules
from moothall.topics.energy.feeds import carbon_intensity


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's regions: each must be one the source knows, by name."""
    for number, row in enumerate(section.get("region", ()), start=1):
        name = f"[[region]] {row.get('id') or number}"
        known = rules.REGIONS.get(row.get("id", 0))
        if known is None:
            yield f"{name} is none of the source's regions, 1 to {max(rules.REGIONS)}"
        elif row.get("name") != known:
            yield f"{name} is {known}, not {row.get('name')!r}"


SERVICE = Service(
    name="energy",
    title="Energy",
    theme="ENER",
    summary="How much carbon the region's electricity carries now, and when it will carry least.",
    feeds=(carbon_intensity.FEED,),
    cards=(queries.get_energy_card,),
    nearby=(Nearby(list_facts=queries.list_facts, most=2, everywhere=True),),
    list_findable=queries.list_findable,
    pages=(
        Page(
            title="Electricity",
            url="/energy/",
            summary="How clean the region's electricity is now, and what it is made from.",
            also="power carbon grid energy co2 green renewable wind",
            menu=True,
        ),
        Page(
            title="When electricity will be cleanest",
            url="/energy/forecast/",
            summary="Carbon in the region's electricity over the next day, by half hour.",
            also="forecast carbon grid wash charge best time",
        ),
    ),
    rows={"region": ("id", "name")},
    check_pack=check_pack,
    order=40,
)
