"""What each service offers the rest of the house: the vocabulary of a manifest. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from typing import Any

from moothall.values.facts import Card, Fact, Hit, Mark
from moothall.values.observations import Access, Batch, Kind
from moothall.values.places import Point
from moothall.values.requests import Payload, Request

Params = Mapping[str, Any]
"""One feed's parameters: the service's section of the pack, the feed's own table merged over it,
and `city` (name, box, time_zone, gss)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a service's section of a pack: where, what, and how to mend it."""

    path: tuple[str | int, ...]
    """("gauge", 2, "lat"): the third `[[gauge]]`, its latitude."""
    what: str
    mend: str


class Arrival(StrEnum):
    """How a feed's payloads reach the house."""

    PULL = "pull"
    DROP = "drop"
    MQTT = "mqtt"
    PUSH = "push"


def no_requests(params: Params) -> Iterable[Request]:
    """Ask for nothing: for feeds that are dropped, pushed or published to us."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source the city reads: what to ask, and how to read the answer. Both pure."""

    name: str
    """`<service>.<source>`. It names the feed's health page and its dataset."""
    title: str
    summary: str
    publisher: str
    documentation: str
    licence: str
    """SPDX-style: "OGL-UK-3.0", "CC-BY-4.0", "ODbL-1.0"."""
    attribution: str
    every: timedelta
    stale_after: timedelta
    parse: Callable[[Payload, Params], Batch]
    requests: Callable[[Params], Iterable[Request]] = no_requests
    arrives: Arrival = Arrival.PULL
    kinds: tuple[Kind, ...] = ()
    observes: bool = True
    """Whether the feed brings observations, and so has a dataset of them under its own name."""
    simulate: Callable[[Params, datetime], Batch] | None = None
    """A labelled stand-in, for demonstration: what the feed might say at `now`."""
    keep_raw: timedelta = timedelta(days=30)
    max_bytes: int = 64 * 1024 * 1024
    access: Access = Access.OPEN
    anywhere: bool = False
    """Whether what it brings may lie outside the city's box: a region's list, a national frame."""
    reads: tuple[str, ...] = ()
    """What it reads of its own table in a pack, besides what any feed may state: "url"; of rows in
    it "layers.level". A check of the pack tells what else stands there: it may be misspelt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something a service does again and again, besides its feeds."""

    name: str
    every: timedelta
    do: Callable[[datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A feed that people here added, beside those of the city's pack."""

    feed: Feed
    params: Params
    on: bool = True
    """Whether it is run; one that is not stays known, for what it brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page a service offers to the menu, the sitemap and search."""

    title: str
    url: str
    summary: str
    menu: bool = False
    also: str = ""
    """Other words people look for it by, in their own language: "timetable stop"."""
    feeds: tuple[str, ...] = ()
    """The feeds it is made of: it is offered where one of them is switched on; () for anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Points a service puts on the city map, and in the list beside it."""

    id: str
    title: str
    list_marks: Callable[[datetime], tuple[Mark, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """Things that stand somewhere, of which the nearest are told to who asks what is near."""

    list_facts: Callable[[datetime], tuple[Fact, ...]]
    most: int
    within_m: float = inf
    everywhere: bool = False
    """Whether they hold all over the city, and so stand nowhere in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service's manifest."""

    name: str
    title: str
    summary: str
    theme: str = ""
    """What its datasets are about: a code of the EU's data themes ("ENVI", "TRAN"); "" for none."""
    feeds: tuple[Feed, ...] = ()
    cards: tuple[Callable[[datetime], Card | None], ...] = ()
    layers: tuple[Layer, ...] = ()
    nearby: tuple[Nearby, ...] = ()
    near: Callable[[Point, datetime], tuple[Fact, ...]] | None = None
    """What it says of the ground at a place: the area it lies in, the region it belongs to."""
    list_findable: Callable[[], Iterable[tuple[Hit, str]]] | None = None
    """What a search may find, each with the further words it is found by. It is laid out once for
    each change of what the service's feeds bring."""
    pages: tuple[Page, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tables of the service's section of a pack, and what each of their rows must state besides
    `source` and `licence`."""
    rows_may: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What else they may state."""
    check_pack: Callable[[Mapping[str, Any]], Iterable[str | Fault]] | None = None
    """Given the service's section of a pack, and the pack's city in `city`, name what is wrong with
    it: a sentence each, or a fault that says where it stands."""
    fit: Callable[[Mapping[str, Any]], "Service"] | None = None
    """Given the same, return the service as this city has it: with the feeds the pack itself
    states. It must leave out what `check_pack` finds fault with."""
    in_every_city: bool = False
    """Whether it is shown though the pack has no section of it."""
    chores: tuple[Chore, ...] = ()
    list_added: Callable[[], Iterable[Added]] | None = None
    """The feeds that people here added to it."""
    policies: tuple[str, ...] = ()
    """Names of the policies, written as rules for all cities, that a pack may choose among."""
    order: int = 100


@dataclass(slots=True)
class Registry:
    """Every service of this house, in order. Filled once, at start-up, by `site.discovery`."""

    services: tuple[Service, ...] = ()
    _feeds: dict[str, Feed] = field(default_factory=dict)
    added: Mapping[str, Added] = field(default_factory=dict)
    """The feeds that people here added, by name, as they were last looked up."""

    def fill(self, services: Iterable[Service]) -> None:
        """Take the services found; errors: ValueError if two share a name, a feed or a kind."""
        found = sorted(services, key=lambda service: (service.order, service.name))
        names = [service.name for service in found]
        feeds = [feed for service in found for feed in service.feeds]
        kinds = {kind.name: kind for feed in feeds for kind in feed.kinds}
        for words, listed in (("service", names), ("feed", [feed.name for feed in feeds])):
            twice = {name for name in listed if listed.count(name) > 1}
            if twice:
                raise ValueError(f"two {words}s are called {', '.join(sorted(twice))}")
        for feed in feeds:
            for kind in feed.kinds:
                if kinds[kind.name] != kind:
                    raise ValueError(f"two feeds declare {kind.name} with different columns")
        self.services = tuple(found)
        self._feeds = {feed.name: feed for feed in feeds}

    def feeds(self) -> tuple[Feed, ...]:
        """Return every feed the house can read, whether or not the pack switches it on."""
        return (*self._feeds.values(), *(one.feed for one in self.added.values()))

    def renew(self) -> None:
        """Look up again which feeds people here have added; one named as ours is not taken."""
        found = {
            one.feed.name: one
            for service in self.services
            if service.list_added is not None
            for one in service.list_added()
        }
        self.added = {name: one for name, one in found.items() if name not in self._feeds}

    def feed(self, name: str) -> Feed:
        """Return one feed; errors: KeyError naming the feeds there are."""
        if name in self.added:
            return self.added[name].feed
        try:
            return self._feeds[name]
        except KeyError:
            raise KeyError(
                f"no feed {name!r}; there are {', '.join(sorted(self._feeds))}"
            ) from None

    def service(self, name: str) -> Service:
        """Return one service; errors: KeyError."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(f"no service {name!r}")

    def kinds(self) -> dict[str, tuple[Kind, tuple[Feed, ...]]]:
        """Return every kind of record, with the feeds that bring it."""
        found: dict[str, tuple[Kind, tuple[Feed, ...]]] = {}
        for feed in self.feeds():
            for kind in feed.kinds:
                found[kind.name] = (kind, (*found.get(kind.name, (kind, ()))[1], feed))
        return found


house = Registry()
"""The registry of this process."""


def as_told(feed: Feed) -> Feed:
    """Return a feed as this city's pack words it: whose it is, and on what terms."""
    try:
        return house.feed(feed.name)
    except KeyError:
        return feed
