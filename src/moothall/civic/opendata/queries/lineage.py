"""Where a dataset comes from and what uses it, and whether its promise was kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from moothall.civic.opendata.queries import tables
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.tables import TableEntry
from moothall.kernel.feeds import days
from moothall.kernel.registry import Page, house

DAYS = 30
"""How far back the record of a feed's promise goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A page that is made of a dataset."""

    title: str
    url: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time for which something was promised, and whether it was kept."""

    source: str
    """The feed's title; "" for a table."""
    from_on: date
    until_on: date | None
    """The last day; None where it still runs."""
    kept: bool
    count: int
    """Of a feed, the runs of that day that brought something; of a table, 1 if a version came."""
    of: int
    """Of a feed, the runs of that day."""


def list_uses(dataset: Dataset) -> tuple[Use, ...]:
    """Return the pages that are made of what a dataset's feeds bring."""
    feeds = {one.name for one in dataset.feeds}
    served = {name.partition(".")[0] for name in feeds}
    return tuple(
        Use(title=page.title, url=page.url, service=service.title)
        for service in house.services
        for page in service.pages
        if _uses(page, service.name, feeds, served)
    )


def _uses(page: Page, service: str, feeds: set[str], served: set[str]) -> bool:
    """Say whether a page is made of a feed: of those it names, or else of all of its service."""
    return bool(feeds & set(page.feeds)) if page.feeds else service in served


def list_promises(dataset: Dataset, now: datetime) -> tuple[Period, ...]:
    """Return how a dataset's promise was kept, the newest first."""
    if dataset.table is not None:
        return tuple(_of_table(dataset.table, now))[::-1]
    return tuple(
        Period(
            source=one.feed.title,
            from_on=day.on,
            until_on=day.on,
            kept=day.longest_wait <= one.feed.stale_after,
            count=day.good,
            of=day.runs,
        )
        for one in dataset.feeds
        for day in days.list_days(one.name, from_at=now - timedelta(days=DAYS))
    )


def _of_table(entry: TableEntry, now: datetime) -> Iterator[Period]:
    """Tell from version to version whether the next came in time."""
    if entry.promise is None:
        return
    came = [one.at for one in tables.list_versions(entry) if not one.gone][::-1]
    for begins, ends in pairwise([*came, now]):
        runs = ends == now
        yield Period(
            source="",
            from_on=begins.astimezone(UTC).date(),
            until_on=None if runs else ends.astimezone(UTC).date(),
            kept=ends - begins <= entry.promise,
            count=0 if runs else 1,
            of=1,
        )
