"""Which datasets there are, what each is, and how fresh it is."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from moothall.kernel import packs
from moothall.kernel.feeds import health
from moothall.kernel.feeds.health import FeedHealth, FeedState
from moothall.kernel.observations import counting
from moothall.kernel.observations.counting import Counts, FeedCount
from moothall.kernel.observations.lake import Lake, current
from moothall.kernel.registry import Feed, house
from moothall.values.observations import Access, Column, Kind, Origin

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
FORMATS = ("csv", "parquet", "geojson", "json")
COUNT_EVERY = timedelta(seconds=20)


class UnableToFindDataset(LookupError):
    """There is no such dataset; `like` names those that sound like it."""

    def __init__(self, name: str, like: tuple[str, ...]) -> None:
        super().__init__(f"There is no dataset called {name[:80]}.")
        self.like = like


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset: a feed's observations, or the records of one kind."""

    name: str
    title: str
    summary: str
    feeds: tuple[FeedHealth, ...]
    kind: Kind | None
    rows: int
    series: int
    first_at: datetime | None
    last_at: datetime | None
    columns: tuple[Column, ...]
    formats: tuple[str, ...]

    @property
    def publishers(self) -> str:
        """Who publishes it."""
        return "; ".join(dict.fromkeys(one.feed.publisher for one in self.feeds))

    @property
    def licences(self) -> tuple[str, ...]:
        """Under which licences."""
        return tuple(dict.fromkeys(one.feed.licence for one in self.feeds))

    @property
    def attribution(self) -> str:
        """What must be said when it is used."""
        return " ".join(dict.fromkeys(one.feed.attribution for one in self.feeds))

    @property
    def url(self) -> str:
        """Its page."""
        return f"/data/{self.name}/"

    @property
    def origins(self) -> frozenset[Origin]:
        """Where its facts come from now."""
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
    return tuple(one for one in health.list_feeds(now) if one.feed.access is Access.OPEN)


def list_datasets(now: datetime) -> tuple[Dataset, ...]:
    """Return every dataset of this city that is open to all, by title."""
    counts = _counts(now)
    feeds = list_open_feeds(now)
    found = [*_observed(feeds, counts), *_recorded(feeds, counts)]
    return tuple(sorted(found, key=lambda dataset: (dataset.title, dataset.name)))


def _observed(feeds: tuple[FeedHealth, ...], counts: Counts) -> Iterator[Dataset]:
    for one in feeds:
        if one.feed.observes:
            count = counts.feeds.get(one.name, FeedCount())
            yield Dataset(
                name=one.name,
                title=_(one.feed.title),
                summary=_(one.feed.summary),
                feeds=(one,),
                kind=None,
                rows=count.observations,
                series=count.series,
                first_at=count.first_at,
                last_at=count.last_at,
                columns=OBSERVED,
                formats=FORMATS,
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
            feeds=tuple(bringing),
            kind=kind,
            rows=counts.records.get(kind.name, 0),
            series=0,
            first_at=None,
            last_at=max(times, default=None),
            columns=(ABOUT_RECORDS[0], *kind.columns, *ABOUT_RECORDS[1:]),
            formats=tuple(one for one in FORMATS if one != "geojson" or kind.geometry),
        )


def get_dataset(name: str, now: datetime) -> Dataset:
    """Return one dataset; errors: UnableToFindDataset with those that sound like it."""
    datasets = {dataset.name: dataset for dataset in list_datasets(now)}
    if name in datasets:
        return datasets[name]
    raise UnableToFindDataset(name, suggest(name, tuple(datasets)))


def suggest(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to five names that sound like one nobody has."""
    found = process.extract(name[:100], names, scorer=fuzz.WRatio, limit=5, score_cutoff=55)
    return tuple(match[0] for match in found)


def feed_state(one: FeedHealth) -> str:
    """Say in one word how a feed is fed: live, replayed, simulated, unreachable, stale, waiting."""
    if one.state is FeedState.SIMULATED or (one.last and one.origin is Origin.SIMULATED):
        return "simulated"
    if one.state in {FeedState.FAILING, FeedState.PAUSED}:
        return "unreachable"
    if one.state is FeedState.WORKING:
        return "replayed" if one.origin is Origin.REPLAYED else "live"
    return "stale" if one.state is FeedState.STALE else "waiting"


def city_name() -> str:
    """Return the city's name."""
    return str(packs.current().city.get("name", ""))


def city_zone() -> str:
    """Return the city's time zone."""
    return str(packs.current().zone)
