"""A catalogue as a tree of nodes: JSON-LD with short names, which the other forms are made of.

Source:   https://www.w3.org/TR/vocab-dcat-3/ ,
          https://semiceu.github.io/DCAT-AP/releases/3.0.1/ ,
          https://www.w3.org/TR/vocab-dqv/
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from moothall.standards.dcat.model import (
    Agent,
    Catalogue,
    Distribution,
    Entry,
    Measurement,
    Service,
)
from moothall.standards.dcat.words import (
    AUTHORITY,
    LANGUAGES,
    MEDIA_TYPES,
    THEMES,
    frequency_of,
)
from moothall.values.places import Box

Node = dict[str, Any]

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_UNSAYABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def describe(catalogue: Catalogue) -> tuple[Node, ...]:
    """Describe a page of a catalogue, and how to come to the next."""
    said: Node = {
        "@id": catalogue.uri,
        "@type": "dcat:Catalog",
        "dct:title": _words(catalogue.title, catalogue.language),
        "dct:description": _words(catalogue.description, catalogue.language),
        "dct:publisher": _agent(catalogue.publisher),
        "dct:creator": _agent(catalogue.publisher),
        "dct:license": _licence(catalogue.licence_url),
        "dct:language": _language(catalogue.language),
        "foaf:homepage": _document(catalogue.home),
        "dcat:themeTaxonomy": {
            **_ref(f"{AUTHORITY}/data-theme"),
            "@type": "skos:ConceptScheme",
            "dct:title": _words("Data theme", "en"),
        },
        "dct:spatial": _place(catalogue.place, catalogue.box),
        "dct:modified": _instant(catalogue.modified_at),
        "dcat:service": [_service(one, catalogue) for one in catalogue.services],
        "dcat:dataset": [describe_entry(one) for one in catalogue.entries],
    }
    nodes = (_without_blanks(said),)
    return nodes if len(catalogue.pages) < 2 else (*nodes, _paging(catalogue))


def describe_entry(entry: Entry) -> Node:
    """Describe one dataset."""
    said = {
        "@id": entry.uri,
        "@type": "dcat:Dataset",
        "dct:identifier": _text(entry.identifier),
        "dct:title": _words(entry.title, entry.language),
        "dct:description": _words(entry.description or entry.title, entry.language),
        "dct:publisher": _agent(entry.publisher),
        "dct:creator": [_agent(Agent(name=name)) for name in entry.creators],
        "dcat:contactPoint": _contact(entry.contact),
        "dcat:landingPage": _document(entry.held_at or entry.page),
        "prov:wasDerivedFrom": [_ref(url) for url in entry.derived_from],
        "foaf:page": [_document(url) for url in entry.documentation],
        "dct:accessRights": {
            **_ref(f"{AUTHORITY}/access-right/PUBLIC"),
            "@type": "dct:RightsStatement",
        },
        "dcat:theme": _theme(entry.theme),
        "dcat:keyword": [_words(word, entry.language) for word in entry.keywords],
        "dct:spatial": _place(entry.place, entry.box),
        "dct:temporal": _period(entry.first_at, entry.last_at),
        "dct:issued": _instant(entry.issued_at),
        "dct:modified": _instant(entry.modified_at),
        "dct:language": _language(entry.language),
        "dcat:version": _text(entry.version),
        "dct:provenance": entry.provenance
        and {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": _words(entry.provenance, entry.language),
        },
        "prov:wasGeneratedBy": [
            {**_ref(url), "@type": "prov:Activity", "rdfs:label": _words(title, entry.language)}
            for url, title in entry.sources
        ],
        "dcat:distribution": [_distribution(one, entry) for one in entry.distributions],
        "dqv:hasQualityMeasurement": [
            _measurement(one, entry.language) for one in entry.measurements
        ],
    }
    if entry.promise:
        said["dct:accrualPeriodicity"] = {
            **_ref(f"{AUTHORITY}/frequency/{frequency_of(entry.promise)}"),
            "@type": "dct:Frequency",
        }
    return _without_blanks(said)


def _distribution(one: Distribution, entry: Entry) -> Node:
    return _without_blanks(
        {
            "@id": f"{one.url}#distribution",
            "@type": "dcat:Distribution",
            "dct:title": _words(one.title, entry.language),
            "dcat:accessURL": _ref(one.url),
            "dcat:downloadURL": _ref("" if one.is_page else one.url),
            "dcat:byteSize": one.byte_size is not None
            and _typed(str(one.byte_size), "xsd:nonNegativeInteger"),
            "dcat:mediaType": one.called.media_type
            and {
                **_ref(f"{MEDIA_TYPES}/{one.called.media_type}"),
                "@type": "dct:MediaType",
            },
            "dct:format": one.called.file_type
            and {
                **_ref(f"{AUTHORITY}/file-type/{one.called.file_type}"),
                "@type": "dct:MediaTypeOrExtent",
            },
            "dct:conformsTo": _standard(one.called.standard),
            "dct:license": _licence(entry.licence_url),
            "dct:rights": {
                "@type": "dct:RightsStatement",
                "rdfs:label": _words(_rights(entry), entry.language),
            },
            "dct:modified": _instant(entry.modified_at),
        }
    )


def _measurement(one: Measurement, language: str) -> Node:
    return {
        "@type": "dqv:QualityMeasurement",
        "dqv:isMeasurementOf": {
            **_ref(one.metric),
            "@type": "dqv:Metric",
            "skos:definition": _words(one.means, language),
            "dqv:expectedDataType": _ref(f"{PREFIXES['xsd']}integer"),
        },
        "dqv:value": _typed(str(one.value), "xsd:integer"),
    }


def _rights(entry: Entry) -> str:
    named = "" if entry.licence_url else ", ".join(entry.licences)
    return " ".join(part for part in (entry.attribution, named and f"({named})") if part)


def _service(one: Service, catalogue: Catalogue) -> Node:
    return _without_blanks(
        {
            "@id": f"{one.url}#service",
            "@type": "dcat:DataService",
            "dct:title": _words(one.title, catalogue.language),
            "dcat:endpointURL": _ref(one.url),
            "dcat:endpointDescription": _ref(one.description_url),
            "dct:conformsTo": _standard(one.standard),
            "dct:publisher": _agent(catalogue.publisher),
            "dcat:servesDataset": [_ref(entry.uri) for entry in catalogue.entries],
        }
    )


def _paging(catalogue: Catalogue) -> Node:
    """Say which page this is (hydra, as harvesters of DCAT follow it)."""
    pages, at = catalogue.pages, catalogue.number - 1
    ways = {"first": 0, "previous": at - 1, "next": at + 1, "last": len(pages) - 1}
    return {
        "@id": _iri(pages[at]),
        "@type": "hydra:PagedCollection",
        "hydra:totalItems": _typed(str(catalogue.total), "xsd:integer"),
        **{
            f"hydra:{way}Page": _text(pages[to])
            for way, to in ways.items()
            if 0 <= to < len(pages) and not (way in {"previous", "next"} and to == at)
        },
    }


# --- the small parts ---------------------------------------------------------------------------
def _without_blanks(node: Node) -> Node:
    lists = {
        key: [one for one in value if one] if isinstance(value, list) else value
        for key, value in node.items()
    }
    return {key: value for key, value in lists.items() if value}


def _iri(url: str) -> str:
    """Make an address that may stand in any form of RDF: what may not is percent-encoded."""
    return quote(url, safe="%:/?#[]@!$&'()*+,;=~-._", errors="replace")


def _ref(url: str) -> Node:
    return {"@id": _iri(url)} if url else {}


def _text(text: str) -> str:
    return _UNSAYABLE.sub("", text)


def _words(text: str, language: str) -> Node:
    return {"@value": _text(text), "@language": language} if text else {}


def _typed(text: str, kind: str) -> Node:
    return {"@value": text, "@type": kind}


def _instant(at: datetime | None) -> Node | None:
    return None if at is None else _typed(at.isoformat(), "xsd:dateTime")


def _agent(agent: Agent) -> Node:
    return _without_blanks(
        {
            **_ref(agent.uri),
            "@type": "foaf:Agent",
            "foaf:name": _text(agent.name),
            "foaf:homepage": _document(agent.web),
        }
    )


def _contact(agent: Agent) -> Node:
    return _without_blanks(
        {
            "@type": "vcard:Kind",
            "vcard:fn": _text(agent.name),
            "vcard:hasURL": _ref(agent.web),
            "vcard:hasEmail": _ref(f"mailto:{agent.email}" if agent.email else ""),
        }
    )


def _document(url: str) -> Node:
    return {**_ref(url), "@type": "foaf:Document"} if url else {}


def _standard(url: str) -> Node:
    return {**_ref(url), "@type": "dct:Standard"} if url else {}


def _licence(url: str) -> Node:
    return {**_ref(url), "@type": "dct:LicenseDocument"} if url else {}


def _language(tag: str) -> Node:
    code = LANGUAGES.get(tag.partition("-")[0], "")
    return {**_ref(f"{AUTHORITY}/language/{code}"), "@type": "dct:LinguisticSystem"} if code else {}


def _theme(code: str) -> Node:
    if code not in THEMES:
        return {}
    return {
        **_ref(f"{AUTHORITY}/data-theme/{code}"),
        "@type": "skos:Concept",
        "skos:prefLabel": _words(THEMES[code], "en"),
    }


def _place(uri: str, box: Box | None) -> Node:
    if not uri and box is None:
        return {}
    corners: Iterable[tuple[float, float]] = ()
    if box is not None:
        west, south, east, north = box.west, box.south, box.east, box.north
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ", ".join(f"{lon:g} {lat:g}" for lon, lat in corners)
    return _without_blanks(
        {
            **_ref(uri),
            "@type": "dct:Location",
            "dcat:bbox": ring and _typed(f"POLYGON(({ring}))", "geosparql:wktLiteral"),
        }
    )


def _period(first_at: datetime | None, last_at: datetime | None) -> Node:
    if first_at is None and last_at is None:
        return {}
    return _without_blanks(
        {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _instant(first_at),
            "dcat:endDate": _instant(last_at),
        }
    )
