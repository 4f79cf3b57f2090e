"""What open data offers the rest of the house."""

from moothall.civic.opendata.feeds import sensed
from moothall.kernel.registry import Page, Service

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
            title="Our sources",
            url="/data/feeds/",
            summary="Who publishes what we show, and whether it is coming in.",
        ),
    ),
    in_every_city=True,
    order=90,
)
