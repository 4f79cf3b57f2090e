"""What open tables offer the rest of the house: as much as the city's pack states."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from moothall.civic.tables import queries
from moothall.civic.tables.feeds.open_table import make_feed
from moothall.civic.tables.rules.faults import list_faults, read_tables
from moothall.kernel.registry import Fault, Nearby, Page, Service


def check_pack(section: Mapping[str, Any]) -> Iterator[Fault]:
    """Name what is wrong with the tables the pack states."""
    yield from list_faults(section)


def fit(section: Mapping[str, Any]) -> Service:
    """Return the service as this city has it: a feed, a card and a page for each of its tables."""
    tables = read_tables(section, zone=str(section["city"]["time_zone"]))
    return replace(
        SERVICE,
        feeds=tuple(make_feed(table) for table in tables),
        cards=tuple(partial(queries.get_card, table.name) for table in tables),
        layers=tuple(queries.make_layer(table) for table in tables if table.lat),
        pages=tuple(
            Page(title=table.title, url=f"/tables/{table.name}/", summary=table.summary)
            for table in tables
        ),
    )


SERVICE = Service(
    name="tables",
    title="More from the city",
    theme="GOVE",
    summary="What else the city counts and lists.",
    nearby=(Nearby(list_facts=queries.list_facts, most=6, within_m=1500),),
    list_findable=queries.list_findable,
    check_pack=check_pack,
    fit=fit,
    order=75,
)
