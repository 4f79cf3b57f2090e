"""DCAT as a graph: Turtle, RDF/XML and JSON-LD, whatever vocabulary of its kin stands beside it.

Source:  https://www.w3.org/TR/vocab-dcat-3/
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

import orjson

from moothall.standards.catalogues.drafting import Drafts, Said
from moothall.standards.catalogues.entry import Answer
from moothall.standards.catalogues.linked import CONTEXT, PREFIXES, localise
from moothall.standards.csvtext import decode
from moothall.standards.xmltext import read_xml
from moothall.values.observations import Severity

if TYPE_CHECKING:
    from pyoxigraph import RdfFormat

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TYPE = f"{PREFIXES['rdf']}type"
MOST_STATEMENTS = 5_000_000


class Term(NamedTuple):
    """One end of a statement: a thing by its name, or words."""

    value: str
    names: bool
    """Whether it names a thing, which may have statements of its own."""
    language: str = ""


@dataclass(slots=True)
class Graph:
    """What is said of each thing, by its name and by what it is said with."""

    things: dict[str, dict[str, list[Term]]] = field(default_factory=dict)

    def add(self, subject: str, predicate: str, said: Term) -> None:
        """Take in one statement."""
        self.things.setdefault(subject, {}).setdefault(predicate, []).append(said)

    def of(self, subject: str, *names: str) -> list[Term]:
        """Return what is said of a thing with the first of these names that says anything."""
        told = self.things.get(subject, {})
        for name in names:
            prefix, _colon, rest = name.partition(":")
            if found := told.get(PREFIXES[prefix] + rest):
                return found
        return []

    def typed(self, *names: str) -> list[str]:
        """Return the things of these types, in the order they came."""
        wanted = {PREFIXES[name.partition(":")[0]] + name.partition(":")[2] for name in names}
        return [
            thing
            for thing, told in self.things.items()
            if any(one.value in wanted for one in told.get(_TYPE, ()))
        ]


def read(body: bytes, *, form: str, url: str = "") -> Answer:
    """Read Turtle ("ttl") or RDF/XML ("rdf"); what follows a fault is not read, what precedes is.

    Errors:  ValueError if nothing can be read.
    """
    from pyoxigraph import RdfFormat

    if form == "ttl":
        return _read(decode(body).encode(), RdfFormat.TURTLE, form=form, url=url)
    # The one reader of XML says first whether it may be read at all: no document type, no depth.
    # What was cut short it refuses whole.
    try:
        said = read_xml(body).getroottree().docinfo.encoding or "UTF-8"
        text = body.decode(said, "replace")
    except (ValueError, LookupError):
        # Or it is not in the encoding it says it is in.
        text = decode(body)
        read_xml(_undeclared(text))
    return _read(_undeclared(text), RdfFormat.RDF_XML, form=form, url=url)


def _undeclared(text: str) -> bytes:
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).encode()


def read_linked(said: Any, *, url: str = "") -> Answer:
    """Read JSON-LD already read as JSON; errors: ValueError if it cannot be expanded."""
    from pyoxigraph import RdfFormat

    elsewhere: set[str] = set()
    local = localise(said, elsewhere)
    if isinstance(local, dict) and "@context" not in local:
        local = {"@context": CONTEXT, **local}
    try:
        body = orjson.dumps(local)
    except (TypeError, ValueError):
        raise ValueError("its JSON is nested too deeply, or holds what no text can") from None
    answer = _read(body, RdfFormat.JSON_LD, form="jsonld", url=url)
    for one in sorted(elsewhere)[:5]:
        answer.issues.note(
            "context",
            "its @context stands elsewhere and is not fetched: names are read as DCAT has them",
            one,
            severity=Severity.INFO,
        )
    return answer


def _read(body: bytes, form_of: "RdfFormat", *, form: str, url: str) -> Answer:
    graph, fault = _graph(body, form_of, url)
    subjects = list(dict.fromkeys((*graph.typed("dcat:Dataset"), *_members(graph))))
    if fault and not subjects:
        raise ValueError(f"it cannot be read: {fault}")
    if not subjects and not graph.typed("dcat:Catalog"):
        raise ValueError("it holds no catalogue and no dataset")
    drafts = Drafts(base=url)
    if fault:
        # The last thing begun may lack its end.
        subjects = subjects[:-1] or subjects
        drafts.issues.note(
            "payload",
            f"it cannot be read to its end: {fault}",
            severity=Severity.ERROR,
        )
    for number, subject in enumerate(subjects, start=1):
        if subject in graph.things:
            drafts.take(_said(graph, subject), where=f"dataset {number}", item=subject)
    return Answer(
        form=form,
        entries=drafts.entries,
        issues=drafts.issues,
        more=_next(graph, url),
        whole=not fault,
    )


def _graph(body: bytes, form: "RdfFormat", url: str) -> tuple[Graph, str]:
    """Gather all statements; with the fault that ended the reading, "" if none did."""
    from pyoxigraph import BlankNode, Literal, NamedNode, parse

    graph = Graph()
    base = url if "://" in url else "http://unnamed.invalid/"
    try:
        for number, quad in enumerate(parse(input=body, format=form, base_iri=base, lenient=True)):
            if number == MOST_STATEMENTS:
                return graph, f"it says more than {MOST_STATEMENTS:,} things"
            said, subject = quad.object, quad.subject
            if isinstance(said, Literal):
                term = Term(said.value, False, said.language or "")
            elif isinstance(said, NamedNode):
                term = Term(said.value, True)
            elif isinstance(said, BlankNode):
                term = Term(f"_:{said.value}", True)
            else:
                continue
            blank = isinstance(subject, BlankNode)
            graph.add(f"_:{subject.value}" if blank else subject.value, quad.predicate.value, term)
    except (SyntaxError, ValueError, OSError) as fault:
        return graph, str(fault).partition("\n")[0][:200]
    return graph, ""


def _members(graph: Graph) -> Iterator[str]:
    for catalogue in graph.typed("dcat:Catalog"):
        for one in graph.of(catalogue, "dcat:dataset"):
            if one.names:
                yield one.value


def _next(graph: Graph, url: str) -> tuple[str, ...]:
    for page in graph.things:
        for one in graph.of(page, "hydra:nextPage", "hydra:next"):
            return (urljoin(url, one.value),)
    return ()


# --- a dataset ---------------------------------------------------------------------------------
def _said(graph: Graph, subject: str) -> Said:
    def of(*names: str) -> list[Term]:
        return graph.of(subject, *names)

    publisher = of("dct:publisher", "dct:creator")
    contact = of("dcat:contactPoint", "adms:contactPoint")
    periods, places = of("dct:temporal"), of("dct:spatial")
    ways = of("dcat:distribution", "adms:distribution")
    terms = [*of("dct:license"), *of("dct:rights")]
    for way in ways:
        terms += graph.of(way.value, "dct:license") if not of("dct:license") else []
    return {
        "identifier": _words(of("dct:identifier", "adms:identifier", "dcat:identifier"))
        or ("" if subject.startswith("_:") else subject),
        "uri": "" if subject.startswith("_:") else subject,
        "title": _words(of("dct:title", "rdfs:label", "schema:name")),
        "summary": _words(of("dct:description")),
        "publisher": _label(graph, publisher, "foaf:name", "vcard:fn", "skos:prefLabel"),
        "contact_name": _label(graph, contact, "vcard:fn", "foaf:name"),
        "contact_email": _value(graph, contact, "vcard:hasEmail", "foaf:mbox")
        or _value(graph, publisher, "foaf:mbox"),
        "contact_url": _value(graph, contact, "vcard:hasURL", "foaf:homepage"),
        "licence": [text for one in terms for text in _names(graph, one)],
        "themes": [text for one in of("dcat:theme") for text in _names(graph, one)],
        "keywords": [one.value for one in of("dcat:keyword") if not one.names],
        "issued": _words(of("dct:issued")),
        "modified": _words(of("dct:modified")),
        "first": _value(graph, periods, "dcat:startDate", "schema:startDate", "time:hasBeginning"),
        "last": _value(graph, periods, "dcat:endDate", "schema:endDate", "time:hasEnd"),
        "every": [text for one in of("dct:accrualPeriodicity") for text in _names(graph, one)],
        "landing_page": _page(graph, of("dcat:landingPage", "foaf:homepage", "foaf:page"))
        or ("" if subject.startswith("_:") else subject.partition("#")[0]),
        "language": [one.value for one in of("dct:language")],
        "box": [
            text
            for one in places
            for text in (
                _words(graph.of(one.value, "dcat:bbox")),
                _words(graph.of(one.value, "locn:geometry", "geosparql:asWKT")),
                "" if one.names else one.value,
            )
            if text
        ],
        "place": _label(graph, places, "skos:prefLabel", "rdfs:label", "locn:geographicName"),
        "files": [_file(graph, one) for one in ways if one.names],
    }


def _file(graph: Graph, way: Term) -> Said:
    def of(*names: str) -> list[Term]:
        return graph.of(way.value, *names)

    return {
        "url": _words(of("dcat:downloadURL")),
        "page": _words(of("dcat:accessURL"))
        or _value(graph, of("dcat:accessService"), "dcat:endpointURL"),
        "title": _words(of("dct:title", "rdfs:label")),
        "form": [
            text
            for one in (*of("dct:format"), *of("dcat:mediaType"))
            for text in _names(graph, one)
        ],
        "media_type": _words(of("dcat:mediaType")).partition("/media-types/")[2]
        or _words(of("dcat:mediaType")),
        "size": _words(of("dcat:byteSize")),
    }


def _words(terms: Iterable[Term]) -> str:
    """Return the words of the first of these, English ones before others."""
    told = list(terms)
    english = (one for one in told if one.language.partition("-")[0].lower() in {"", "en"})
    return next((one.value for one in (*english, *told)), "")


def _names(graph: Graph, one: Term) -> Iterator[str]:
    """Give what a thing is called: its own name, and what is said to be its label."""
    if not one.value.startswith("_:") or not one.names:
        yield one.value
    if one.names:
        for name in ("rdf:value", "skos:prefLabel", "rdfs:label", "dct:title", "dct:identifier"):
            for label in graph.of(one.value, name):
                yield label.value


def _label(graph: Graph, terms: list[Term], *names: str) -> str:
    return _pick(graph, terms, names) or _words(one for one in terms if not one.names)


def _value(graph: Graph, terms: list[Term], *names: str) -> str:
    found = _pick(graph, terms, names)
    # A beginning may itself be a thing with a date.
    inner = graph.of(found, "time:inXSDDateTime", "time:inXSDDate", "vcard:value") if found else []
    return _words(inner) or found


def _pick(graph: Graph, terms: list[Term], names: tuple[str, ...]) -> str:
    choose: Callable[[str], str] = lambda name: next(  # noqa: E731
        filter(None, (_words(graph.of(one.value, name)) for one in terms if one.names)), ""
    )
    return next(filter(None, map(choose, names)), "")


def _page(graph: Graph, terms: list[Term]) -> str:
    return next((one.value for one in terms if not one.value.startswith("_:")), "")
