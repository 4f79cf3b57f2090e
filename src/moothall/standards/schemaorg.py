"""What search engines for datasets read: schema.org's Dataset, as JSON-LD.

Source:   https://schema.org/Dataset
"""

from typing import Any

from moothall.standards.dcat.model import Entry
from moothall.standards.dcat.words import THEMES


def describe(entry: Entry, columns: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    """Describe a dataset.

    Shape:   `columns` by name, unit (UCUM) and meaning.
    """
    temporal = "/".join(at.isoformat() if at else ".." for at in (entry.first_at, entry.last_at))
    box = entry.box
    said: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": entry.uri,
        "name": entry.title,
        "description": entry.description or entry.title,
        "url": entry.page,
        "identifier": entry.identifier,
        "license": entry.licence_url or ", ".join(entry.licences),
        "creditText": entry.attribution,
        "isAccessibleForFree": True,
        "inLanguage": entry.language,
        "keywords": [*entry.keywords, *([THEMES[entry.theme]] if entry.theme in THEMES else [])],
        "publisher": {"@type": "Organization", "name": entry.publisher.name},
        "creator": [{"@type": "Organization", "name": name} for name in entry.creators],
        "dateModified": entry.modified_at and entry.modified_at.isoformat(),
        "datePublished": entry.issued_at and entry.issued_at.isoformat(),
        "version": entry.version,
        "temporalCoverage": temporal if entry.first_at or entry.last_at else None,
        "spatialCoverage": box
        and {
            "@type": "Place",
            "sameAs": entry.place,
            "geo": {
                "@type": "GeoShape",
                "box": f"{box.south} {box.west} {box.north} {box.east}",
            },
        },
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": name,
                **({"unitText": unit} if unit else {}),
                **({"description": meaning} if meaning else {}),
            }
            for name, unit, meaning in columns
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": way.title,
                "encodingFormat": way.called.media_type,
                "contentUrl": way.url,
            }
            for way in entry.distributions
        ],
    }
    return {key: value for key, value in said.items() if value not in (None, "", [])}
