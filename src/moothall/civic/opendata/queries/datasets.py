"""Which datasets there are, what each is, and how fresh it is."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from moothall.civic.opendata.queries import own, tables, usage
from moothall.civic.opendata.queries.harvested import Harvested, find_harvested, list_harvested
from moothall.civic.opendata.queries.tables import TableEntry, UnableToFindTable
from moothall.civic.opendata.rules.quality import RULES
from moothall.kernel import packs
from moothall.kernel.feeds import health
from moothall.kernel.feeds.health import FeedHealth, FeedState
from moothall.kernel.feeds.runs import MOST_ISSUES
from moothall.kernel.observations import counting
from moothall.kernel.observations.counting import Counts, FeedCount
from moothall.kernel.observations.lake import Lake, current
from moothall.kernel.registry import Feed, Service, house
from moothall.standards.licences import LICENCES
from moothall.values.observations import Access, Column, Kind, Origin
from moothall.values.places import Box

OBSERVED = (
    Column(name="series", meaning="Which quantity of which thing: its page is /data/series/KEY/"),
    Column(name="thing", meaning="What was measured, as a person says it"),
    Column(name="property", meaning="What about it was measured"),
    Column(name="at", type="datetime", meaning="When, in UTC; the beginning if over a time"),
    Column(name="until", type="datetime", meaning="The end, where it was measured over a time"),
    Column(name="value", type="number", meaning="The result, if it is a number, in unit"),
    Column(name="text", meaning="The result, if it is a category"),
    Column(name="unit", meaning="Unit of value, in UCUM"),
    Column(name="quality", meaning="What its publisher says: unchecked, good, estimated, suspect"),
    Column(name="origin", meaning="live, replayed from a recording, or simulated"),
)
ABOUT_RECORDS = (
    Column(name="id", meaning="The publisher's own identifier"),
    Column(name="from_at", type="datetime", meaning="From when this version holds, in UTC"),
    Column(name="origin", meaning="live, replayed from a recording, or simulated"),
)
FORMATS = ("csv", "xlsx", "parquet", "geojson", "json")
COUNT_EVERY = timedelta(seconds=20)


class Freshness(StrEnum):
    """Whether a dataset's promise is kept."""

    KEPT = "kept"
    LATE = "late"
    UNKNOWN = "unknown"


class UnableToFindDataset(LookupError):
    """There is no such dataset; `like` names those that sound like it."""

    def __init__(self, name: str, like: tuple[str, ...]) -> None:
        super().__init__(f"There is no dataset called {name[:80]}.")
        self.like = like


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset, whatever it comes out of: observations, records, a whole table."""

    name: str
    title: str
    summary: str
    source: str
    """What it comes out of: feed (its observations), kind (records), table, harvested, portal."""
    feeds: tuple[FeedHealth, ...] = ()
    kind: Kind | None = None
    rows: int
    series: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    columns: tuple[Column, ...]
    formats: tuple[str, ...]
    publisher_names: tuple[str, ...]
    licences: tuple[str, ...]
    """Under which licences, by their SPDX names."""
    attribution: str
    """What must be said when it is used."""
    theme: str = ""
    """A code of the EU's data themes; "" where nobody says."""
    keywords: tuple[str, ...] = ()
    issued_at: datetime | None = None
    modified_at: datetime | None = None
    """When something last came into it, as far as is known."""
    promise: timedelta | None = None
    """How often it is to be new; None where nothing is promised."""
    freshness: Freshness = Freshness.UNKNOWN
    language: str = "en"
    spatial: Box | None = None
    """The box its facts lie in; None where they may lie anywhere."""
    version: str = ""
    table: TableEntry | None = None
    """What officers say of it, where it is a table of theirs."""
    harvested: Harvested | None = None
    """What another catalogue says of it, where it is held elsewhere: its rows are not known."""
    as_of: datetime | None = None
    """Of which instant its rows tell, where they are made when somebody asks."""

    @property
    def publishers(self) -> str:
        """Who publishes it."""
        return "; ".join(self.publisher_names)

    @property
    def licence_url(self) -> str:
        """Where its licence can be read; "" where it has several, or one without an address."""
        if self.harvested is not None:
            return self.harvested.licence_url
        return LICENCES.get(self.licences[0], "") if len(self.licences) == 1 else ""

    @property
    def url(self) -> str:
        """Its page."""
        return f"/data/{self.name}/"

    @property
    def origins(self) -> frozenset[Origin]:
        """Where its facts come from now."""
        if self.harvested is not None:
            return frozenset({self.harvested.origin})
        return frozenset(one.origin for one in self.feeds if one.last is not None)


@dataclass(slots=True)
class _Kept:
    lake: Lake
    at: datetime
    counts: Counts


_kept: list[_Kept] = []
_lock = threading.Lock()


