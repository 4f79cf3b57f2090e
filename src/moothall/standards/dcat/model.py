"""A catalogue and its datasets, in plain words; written out by the modules beside this one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.standards.dcat.words import Form, form_of
from moothall.values.places import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An organisation."""

    name: str
    uri: str = ""
    web: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One way to take a dataset away."""

    url: str
    form: str
    """A key of `words.FORMS`, or any other where it is held elsewhere."""
    title: str
    byte_size: int | None = None
    """None where the file is written as it is asked for."""
    is_page: bool = False
    """Whether a person is led there, and no file is."""

    @property
    def called(self) -> Form:
        """What its form is called in each vocabulary."""
        return form_of(self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """How good a dataset is by one measure (W3C Data Quality Vocabulary)."""

    metric: str
    """URI of the measure."""
    means: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dataset."""

    identifier: str
    title: str
    description: str
    page: str
    publisher: Agent
    creators: tuple[str, ...]
    """Every organisation whose data are in it."""
    contact: Agent
    licences: tuple[str, ...]
    """By their SPDX names."""
    licence_url: str
    """"" where there are several, or where the only one has no address."""
    attribution: str
    provenance: str
    sources: tuple[tuple[str, str], ...]
    """Address and title of each page that tells where the data come from."""
    documentation: tuple[str, ...]
    theme: str
    keywords: tuple[str, ...]
    box: Box | None
    place: str
    """URI of the place it is about; "" where it may reach beyond."""
    first_at: datetime | None
    last_at: datetime | None
    promise: timedelta | None
    issued_at: datetime | None
    modified_at: datetime | None
    language: str
    version: str
    rows: int | None
    """None where that is not known."""
    origins: tuple[str, ...]
    """How the facts came to be here, where not live: "replayed", "simulated"."""
    distributions: tuple[Distribution, ...]
    measurements: tuple[Measurement, ...] = ()
    held_at: str = ""
    """The page of whoever holds it, where that is not us."""
    derived_from: tuple[str, ...] = ()
    """What it is called in the catalogue we have it from."""

    @property
    def uri(self) -> str:
        """What the dataset is called in RDF: a part of its page, for it is not its page."""
        return f"{self.page}#dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An address that answers questions about datasets."""

    url: str
    title: str
    description_url: str
    standard: str
    """URI of the standard it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All datasets, or a page of them."""

    page: str
    title: str
    description: str
    publisher: Agent
    home: str
    language: str
    licence_url: str
    place: str
    box: Box | None
    modified_at: datetime | None
    services: tuple[Service, ...]
    entries: tuple[Entry, ...]
    total: int
    """Datasets on all pages together."""
    pages: tuple[str, ...]
    """The addresses of the pages of this description."""
    number: int = 1
    """Which of the pages this is, counted from 1."""

    @property
    def uri(self) -> str:
        """What the catalogue is called in RDF."""
        return f"{self.page}#catalogue"
