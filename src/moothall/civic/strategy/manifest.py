"""What the strategy offers the rest of the house."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moothall.civic.strategy import queries, rules
from moothall.kernel.registry import Page, Service, house
from moothall.values.facts import Hit


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the items of the strategy to a search, each with its words."""
    return (
        (
            Hit(title=node.title, url=f"/plan/{node.id}/", summary=node.words, kind=node.level.one),
            node.words,
        )
        for node in queries.list_nodes()
    )


def check_pack(section: Mapping[str, Any]) -> Iterator[str]:
    """Name what is wrong with the pack's strategy."""
    yield from rules.list_faults(section)
    known = {service.name for service in house.services}
    for node in section.get("node", ()):
        for name in node.get("services", ()):
            if name not in known:
                yield f'[[node]] {node.get("id")} names the service "{name}", and there is none'


SERVICE = Service(
    name="strategy",
    title="The city's strategy",
    theme="GOVE",
    summary="What the city set out to do, and what serves what.",
    list_findable=list_findable,
    pages=(
        Page(
            title="The city's strategy",
            url="/plan/",
            summary="What the city set out to do, from its aims to its projects.",
            also="plan strategy policy aims goals projects smart",
            menu=True,
        ),
    ),
    check_pack=check_pack,
    order=80,
)
