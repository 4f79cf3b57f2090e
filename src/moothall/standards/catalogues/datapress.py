"""DataPress, as Data Mill North and the London Datastore serve it: `/api/v3/datasets/export.json`.

Shape:   a list of every dataset. The catalogue as data.gov.uk converts it is plain DCAT: see `pod`.
"""

from collections.abc import Mapping
from typing import Any

from moothall.standards.catalogues import wording
from moothall.standards.catalogues.drafting import Drafts, Said
from moothall.standards.catalogues.entry import Answer

FORM = "datapress"
EXPORT = "/api/v3/datasets/export.json"


def is_it(said: Any) -> bool:
    """Test whether a text of JSON is of this form."""
    return (
        isinstance(said, list)
        and bool(said)
        and any(
            isinstance(one, Mapping)
            and {"id", "title"} <= one.keys()
            and bool({"webpage", "createdAt", "sharing"} & one.keys())
            for one in said[:20]
        )
    )


def read(said: Any, *, url: str = "") -> Answer:
    """Read a whole list; what is not shared with the public is left out.

    Errors:  ValueError if it is no list.
    """
    if not isinstance(said, list):
        raise ValueError("it is no list of datasets")
    drafts = Drafts(base=url)
    for number, one in enumerate(said, start=1):
        where = f"dataset {number}"
        if not isinstance(one, Mapping):
            drafts.refuse(where, "it is no dataset", one)
        elif one.get("sharing", "public") != "public" or one.get("state", "active") != "active":
            drafts.tell(wording.one(one.get("id")) or where, "it is not public: left out")
        else:
            drafts.take(_said(one), where=where, item=one)
    return Answer(form=FORM, entries=drafts.entries, issues=drafts.issues)


def _said(one: Mapping[str, Any]) -> Said:
    contact = one.get("contact")
    person = contact if isinstance(contact, Mapping) else {"title": contact}
    resources = one.get("resources")
    # Older versions name each file by its id, newer ones list them.
    ways = list(resources.values()) if isinstance(resources, Mapping) else resources
    return {
        "identifier": one.get("id"),
        "title": one.get("title"),
        "summary": one.get("description"),
        "publisher": one.get("publisher") or one.get("author") or person.get("title"),
        "contact_name": person.get("title") or one.get("maintainer"),
        "contact_email": person.get("email") or one.get("maintainer_email"),
        "licence": [one.get("license"), one.get("licence"), one.get("licence_notes")],
        "themes": one.get("topics"),
        "keywords": one.get("tags"),
        "issued": one.get("createdAt"),
        "modified": one.get("updatedAt"),
        "every": one.get("update_frequency") or one.get("updateFrequency"),
        "landing_page": one.get("webpage"),
        "files": [
            {
                "url": way.get("url"),
                "title": way.get("title") or way.get("filename"),
                "form": [way.get("format") or _ending(way.get("filename"))],
                "size": way.get("size") or way.get("check_size"),
            }
            for way in (ways if isinstance(ways, list) else [])
            if isinstance(way, Mapping)
        ],
    }


def _ending(name: Any) -> str:
    return name.rpartition(".")[2] if isinstance(name, str) and "." in name else ""
