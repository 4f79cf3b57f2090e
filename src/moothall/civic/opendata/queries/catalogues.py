"""The catalogues we follow: those of the pack and those officers added, and how each is doing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moothall.civic.opendata.feeds.harvest import KIND, SERVICE, make_feed
from moothall.civic.opendata.models import Catalogue
from moothall.civic.opendata.queries.harvested import Harvested, list_doubles
from moothall.kernel.feeds import health
from moothall.kernel.feeds.health import FeedHealth, IssueEntry
from moothall.kernel.feeds.runs import Run
from moothall.kernel.observations import lake
from moothall.kernel.registry import Added, Feed, house
from moothall.standards.catalogues.reading import FORMS

RUNS = 20
ISSUES = 200
_SOURCE = re.compile(r"[a-z][a-z0-9_]*")
_COUNTS = """
SELECT from_at, count(*) FILTER (n = 1 AND NOT gone) AS fresh,
  count(*) FILTER (n > 1 AND NOT gone) AS changed, count(*) FILTER (gone) AS lost
FROM (
  SELECT from_at, gone, row_number() OVER (PARTITION BY id ORDER BY from_at) AS n
  FROM opendata_harvested_versions WHERE catalogue = ?
) GROUP BY from_at
"""


class UnableToFindCatalogue(LookupError):
    """We follow no such catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A catalogue we follow."""

    source: str
    """Its short name in addresses: the end of its feed's name."""
    name: str
    url: str
    form: str
    """"" where its bytes tell."""
    every: timedelta
    state: str
    """on, paused, removed."""
    by_officers: bool
    """Whether officers added it, and may pause and remove it; the others are the pack's."""
    health: FeedHealth

    @property
    def feed(self) -> str:
        """The name of its feed."""
        return self.health.name


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestRun:
    """One time we asked a catalogue: what was new, changed and gone."""

    run: Run
    fresh: int
    changed: int
    gone: int
    refused: int
    """Datasets, pages or whole answers that could not be listed, of those kept as issues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of following a catalogue."""

    catalogue: CatalogueEntry
    listed: int
    runs: tuple[HarvestRun, ...]
    issues: tuple[IssueEntry, ...]
    """Of the last runs, newest first, each with its item."""
    doubles: tuple[Harvested, ...]
    """What other catalogues list too: it is in our list once."""


def list_added() -> Iterator[Added]:
    """Return the feeds of the catalogues that officers follow, those left in peace too."""
    for one in Catalogue.objects.order_by("slug"):
        yield Added(
            feed=make_feed(
                one.slug, name=one.name, url=one.url, every=timedelta(hours=one.every_hours)
            ),
            params={"name": one.name, "url": one.url, "form": one.form},
            on=one.state == Catalogue.State.ON,
        )


def read_feeds(section: Mapping[str, Any]) -> Iterator[Feed]:
    """Return the feeds of the catalogues that a pack names, without those at fault."""
    wrong = {source for source, *_rest in list_faults(section)}
    for source, table in section.get("feeds", {}).items():
        if isinstance(table, Mapping) and "url" in table and source not in wrong:
            yield make_feed(
                source,
                name=str(table["name"]),
                url=str(table["url"]),
                every=timedelta(hours=float(table.get("hours", 24))),
            )


