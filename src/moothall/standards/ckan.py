"""What CKAN's Action API says of a dataset, an organisation, a group and a tag.

Source:   https://docs.ckan.org/en/2.11/api/
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from moothall.standards.dcat.model import Distribution, Entry
from moothall.standards.dcat.words import THEMES, duration_of

Thing = dict[str, Any]
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_-]+")


def name_of(identifier: str) -> str:
    """Name a dataset as CKAN allows: small letters, digits and dashes."""
    return _NOT_IN_A_NAME.sub("-", identifier.lower()).strip("-")


def id_of(*names: str) -> str:
    """Give a thing the one UUID that its names make."""
    return str(uuid5(NAMESPACE_URL, "/".join(names)))


def package(entry: Entry, organisation: Thing) -> Thing:
    """Describe a dataset with its resources."""
    name = name_of(entry.identifier)
    said = {
        "id": id_of("dataset", entry.identifier),
        "name": name,
        "title": entry.title,
        "notes": entry.description,
        "url": entry.held_at or entry.page,
        "type": "dataset",
        "state": "active",
        "private": False,
        "isopen": bool(entry.licence_url),
        "version": entry.version or None,
        "author": ", ".join(entry.creators),
        "maintainer": entry.contact.name,
        "maintainer_email": entry.contact.email or None,
        "license_id": entry.licences[0] if len(entry.licences) == 1 else None,
        "license_title": ", ".join(entry.licences),
        "license_url": entry.licence_url or None,
        "metadata_created": _instant(entry.issued_at or entry.modified_at),
        "metadata_modified": _instant(entry.modified_at),
        "organization": organisation,
        "owner_org": organisation["id"],
        "groups": [group(entry.theme)] if entry.theme in THEMES else [],
        "tags": [tag(word) for word in entry.keywords],
        "num_tags": len(entry.keywords),
        "resources": [
            _resource(one, entry, number) for number, one in enumerate(entry.distributions)
        ],
        "num_resources": len(entry.distributions),
        "extras": _extras(entry),
        "relationships_as_object": [],
        "relationships_as_subject": [],
    }
    return said


def _extras(entry: Entry) -> list[Thing]:
    box = entry.box
    ring = box and [
        [box.west, box.south],
        [box.east, box.south],
        [box.east, box.north],
        [box.west, box.north],
        [box.west, box.south],
    ]
    said = {
        "identifier": entry.identifier,
        "uri": entry.uri,
        "attribution": entry.attribution,
        "frequency": entry.promise and f"R/{duration_of(entry.promise)}",
        "temporal_start": entry.first_at and entry.first_at.isoformat(),
        "temporal_end": entry.last_at and entry.last_at.isoformat(),
        "spatial": ring and f'{{"type":"Polygon","coordinates":[{ring}]}}'.replace(" ", ""),
        "spatial_uri": entry.place,
        "language": entry.language,
        "provenance": entry.provenance,
        "origin": ", ".join(entry.origins),
    }
    return [{"key": key, "value": value} for key, value in said.items() if value]


def _resource(one: Distribution, entry: Entry, number: int) -> Thing:
    return {
        "id": id_of("resource", entry.identifier, one.url if entry.held_at else one.form),
        "package_id": id_of("dataset", entry.identifier),
        "name": one.title,
        "description": "",
        "format": one.called.words,
        "mimetype": one.called.media_type,
        "url": one.url,
        "size": one.byte_size,
        "hash": "",
        "position": number,
        "state": "active",
        "created": _instant(entry.issued_at or entry.modified_at),
        "last_modified": _instant(entry.modified_at),
        "datastore_active": not entry.held_at,
    }


def organisation(slug: str, title: str, count: int | None = None) -> Thing:
    """Describe an organisation."""
    return _named(slug, title, id_of("organization", slug), count, is_organization=True)


def group(theme: str, count: int | None = None) -> Thing:
    """Describe a theme, as the group of its datasets."""
    slug = theme.lower()
    title = THEMES.get(theme, theme)
    return _named(slug, title, id_of("group", slug), count, is_organization=False)


def _named(slug: str, title: str, id: str, count: int | None, *, is_organization: bool) -> Thing:
    said: Thing = {
        "id": id,
        "name": slug,
        "title": title,
        "display_name": title,
        "description": "",
        "image_url": "",
        "type": "organization" if is_organization else "group",
        "is_organization": is_organization,
        "state": "active",
    }
    return said if count is None else {**said, "package_count": count}


def tag(word: str) -> Thing:
    """Describe a keyword."""
    return {
        "id": id_of("tag", word),
        "name": word,
        "display_name": word,
        "state": "active",
        "vocabulary_id": None,
    }


def _instant(at: datetime | None) -> str | None:
    if at is None:
        return None
    # CKAN writes its times in UTC without saying so.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


# --- what is asked -----------------------------------------------------------------------------
_CONDITION = re.compile(
    r'(?P<no>[-!]?)\+?(?P<field>[A-Za-z_]+):(?:"(?P<quoted>[^"]*)"|\((?P<any>[^)]*)\)'
    r"|\[(?P<from>\S+) TO (?P<until>\S+)\]|(?P<plain>[^\s()\"]+))"
)


class Condition:
    """One part of a filter query: a field, and what it must or must not say."""

    __slots__ = ("between", "field", "negated", "values")

    def __init__(self, found: re.Match[str]) -> None:
        self.field = found["field"]
        self.negated = bool(found["no"])
        self.between = (found["from"], found["until"]) if found["from"] else None
        said = found["quoted"] if found["quoted"] is not None else found["plain"] or ""
        self.values: tuple[str, ...] = (said,)
        if found["any"] is not None:
            parts = re.split(r"\s+(?:OR|AND)\s+|\s+", found["any"].strip())
            self.values = tuple(part.strip('"') for part in parts)

    def holds(self, said: Iterable[str]) -> bool:
        """Test whether what a field says meets this condition; in any case of letters."""
        told = [one.casefold() for one in said]
        if self.between:
            low, high = (one.rstrip("Z") for one in self.between)
            met = any(
                (low == "*" or one >= low.casefold()) and (high == "*" or one <= high.casefold())
                for one in told
            )
        else:
            met = any((one == "*" and bool(told)) or one.casefold() in told for one in self.values)
        return met != self.negated


def read_filter(text: str) -> tuple[Condition, ...]:
    """Read a filter query of plain conditions, all of which must hold.

    Errors:  ValueError for what is not made of them.
    """
    rest = _CONDITION.sub(" ", text)
    if rest.replace("AND", " ").replace("*:*", " ").strip(" +"):
        raise ValueError(f"cannot read {rest.strip()[:80]!r}: give field:value, joined by AND")
    return tuple(Condition(found) for found in _CONDITION.finditer(text))
