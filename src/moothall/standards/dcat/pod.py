"""`data.json`: the flat catalogue that harvesters of open-government data read (DCAT-US 1.1).

Source:   https://resources.data.gov/resources/dcat-us/
"""

from typing import Any

from moothall.standards.dcat.model import Agent, Catalogue, Entry
from moothall.standards.dcat.words import THEMES, duration_of

SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"


def describe(catalogue: Catalogue) -> dict[str, Any]:
    """Describe all entries of a catalogue."""
    return {
        "@context": f"{SCHEMA}/catalog.jsonld",
        "@id": catalogue.uri,
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA,
        "describedBy": f"{SCHEMA}/catalog.json",
        "title": catalogue.title,
        "description": catalogue.description,
        "dataset": [_entry(one) for one in catalogue.entries],
    }


def _entry(one: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "identifier": one.identifier,
        "title": one.title,
        "description": one.description or one.title,
        "publisher": {"@type": "org:Organization", "name": one.publisher.name},
        "contactPoint": _contact(one.contact),
        "accessLevel": "public",
        "keyword": list(one.keywords) or [one.title],
        "theme": [THEMES[one.theme]] if one.theme in THEMES else None,
        "license": one.licence_url or None,
        "rights": None if one.licence_url else ", ".join(one.licences),
        "attribution": one.attribution,
        "modified": one.modified_at and one.modified_at.isoformat(),
        "issued": one.issued_at and one.issued_at.isoformat(),
        "temporal": one.first_at
        and one.last_at
        and f"{one.first_at.isoformat()}/{one.last_at.isoformat()}",
        "spatial": one.box and f"{one.box.west},{one.box.south},{one.box.east},{one.box.north}",
        "accrualPeriodicity": one.promise and f"R/{duration_of(one.promise)}",
        "language": [one.language],
        "landingPage": one.held_at or one.page,
        "references": list(one.documentation) or None,
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": way.title,
                "format": way.called.words,
                **({"mediaType": way.called.media_type} if way.called.media_type else {}),
                ("accessURL" if way.is_page else "downloadURL"): way.url,
                **({"conformsTo": way.called.standard} if way.called.standard else {}),
            }
            for way in one.distributions
        ],
        # What a city's own programs ask of it besides.
        "rows": one.rows,
        "last_at": one.last_at and one.last_at.isoformat(),
        "origin": list(one.origins),
    }
    return {key: value for key, value in said.items() if value is not None}


def _contact(agent: Agent) -> dict[str, str]:
    said = {"@type": "vcard:Contact", "fn": agent.name}
    if agent.email:
        said["hasEmail"] = f"mailto:{agent.email}"
    if agent.web:
        said["hasURL"] = agent.web
    return said
