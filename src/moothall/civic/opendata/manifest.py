"""What open data offers the rest of the house."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from moothall.civic.opendata.actions.check_tables import check_due
from moothall.civic.opendata.actions.sensorthings import exchanging, quick
from moothall.civic.opendata.feeds import sensed
from moothall.civic.opendata.queries import catalogues, harvested
from moothall.kernel.registry import Chore, Fault, Page, Service


def check_pack(section: Mapping[str, Any]) -> Iterator[Fault]:
    """Name what is wrong with the catalogues the pack follows."""
    for source, key, what, mend in catalogues.list_faults(section):
        yield Fault(path=("feeds", source, key), what=what, mend=mend)


def fit(section: Mapping[str, Any]) -> Service:
    """Return the service as this city has it: with a feed for each catalogue it follows."""
    return replace(SERVICE, feeds=(*SERVICE.feeds, *catalogues.read_feeds(section)))


SERVICE = Service(
    name="opendata",
    title="Open data",
    summary="Every fact the city reads, with its history, licence and source, to see and to take.",
    feeds=(sensed.FEED,),
    pages=(
        Page(
            title="Open data",
            url="/data/",
            summary="Every dataset, with its licence, freshness and downloads.",
            also="dataset datasets csv api download statistics",
            menu=True,
        ),
        Page(
            title="Places, for programs and maps",
            url="/api/features/",
            summary="Every open dataset that says where things are, for QGIS, GDAL and maps.",
            also="ogc api features geojson vector tiles gis qgis",
        ),
        Page(
            title="Our data, for programs",
            url="/api/",
            summary="Everything that programs can ask, with examples to try (OpenAPI).",
            also="api openapi swagger developers programs ckan dcat sensorthings sql",
        ),
        Page(
            title="Our sources",
            url="/data/feeds/",
            summary="Who publishes what we show, and whether it is coming in.",
        ),
        Page(
            title="Other catalogues we follow",
            url="/data/catalogues/",
            summary="Whose datasets we list beside our own, and what came of asking them.",
            also="harvest catalogue portal data mill ckan dcat",
        ),
    ),
    chores=(
        Chore(name="fetch tables", every=timedelta(seconds=30), do=check_due),
        Chore(name="keep what sensors sent", every=timedelta(seconds=1), do=quick.settle),
        Chore(name="sensors' topics", every=timedelta(seconds=1), do=exchanging.look),
    ),
    list_added=catalogues.list_added,
    list_findable=harvested.list_findable,
    check_pack=check_pack,
    fit=fit,
    in_every_city=True,
    order=90,
)