def list_faults(section: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Name what is wrong with the catalogues a pack states: source, key, what, how to mend it."""
    names: dict[str, str] = {}
    for source, table in section.get("feeds", {}).items():
        if not isinstance(table, Mapping) or "url" not in table:
            continue
        if not _SOURCE.fullmatch(source):
            yield source, "url", "has a name that is none", "Use small letters, digits and _"
        name, url, form = (str(table.get(key, "")) for key in ("name", "url", "form"))
        if not name.strip():
            yield source, "name", "has no name", "Say what the catalogue is called"
        elif name.casefold() in names:
            yield source, "name", f"is called as {names[name.casefold()]} is", "Give another name"
        names.setdefault(name.casefold(), source)
        if not re.match(r"https?://[^\s/]+", url):
            yield source, "url", "is no address", "Give one that begins with https://"
        if form and form not in FORMS:
            yield source, "form", f"{form!r} is no form we read", f"Give one of {', '.join(FORMS)}"
        hours = table.get("hours", 24)
        if isinstance(hours, bool) or not isinstance(hours, int | float) or not 1 <= hours <= 8784:
            yield source, "hours", "is no number of hours", "Give a number from 1 to 8784"


def is_followed(feed: Feed) -> bool:
    """Test whether a feed is of a catalogue we follow."""
    return KIND in feed.kinds


def list_catalogues(now: datetime) -> tuple[CatalogueEntry, ...]:
    """Return the catalogues we follow, by name; not those we follow no longer."""
    house.renew()
    states = {one.slug: one for one in Catalogue.objects.all()}
    on = {one.name: one for one in health.list_feeds(now)}
    found = [
        _entry(on.get(feed.name) or health.get_feed(feed.name, now), states)
        for feed in house.feeds()
        if is_followed(feed)
    ]
    shown = (one for one in found if one.state != Catalogue.State.REMOVED)
    return tuple(sorted(shown, key=lambda one: one.name.casefold()))


def get_catalogue(source: str, now: datetime) -> CatalogueEntry:
    """Return a catalogue we follow, or once did; errors: UnableToFindCatalogue."""
    house.renew()
    try:
        found = health.get_feed(f"{SERVICE}.{source}", now)
    except KeyError:
        found = None
    if found is None or not is_followed(found.feed):
        raise UnableToFindCatalogue(f"We follow no catalogue called {source[:80]}.")
    return _entry(found, {one.slug: one for one in Catalogue.objects.filter(slug=source)})


def _entry(found: FeedHealth, own: Mapping[str, Catalogue]) -> CatalogueEntry:
    source = found.name.partition(".")[2]
    one = own.get(source)
    if one is None:
        params = house.added[found.name].params if found.name in house.added else {}
        return CatalogueEntry(
            source=source,
            name=found.feed.title,
            url=found.feed.documentation,
            form=str(params.get("form", "")),
            every=found.feed.every,
            state=Catalogue.State.ON if found.on else Catalogue.State.PAUSED,
            by_officers=False,
            health=found,
        )
    return CatalogueEntry(
        source=source,
        name=one.name,
        url=one.url,
        form=one.form,
        every=timedelta(hours=one.every_hours),
        state=one.state,
        by_officers=True,
        health=found,
    )


def get_report(source: str, now: datetime) -> Report:
    """Return what came of following a catalogue; errors: UnableToFindCatalogue."""
    entry = get_catalogue(source, now)
    runs = health.list_runs(entry.feed, limit=RUNS)
    issues = health.list_issues(entry.feed, limit=ISSUES)
    told: dict[str, int] = {}
    for issue in issues:
        told[issue.run] = told.get(issue.run, 0) + (issue.severity != "info")
    counts = _counts(entry.name)
    return Report(
        catalogue=entry,
        listed=sum(one.feed == entry.feed for one in lake.current().list_records(KIND.name)),
        runs=tuple(_run(one, counts, told.get(one.id, 0)) for one in runs),
        issues=issues,
        doubles=list_doubles(entry.feed, now),
    )


def _counts(name: str) -> dict[datetime, tuple[int, int, int]]:
    here = lake.current()
    if KIND.name not in here.list_kinds():
        return {}
    rows = here.query(_COUNTS, (name,)).to_pylist()
    return {row["from_at"]: (row["fresh"], row["changed"], row["lost"]) for row in rows}


def _run(one: Run, counts: Mapping[datetime, tuple[int, int, int]], refused: int) -> HarvestRun:
    # A run that brought nothing new shares its instant with none that did, unless it is a
    # recording, played again.
    none = (0, 0, 0)
    fresh, changed, gone = counts.get(one.as_of, none) if one.as_of and one.records else none
    return HarvestRun(run=one, fresh=fresh, changed=changed, gone=gone, refused=refused)
