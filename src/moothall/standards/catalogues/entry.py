"""What a catalogue says of a dataset, and what one answer of a catalogue holds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from moothall.values.issues import Issues
from moothall.values.places import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One way to take a dataset away."""

    url: str
    title: str = ""
    form: str = ""
    """In small letters: csv, pdf, geojson; "" where nobody says."""
    media_type: str = ""
    size: int | None = None
    is_page: bool = False
    """Whether a person is led there, and no file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One dataset of somebody's catalogue. What it does not say is "", empty or None."""

    identifier: str
    title: str
    uri: str = ""
    summary: str = ""
    publisher: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_url: str = ""
    licence: str = ""
    """By its SPDX name; "" if it is none we know."""
    licence_said: str = ""
    """As the catalogue names it."""
    licence_url: str = ""
    themes: tuple[str, ...] = ()
    """Codes of the EU's data themes."""
    keywords: tuple[str, ...] = ()
    issued_at: datetime | None = None
    modified_at: datetime | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    every: timedelta | None = None
    """How often it is promised anew."""
    landing_page: str = ""
    language: str = ""
    box: Box | None = None
    place: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of a catalogue: all of it, or a page."""

    form: str
    entries: tuple[Listed, ...]
    issues: Issues = field(default_factory=Issues)
    more: tuple[str, ...] = ()
    """Addresses of further pages."""
    whole: bool = True
    """Whether it could be read to its end."""
