"""What a feed says: series, observations, records, and the issues found while reading them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from math import isfinite
from typing import TYPE_CHECKING, Any

import orjson

from moothall.values.requests import Request
from moothall.values.times import is_utc

if TYPE_CHECKING:
    import pyarrow as pa

Result = float | str
_RESULTS = (float, int, str)
Scalar = str | int | float | bool | None


class Origin(IntEnum):
    """How a fact came to be here. Anything but LIVE is labelled on every page and in every API."""

    LIVE = 0
    REPLAYED = 1
    """A real recording, played again; its times may have been moved."""
    SIMULATED = 2
    """Made up by a labelled stand-in; says nothing about the city."""


class Quality(IntEnum):
    """What the source says about a result (SensorThings resultQuality)."""

    UNCHECKED = 0
    GOOD = 1
    ESTIMATED = 2
    SUSPECT = 3


class Severity(StrEnum):
    """How bad an issue is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Mender(StrEnum):
    """Who must mend an issue."""

    PUBLISHER = "publisher"
    US = "us"


KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9_-]*\.[a-z][a-z0-9_]*")
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")


def series_key(service: str, thing: str, quantity_unit: str) -> str:
    """Name a series by the one rule: `<service>.<thing>.<quantity_unit>`, in lower case.

    Errors:  ValueError if nothing of the thing's name is left.
    """
    key = f"{service}.{_NOT_IN_A_KEY.sub('_', thing.lower()).strip('_')}.{quantity_unit}"
    if not KEY.fullmatch(key):
        raise ValueError(f"cannot name a series {key!r}")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity of one thing, measured over time (a SensorThings Datastream).

    Units:   `unit` is a UCUM code ("m", "ug/m3", "%", "1" for a count, "" for a category).
    """

    key: str
    title: str
    unit: str
    observed_property: str
    thing: str
    """The thing's name as a person would say it: "River Aire at Crown Point"."""
    thing_id: str = ""
    procedure: str = ""
    """How it was measured and averaged: "15-minute instantaneous stage"."""
    lon: float | None = None
    lat: float | None = None
    source_url: str = ""
    """The thing's own page at its publisher."""

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise ValueError(f"not a series key: {self.key!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One result, of one series, at one instant or over [at, until).

    Units:   `at` and `until` are in UTC; `result` is in the unit its series declares.
    Errors:  ValueError for an instant not in UTC or a number that is not finite.
    """

    series: str
    at: datetime
    result: Result
    until: datetime | None = None
    quality: Quality = Quality.UNCHECKED
    origin: Origin = Origin.LIVE

    def __post_init__(self) -> None:
        if self.at.tzinfo is not UTC and not is_utc(self.at):
            raise ValueError(f"not in UTC: {self.at!r}")
        if self.until is not None and not (is_utc(self.until) and self.until > self.at):
            raise ValueError(f"does not end after it begins, in UTC: {self.until}")
        if isinstance(self.result, bool) or not isinstance(self.result, _RESULTS):
            raise ValueError(f"neither a number nor a category: {self.result!r}")
        if not isinstance(self.result, str) and not isfinite(self.result):
            raise ValueError(f"not finite: {self.result!r}")

    @property
    def simulated(self) -> bool:
        """Whether a stand-in made this up."""
        return self.origin is Origin.SIMULATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a kind of record.

    Units:   `type` is a Frictionless type: string, integer, number, boolean, date, datetime;
             `unit` is UCUM where the column is a quantity.
    """

    name: str
    type: str = "string"
    unit: str = ""
    meaning: str = ""
    people: bool = False
    """Whether it counts people: counts that could name someone are left out before it is kept."""


class Access(StrEnum):
    """Who may see what a feed brings. Open unless its feed says otherwise."""

    OPEN = "open"
    RESTRICTED = "restricted"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record, declared once by its feed: the columns of a dataset."""

    name: str
    """`<service>.<thing>`. It is also the dataset's address."""
    title: str
    summary: str = ""
    columns: tuple[Column, ...]
    geometry: str | None = None
    """A GeoJSON geometry type, or None."""
    label: str = "name"
    """The column that names a record to a person."""
    keep_versions: timedelta | None = None
    """How long superseded versions are kept; None keeps them for good."""
    access: Access = Access.OPEN
    anywhere: bool = False
    """Whether its records may lie outside the city's box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One version of one thing, place or area: true from `from_at` until the next version.

    Shape:   `fields` by the columns of the kind; `geometry` is a GeoJSON geometry in WGS 84.
    """

    kind: str
    id: str
    from_at: datetime
    fields: Mapping[str, Scalar]
    geometry: Mapping[str, Any] | None = None
    gone: bool = False
    origin: Origin = Origin.LIVE

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError(f"a record of {self.kind} without an id")
        if self.from_at.tzinfo is not UTC and not is_utc(self.from_at):
            raise ValueError(f"not in UTC: {self.from_at!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing wrong with one item of a payload; reported, never raised."""

    where: str
    what: str
    severity: Severity = Severity.WARNING
    mender: Mender = Mender.PUBLISHER
    item: str = ""
    """The raw item, shortened, so that a person can see what was wrong."""
    count: int = 1
    """How many items it is about: more than one where they are only counted."""

    @classmethod
    def of(
        cls,
        where: str,
        what: str | Exception,
        item: object = "",
        *,
        severity: Severity = Severity.WARNING,
        mender: Mender = Mender.PUBLISHER,
    ) -> "Issue":
        """Say what is wrong with one item of a payload, with the beginning of it as it stood.

        `what` is a sentence, or what reading the item raised, told so that a person understands.
        """
        told = what if isinstance(what, str) else _tell(what)
        return cls(where=where, what=told, severity=severity, mender=mender, item=excerpt(item))


EXCERPT = 500
"""Characters of an item that an issue shows."""


def excerpt(item: object) -> str:
    """Write the beginning of an item: a text as it is, a row as CSV, anything else as JSON."""
    if isinstance(item, str):
        return item[:EXCERPT]
    if isinstance(item, bytes):
        return item[:EXCERPT].decode(errors="replace")
    if isinstance(item, list) and all(isinstance(cell, str) for cell in item):
        return ",".join(item)[:EXCERPT]
    try:
        return orjson.dumps(item)[:EXCERPT].decode(errors="replace")
    except TypeError:
        # Half a character, a number of hundreds of digits, or one of our own values.
        pass
    try:
        return repr(item)[:EXCERPT]
    except (RecursionError, ValueError):
        return f"(a {type(item).__name__} that cannot be shown)"


def _tell(fault: Exception) -> str:
    if isinstance(fault, KeyError):
        return f"no {fault.args[0]}" if fault.args else "something is missing"
    if isinstance(fault, OverflowError):
        return "it holds a number too large to be one"
    if isinstance(fault, AttributeError | IndexError | TypeError):
        # What Python says of these is about our code, not about the item.
        return "it is not laid out as its source promises"
    return str(fault) or type(fault).__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything one payload yielded."""

    observations: tuple[Observation, ...] = ()
    records: tuple[Record, ...] = ()
    series: tuple[Series, ...] = ()
    """Declares every series the observations name."""
    issues: tuple[Issue, ...] = ()
    as_of: datetime | None = None
    """The instant the publisher says the payload speaks for."""
    complete: frozenset[str] = frozenset()
    """Kinds this payload lists in full: what it does not mention is gone."""
    follow: tuple[Request, ...] = ()
    """Further requests the payload asks for (GBFS discovery, the next page)."""
    parts: "tuple[Batch, ...]" = ()
    """The other parts of a list that came in several payloads: what they mention is not gone."""
    table: "pa.Table | None" = field(default=None, compare=False)
    """Observations in columnar form, for hot paths: the lake's OBSERVATIONS schema."""
