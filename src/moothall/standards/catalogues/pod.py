"""`data.json` (DCAT-US 1.1, once Project Open Data), and plain lists of DCAT in JSON.

Shape:   an object with `dataset`, or the list itself, as councils' portals are converted into.
Source:  https://resources.data.gov/resources/dcat-us/
"""

from collections.abc import Mapping
from typing import Any

from moothall.standards.catalogues import wording
from moothall.standards.catalogues.drafting import Drafts, Said
from moothall.standards.catalogues.entry import Answer

FORM = "pod"


def is_it(said: Any) -> bool:
    """Test whether a text of JSON is of this form."""
    listed = _listed(said)
    if not isinstance(listed, list):
        return False
    return any(
        isinstance(one, Mapping) and ("title" in one or "identifier" in one) for one in listed[:20]
    )


def read(said: Any, *, url: str = "") -> Answer:
    """Read a whole list; errors: ValueError if there is none."""
    listed = _listed(said)
    if not isinstance(listed, list):
        raise ValueError("it has no list of datasets")
    drafts = Drafts(base=url)
    for number, one in enumerate(listed, start=1):
        where = f"dataset {number}"
        if not isinstance(one, Mapping):
            drafts.refuse(where, "it is no dataset", one)
        elif str(one.get("accessLevel", "public")).strip().lower() != "public":
            drafts.tell(wording.one(one.get("identifier")) or where, "it is not public: left out")
        else:
            drafts.take(_said(one), where=where, item=one)
    return Answer(form=FORM, entries=drafts.entries, issues=drafts.issues)


def _listed(said: Any) -> Any:
    if not isinstance(said, Mapping):
        return said
    alone = "title" in said and bool({"distribution", "landingPage"} & said.keys())
    if alone and "dataset" not in said:
        return [said]
    listed = said.get("dataset")
    return [listed] if isinstance(listed, Mapping) else listed


def _said(one: Mapping[str, Any]) -> Said:
    publisher, contact = _thing(one.get("publisher")), _thing(one.get("contactPoint"))
    first, last = wording.period(wording.one(one.get("temporal")))
    # What changes all the time may say how often instead of when.
    repeats = wording.one(one.get("modified")).upper().startswith("R/")
    return {
        "identifier": one.get("identifier"),
        "uri": one.get("@id"),
        "title": one.get("title"),
        "summary": one.get("description"),
        "publisher": publisher.get("name"),
        "contact_name": contact.get("fn") or contact.get("name"),
        "contact_email": contact.get("hasEmail")
        or contact.get("email")
        or publisher.get("email")
        or publisher.get("mbox"),
        "contact_url": contact.get("hasURL"),
        "licence": [one.get("license"), one.get("rights")],
        "themes": one.get("theme"),
        "keywords": one.get("keyword"),
        "issued": one.get("issued"),
        "modified": "" if repeats else one.get("modified"),
        "first": first,
        "last": last,
        "every": [one.get("accrualPeriodicity"), one.get("modified") if repeats else ""],
        "landing_page": one.get("landingPage"),
        "language": one.get("language"),
        "box": one.get("spatial"),
        "place": _place(one.get("spatial")),
        "files": [_file(way) for way in _list(one.get("distribution")) if isinstance(way, Mapping)],
    }


def _file(way: Mapping[str, Any]) -> Said:
    return {
        "url": way.get("downloadURL"),
        "page": way.get("accessURL"),
        "title": way.get("title"),
        "form": [way.get("format"), way.get("mediaType")],
        "media_type": way.get("mediaType"),
        "size": way.get("byteSize"),
    }


def _thing(said: Any) -> Mapping[str, Any]:
    """Return what is said of somebody: of the first, if of several; a text is a name."""
    if isinstance(said, list):
        said = said[0] if said else {}
    if isinstance(said, str):
        return {"name": said}
    return said if isinstance(said, Mapping) else {}


def _place(said: Any) -> str:
    text = wording.one(said)
    return "" if wording.box(text) or text.startswith("{") else text


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said] if said else []
