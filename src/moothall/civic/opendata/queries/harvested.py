"""Datasets of other catalogues, as we list them: whose they are and where they are held."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from moothall.civic.opendata.feeds.harvest import KIND
from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import RecordEntry
from moothall.kernel.registry import house
from moothall.standards.catalogues.entry import File
from moothall.values.facts import Hit
from moothall.values.observations import Access, Origin
from moothall.values.places import Box
from moothall.values.times import parse_instant

PREFIX = "harvested."
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "*", ""})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """The same dataset in another catalogue."""

    catalogue: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvested:
    """A dataset that another catalogue lists. What it does not say is "", empty or None."""

    id: str
    feed: str
    catalogue: str
    identifier: str
    title: str
    summary: str
    publisher: str
    contact_name: str
    contact_email: str
    contact_url: str
    licence: str
    licence_said: str
    licence_url: str
    themes: tuple[str, ...]
    keywords: tuple[str, ...]
    issued_at: datetime | None
    modified_at: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    every: timedelta | None
    landing_page: str
    uri: str
    language: str
    box: Box | None
    place: str
    files: tuple[File, ...]
    since_at: datetime
    """Since when the catalogue says it like this."""
    raw: str
    """Hash of the bytes that said it so."""
    origin: Origin
    also: tuple[Also, ...] = ()

    @property
    def name(self) -> str:
        """Its name among our datasets."""
        return f"{PREFIX}{self.id}"

    @property
    def source(self) -> str:
        """The short name of the catalogue, as its report has it in its address."""
        return self.feed.partition(".")[2]

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of its files, where they are."""
        return tuple(dict.fromkeys(file.form for file in self.files if file.form))

    @property
    def holder(self) -> str:
        """Who holds it, as far as is told."""
        return self.publisher or self.catalogue


def list_harvested(now: datetime) -> tuple[Harvested, ...]:
    """Return what other catalogues list, each dataset once, by title.

    Shape:   what several list is told of where it is held, and names the others; what is ours, and
             came back to us, is left out.
    """
    return _keep(now).listed


def find_harvested(name: str, now: datetime) -> Harvested | None:
    """Return one of them by its name among our datasets, whichever catalogue lists it."""
    return _keep(now).named.get(name) if name.startswith(PREFIX) else None


def list_doubles(feed: str, now: datetime) -> tuple[Harvested, ...]:
    """Return what a catalogue lists that others list too."""
    return tuple(one for one in _keep(now).named.values() if one.feed == feed and one.also)


@dataclass(frozen=True, slots=True)
class _Joined:
    listed: tuple[Harvested, ...]
    named: Mapping[str, Harvested]
    """Those too that another catalogue lists as well, and that are not listed twice."""


def _keep(now: datetime) -> _Joined:
    found: _Joined = kept.keep(
        ("harvested",), now, lambda: _join(_read()), about=("opendata",), ages=False
    )
    return found


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name what other catalogues list to a search, each with what is told of it."""
    return (
        (
            Hit(title=one.title, url=f"/data/{one.name}/", summary=one.summary[:300], kind=""),
            " ".join((one.publisher, one.catalogue, *one.keywords, *one.forms)),
        )
        for one in _join(_read()).listed
    )


def is_ours(one: Harvested) -> bool:
    """Test whether a dataset is one of ours, told back to us by a catalogue that follows us."""
    own = {host.split(":")[0].lower() for host in settings.ALLOWED_HOSTS} - _LOOPBACK
    return bool(own) and bool({_host(one.landing_page), _host(one.uri)} & own)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower() if url else ""


def _open_feeds() -> frozenset[str]:
    house.renew()
    return frozenset(
        feed.name for feed in house.feeds() if KIND in feed.kinds and feed.access is Access.OPEN
    )


def _read() -> list[Harvested]:
    feeds = _open_feeds()
    if not feeds:
        return []
    entries = lake.current().list_records(KIND.name)
    found = (_entry(entry) for entry in entries if entry.feed in feeds)
    return [one for one in found if not is_ours(one)]


def _entry(entry: RecordEntry) -> Harvested:
    said = entry.record.fields
    hours = said.get("every_hours")

    def text(name: str) -> str:
        return str(said.get(name) or "")

    return Harvested(
        id=entry.record.id,
        feed=entry.feed,
        catalogue=text("catalogue"),
        identifier=text("identifier"),
        title=text("title"),
        summary=text("summary"),
        publisher=text("publisher"),
        contact_name=text("contact_name"),
        contact_email=text("contact_email"),
        contact_url=text("contact_url"),
        licence=text("licence"),
        licence_said=text("licence_said"),
        licence_url=text("licence_url"),
        themes=tuple(text("themes").split()),
        keywords=tuple(filter(None, text("keywords").split("; "))),
        issued_at=_instant(said.get("issued_at")),
        modified_at=_instant(said.get("modified_at")),
        first_at=_instant(said.get("first_at")),
        last_at=_instant(said.get("last_at")),
        every=timedelta(hours=hours) if isinstance(hours, int | float) else None,
        landing_page=text("landing_page"),
        uri=text("uri"),
        language=text("language"),
        box=_box(entry.record.geometry),
        place=text("place"),
        files=_files(text("files")),
        since_at=entry.record.from_at,
        raw=entry.raw,
        origin=entry.record.origin,
    )


def _instant(said: Any) -> datetime | None:
    try:
        return parse_instant(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _files(text: str) -> tuple[File, ...]:
    try:
        listed = orjson.loads(text) if text else []
        return tuple(File(**one) for one in listed)
    except (orjson.JSONDecodeError, TypeError):
        return ()


def _box(geometry: Mapping[str, Any] | None) -> Box | None:
    if not geometry:
        return None
    (west, south), _east, (east, north) = geometry["coordinates"][0][:3]
    return Box(west=west, south=south, east=east, north=north)


# --- the same dataset in several catalogues ----------------------------------------------------
def _join(listed: list[Harvested]) -> _Joined:
    groups: dict[str, list[Harvested]] = {}
    by_name: dict[str, str] = {}
    # The page of a whole office, which stands with many of its datasets, is the name of none.
    often = Counter((one.feed, name) for one in listed for name in _names(one))
    for one in listed:
        names = [name for name in _names(one) if often[one.feed, name] == 1]
        group = next((by_name[name] for name in names if name in by_name), one.id)
        groups.setdefault(group, []).append(one)
        for name in names:
            by_name.setdefault(name, group)
    found: list[Harvested] = []
    named: dict[str, Harvested] = {}
    for same in groups.values():
        ordered = sorted(same, key=lambda one: (not _holds(one), one.feed, one.id))
        told = [
            replace(one, also=tuple(_also(other) for other in ordered if other is not one))
            for one in ordered
        ]
        found.append(told[0])
        named.update((one.name, one) for one in told)
    return _Joined(tuple(sorted(found, key=lambda one: (one.title.casefold(), one.name))), named)


def _names(one: Harvested) -> set[str]:
    """Name a dataset in ways that no other is named: a UUID or an address, never a short code."""
    named = [one.uri, one.landing_page]
    if "://" in one.identifier or _UUID.fullmatch(one.identifier):
        named.append(one.identifier)
    plain = (re.sub(r"^https?://(www\.)?", "", name.casefold()).rstrip("/") for name in named)
    return {name for name in plain if name}


def _holds(one: Harvested) -> bool:
    """Test whether the catalogue is where the dataset's own page is."""
    feed = house.feed(one.feed)
    return _host(one.landing_page) == _host(feed.documentation)


def _also(one: Harvested) -> Also:
    return Also(catalogue=one.catalogue, name=one.name, url=one.landing_page)