def _counts(now: datetime) -> Counts:
    """Count, but not again for every page: lists may be some seconds old."""
    lake = current()
    with _lock:
        if _kept and _kept[0].lake is lake and abs(now - _kept[0].at) < COUNT_EVERY:
            return _kept[0].counts
    counts = counting.count(lake)
    with _lock:
        _kept[:] = [_Kept(lake, now, counts)]
    return counts


def is_open(feed: str) -> bool:
    """Say whether what a feed brings may be shown to all; False for a feed we do not know."""
    try:
        return house.feed(feed).access is Access.OPEN
    except KeyError:
        return False


def get_feed(name: str) -> Feed:
    """Return a feed as it is declared; errors: KeyError."""
    return house.feed(name)


def list_open_feeds(now: datetime) -> tuple[FeedHealth, ...]:
    """Return the open feeds this city reads, with how each is doing."""
    house.renew()
    return tuple(one for one in health.list_feeds(now) if one.feed.access is Access.OPEN)


def list_datasets(now: datetime) -> tuple[Dataset, ...]:
    """Return every dataset of this city that is open to all, by title."""
    counts = _counts(now)
    feeds = list_open_feeds(now)
    found = [*_observed(feeds, counts), *_recorded(feeds, counts), *_tabled(now)]
    found += _our_own(tuple(found), feeds, now)
    return tuple(sorted(found, key=lambda dataset: (dataset.title, dataset.name)))


def list_all(now: datetime) -> tuple[Dataset, ...]:
    """Return every dataset of this city and of the catalogues it follows, by title."""
    others = (_elsewhere(one, now) for one in list_harvested(now))
    found = (*list_datasets(now), *others)
    return tuple(sorted(found, key=lambda dataset: (dataset.title, dataset.name)))


def _elsewhere(one: Harvested, now: datetime) -> Dataset:
    freshness = Freshness.UNKNOWN
    if one.every is not None and one.modified_at is not None:
        freshness = Freshness.KEPT if now - one.modified_at <= one.every else Freshness.LATE
    return Dataset(
        name=one.name,
        title=one.title,
        summary=one.summary,
        source="harvested",
        rows=0,
        first_at=one.first_at,
        last_at=one.modified_at,
        columns=(),
        formats=(),
        publisher_names=(one.holder,),
        licences=(one.licence,) if one.licence else (),
        attribution=_("Contains data of %(publisher)s.") % {"publisher": one.holder},
        theme=one.themes[0] if one.themes else "",
        keywords=one.keywords,
        issued_at=one.issued_at,
        modified_at=one.modified_at,
        promise=one.every,
        freshness=freshness,
        language=one.language or "en",
        spatial=one.box,
        harvested=one,
    )


def _observed(feeds: tuple[FeedHealth, ...], counts: Counts) -> Iterator[Dataset]:
    for one in feeds:
        if one.feed.observes:
            count = counts.feeds.get(one.name, FeedCount())
            yield Dataset(
                name=one.name,
                title=_(one.feed.title),
                summary=_(one.feed.summary),
                source="feed",
                rows=count.observations,
                series=count.series,
                first_at=count.first_at,
                last_at=count.last_at,
                columns=OBSERVED,
                formats=FORMATS,
                **_brought((one,), anywhere=one.feed.anywhere),
            )


def _recorded(feeds: tuple[FeedHealth, ...], counts: Counts) -> Iterator[Dataset]:
    kinds: dict[str, tuple[Kind, list[FeedHealth]]] = {}
    for one in feeds:
        for kind in one.feed.kinds:
            if kind.access is Access.OPEN:
                kinds.setdefault(kind.name, (kind, []))[1].append(one)
    sources = house.kinds()
    for kind, bringing in kinds.values():
        # A kind that a closed feed also brings cannot be given away whole, and so not at all.
        if any(feed.access is not Access.OPEN for feed in sources[kind.name][1]):
            continue
        times = [one.last_data_at for one in bringing if one.last_data_at]
        yield Dataset(
            name=kind.name,
            title=_(kind.title),
            summary=_(kind.summary) if kind.summary else "",
            source="kind",
            kind=kind,
            rows=counts.records.get(kind.name, 0),
            last_at=max(times, default=None),
            columns=(ABOUT_RECORDS[0], *kind.columns, *ABOUT_RECORDS[1:]),
            formats=tuple(one for one in FORMATS if one != "geojson" or kind.geometry),
            **_brought(tuple(bringing), anywhere=kind.anywhere),
        )


def _tabled(now: datetime) -> Iterator[Dataset]:
    for entry in tables.list_published():
        yield tabled(entry, now)


