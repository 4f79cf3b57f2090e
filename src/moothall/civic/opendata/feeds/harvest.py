"""Another catalogue: what it lists, as records of ours that say where the data are.

Source:   any the pack or an officer names: CKAN, DCAT, data.json, Opendatasoft, DataPress.
Licence:  each dataset's own, as its catalogue states it.
Cadence:  daily, unless said otherwise.
Params:   the pack's [feeds.<name>] in opendata.toml: name, url, form: docs/guide/harvesting.md.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from moothall.kernel.registry import Feed, Params
from moothall.standards.catalogues import reading
from moothall.standards.catalogues.entry import File, Listed
from moothall.values.observations import Batch, Column, Issue, Kind, Record, Scalar, Severity
from moothall.values.places import Box
from moothall.values.requests import Payload, Request

SERVICE = "opendata"
EVERY_HOURS = 24
LONGEST_FILES = 19_000
"""Characters of a record's list of files; what is kept of a text has its bounds."""

KIND = Kind(
    name="opendata.harvested",
    title="Datasets that other catalogues list",
    summary="What the catalogues we follow say of each of their datasets, and where it can be had.",
    columns=(
        Column(name="title", meaning="What it is called"),
        Column(name="catalogue", meaning="The catalogue that lists it"),
        Column(name="identifier", meaning="What that catalogue calls it"),
        Column(name="summary", meaning="What it is, in its publisher's words"),
        Column(name="publisher", meaning="Who publishes it"),
        Column(name="contact_name", meaning="Whom to ask"),
        Column(name="contact_email", meaning="Their e-mail address"),
        Column(name="contact_url", meaning="Their page"),
        Column(name="licence", meaning="By its SPDX name, where it is one we know"),
        Column(name="licence_said", meaning="The licence as the catalogue names it"),
        Column(name="licence_url", meaning="Where the licence can be read"),
        Column(name="themes", meaning="Codes of the EU's data themes, parted by blanks"),
        Column(name="keywords", meaning="Parted by semicolons"),
        Column(name="issued_at", type="datetime", meaning="When it was first published, in UTC"),
        Column(name="modified_at", type="datetime", meaning="When it was last changed, in UTC"),
        Column(name="first_at", type="datetime", meaning="The beginning of the time it covers"),
        Column(name="last_at", type="datetime", meaning="The end of the time it covers"),
        Column(name="every_hours", type="number", unit="h", meaning="How often it is to be new"),
        Column(name="landing_page", meaning="Its page"),
        Column(name="uri", meaning="Its name in RDF"),
        Column(name="language", meaning="Its language"),
        Column(name="place", meaning="The place it is about, in words"),
        Column(name="files", meaning="How it can be had: JSON"),
    ),
    geometry="Polygon",
    label="title",
    anywhere=True,
)


def make_feed(
    source: str, *, name: str, url: str, every: timedelta = timedelta(hours=EVERY_HOURS)
) -> Feed:
    """Make the feed of one catalogue, by its short name in our addresses."""
    return Feed(
        name=f"{SERVICE}.{source}",
        title=name,
        summary="A catalogue of open data: what it lists, which we list with it.",
        publisher=name,
        documentation=url,
        licence="CC0-1.0",
        attribution=f"As listed by {name}.",
        every=every,
        stale_after=every * 3,
        parse=parse,
        requests=requests,
        kinds=(KIND,),
        observes=False,
        anywhere=True,
        reads=("name", "url", "form", "hours"),
    )


def requests(params: Params) -> Iterator[Request]:
    """Ask for the catalogue, or for the first page of it."""
    yield Request(
        url=reading.first_address(str(params["url"]), str(params.get("form", ""))),
        headers={"Accept": "application/json, text/turtle, application/ld+json, */*;q=0.5"},
    )


def parse(payload: Payload, params: Params) -> Batch:
    """Read what a catalogue lists; a dataset that cannot be read is an issue.

    Errors:  ValueError if it is no catalogue, or not of the form that is said.
    """
    name, form = str(params.get("name", "")), str(params.get("form", ""))
    answer = reading.read(payload.body, url=payload.request.url, form=form)
    records = tuple(
        _record(name, one, payload.fetched_at, answer.issues.append) for one in answer.entries
    )
    further = tuple(
        Request(url=url, headers=payload.request.headers, role=payload.request.role, part=True)
        for url in answer.more
    )
    if not records and not further and not payload.request.part:
        answer.issues.note("list", "it lists no dataset at all")
    return Batch(
        records=records,
        # What could not be listed is told first: of very many, not all are kept.
        issues=tuple(sorted(answer.issues, key=lambda one: one.severity is Severity.INFO)),
        as_of=payload.fetched_at,
        complete=frozenset({KIND.name}) if answer.whole else frozenset(),
        follow=further,
    )


def record_id(catalogue: str, identifier: str) -> str:
    """Name a dataset of a catalogue, whatever signs its own name has, in whichever case."""
    said = f"{catalogue.strip().casefold()}\n{identifier.strip().casefold()}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _record(catalogue: str, one: Listed, at: datetime, tell: Any) -> Record:
    fields: dict[str, Scalar] = {
        "title": one.title,
        "catalogue": catalogue,
        "identifier": one.identifier,
        "summary": one.summary,
        "publisher": one.publisher,
        "contact_name": one.contact_name,
        "contact_email": one.contact_email,
        "contact_url": one.contact_url,
        "licence": one.licence,
        "licence_said": one.licence_said,
        "licence_url": one.licence_url,
        "themes": " ".join(one.themes),
        "keywords": "; ".join(word.replace(";", ",") for word in one.keywords),
        "issued_at": _instant(one.issued_at),
        "modified_at": _instant(one.modified_at),
        "first_at": _instant(one.first_at),
        "last_at": _instant(one.last_at),
        "every_hours": one.every and one.every.total_seconds() / 3600,
        "landing_page": one.landing_page,
        "uri": one.uri,
        "language": one.language,
        "place": one.place,
        "files": _files(one, tell),
    }
    return Record(
        kind=KIND.name,
        id=record_id(catalogue, one.identifier),
        from_at=at,
        # What is not said is nothing, and not an empty word.
        fields={key: None if value == "" else value for key, value in fields.items()},
        geometry=_outline(one.box),
    )


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _files(one: Listed, tell: Any) -> str:
    kept: list[Mapping[str, Scalar]] = []
    length = 0
    for number, file in enumerate(one.files):
        said = _file(file)
        length += len(orjson.dumps(said).decode()) + 1
        if length > LONGEST_FILES:
            left = len(one.files) - number
            what = f"it names so many files that {left:,} are not listed here"
            tell(Issue.of(one.identifier[:200], what, severity=Severity.INFO))
            break
        kept.append(said)
    return orjson.dumps(kept).decode()


def _file(file: File) -> Mapping[str, Scalar]:
    said: dict[str, Scalar] = {
        "url": file.url,
        "title": file.title,
        "form": file.form,
        "media_type": file.media_type,
        "size": file.size,
        "is_page": file.is_page,
    }
    return {key: value for key, value in said.items() if value}


def _outline(box: Box | None) -> Mapping[str, Any] | None:
    if box is None:
        return None
    west, south, east, north = box.west, box.south, box.east, box.north
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
