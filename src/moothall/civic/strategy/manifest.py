"""What the strategy offers the rest of the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from moothall.civic.strategy import queries, rules
from moothall.kernel.registry import Page, Service, house
from moothall.kernel.search import list_hits
from moothall.values.facts import Hit


def search(text: str, limit: int) -> tuple[Hit, ...]:
    """Find items of the strategy by their titles and words."""
    known = (
        (
            Hit(title=node.title, url=f"/plan/{node.id}/", summary=node.words, kind=node.level.one),
            node.words,
        )
        for node in queries.list_nodes()
    )
    return list_hits(text, known, limit=limit)


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
    search=search,
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