def tabled(entry: TableEntry, now: datetime) -> Dataset:
    """Describe a table that officers published, as the version it is given with."""
    version = entry.version
    if version is None:
        raise ValueError(f"{entry.name} has no version")
    freshness = Freshness.UNKNOWN
    if entry.promise is not None:
        freshness = Freshness.KEPT if now - version.at <= entry.promise else Freshness.LATE
    return Dataset(
        name=entry.name,
        title=entry.title,
        summary=entry.summary,
        source="table",
        rows=version.rows,
        last_at=version.at,
        columns=version.columns,
        formats=tuple(one for one in FORMATS if one != "geojson" or version.geometry),
        publisher_names=(entry.publisher,),
        licences=(entry.licence,),
        attribution=entry.attribution,
        theme=entry.theme,
        keywords=entry.keywords,
        issued_at=entry.made_at,
        modified_at=version.at,
        promise=entry.promise,
        freshness=freshness,
        version=str(version.number),
        table=entry,
    )


def _our_own(
    listed: tuple[Dataset, ...], feeds: tuple[FeedHealth, ...], now: datetime
) -> Iterator[Dataset]:
    """Describe what the portal publishes about itself, made anew whenever somebody asks."""
    told = own.list_own()
    faults = sum(one.table.version.faults for one in listed if one.table and one.table.version)
    rows = {
        own.QUALITY: (len(listed) + len(told)) * len(RULES),
        own.ISSUES: faults + sum(min(one.issues, MOST_ISSUES) for one in feeds),
        own.USAGE: usage.count_rows(),
    }
    publisher = str(packs.current().city.get("council") or city_name())
    for one in told:
        yield Dataset(
            name=one.name,
            title=one.title,
            summary=one.summary,
            source="portal",
            rows=rows[one.name],
            columns=one.columns,
            formats=tuple(form for form in FORMATS if form != "geojson"),
            publisher_names=(publisher,),
            licences=("OGL-UK-3.0",),
            attribution=_("Contains data of %(publisher)s.") % {"publisher": publisher},
            theme=own.THEME,
            promise=timedelta(days=1),
            freshness=Freshness.KEPT,
            spatial=packs.current().box,
            as_of=now.replace(second=0, microsecond=0),
        )


_LATE = frozenset({FeedState.STALE, FeedState.FAILING, FeedState.PAUSED})


def _brought(feeds: tuple[FeedHealth, ...], *, anywhere: bool) -> dict[str, Any]:
    """Say of a dataset what its feeds say of it."""
    service = _services().get(feeds[0].name.partition(".")[0])
    states = {one.state for one in feeds}
    if states & _LATE:
        freshness = Freshness.LATE
    else:
        freshness = Freshness.KEPT if states == {FeedState.WORKING} else Freshness.UNKNOWN
    return {
        "feeds": feeds,
        "publisher_names": tuple(dict.fromkeys(one.feed.publisher for one in feeds)),
        "licences": tuple(dict.fromkeys(one.feed.licence for one in feeds)),
        "attribution": " ".join(dict.fromkeys(one.feed.attribution for one in feeds)),
        "theme": service.theme if service else "",
        "keywords": (_(service.title),) if service else (),
        "modified_at": max((one.last_data_at for one in feeds if one.last_data_at), default=None),
        "promise": min(one.feed.every for one in feeds),
        "freshness": freshness,
        "spatial": None if anywhere else packs.current().box,
    }


def _services() -> dict[str, Service]:
    return {service.name: service for service in house.services}


def get_dataset(name: str, now: datetime) -> Dataset:
    """Return one dataset, ours or another catalogue's.

    Errors:  UnableToFindDataset with those that sound like it; TableWithdrawn.
    """
    elsewhere = find_harvested(name, now)
    if elsewhere is not None:
        return _elsewhere(elsewhere, now)
    datasets = {dataset.name: dataset for dataset in list_datasets(now)}
    if name in datasets:
        return datasets[name]
    with suppress(UnableToFindTable):
        tables.get_published(name)
    raise UnableToFindDataset(name, suggest(name, tuple(datasets)))


def suggest(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to five names that sound like one nobody has."""
    found = process.extract(name[:100], names, scorer=fuzz.WRatio, limit=5, score_cutoff=55)
    return tuple(match[0] for match in found)


def feed_state(one: FeedHealth) -> str:
    """Say in one word how a feed is fed: live, replayed, simulated, stale, waiting, or its fault.

    Shape:   one that fails for a reason nobody noted is "failing".
    """
    if one.state is FeedState.SIMULATED or (one.last and one.origin is Origin.SIMULATED):
        return "simulated"
    if one.state in {FeedState.FAILING, FeedState.PAUSED}:
        return (one.last and one.last.fault) or "failing"
    if one.state is FeedState.WORKING:
        return "replayed" if one.origin is Origin.REPLAYED else "live"
    return "stale" if one.state is FeedState.STALE else "waiting"


def city_name() -> str:
    """Return the city's name."""
    return str(packs.current().city.get("name", ""))


def city_zone() -> str:
    """Return the city's time zone."""
    return str(packs.current().zone)
