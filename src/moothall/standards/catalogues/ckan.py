"""CKAN: what `package_search`, `package_show` and their like answer, and data.gov.uk's own index.

Shape:   `{"result": {"count": .., "results": [..]}}`, a list of packages, one package, or Solr's
         `{"response": {"docs": [..]}}` whose documents carry a package as JSON within JSON.
Source:  https://docs.ckan.org/en/2.11/api/
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import orjson

from moothall.standards.catalogues import wording
from moothall.standards.catalogues.drafting import Drafts, Said
from moothall.standards.catalogues.entry import Answer

FORM = "ckan"
SEARCH = "/api/3/action/package_search"
MOST = 1_000
"""Packages it gives at once."""
MOST_PAGES = 300
"""More than are asked for in one run: of what is left out, a run says so."""


_MARKS = frozenset({"notes", "resources", "extras", "metadata_modified"})
"""Some of which every package has: an index also tells of organisations."""


def is_it(said: Any) -> bool:
    """Test whether a text of JSON is of this form."""
    if isinstance(said, Mapping):
        response = said.get("response")
        if isinstance(response, Mapping) and "docs" in response:
            return True
        return "result" in said or "success" in said or _is_package(said)
    return isinstance(said, list) and any(_is_package(one) for one in said[:20])


def _is_package(said: Any) -> bool:
    return isinstance(said, Mapping) and (
        "notes" in said or ("resources" in said and "name" in said) or "validated_data_dict" in said
    )


def read(said: Any, *, url: str = "") -> Answer:
    """Read a page, and name the others; errors: ValueError if CKAN itself reports one."""
    listed, count = _listed(said)
    names = [one for one in listed if isinstance(one, str)]
    if names and len(names) == len(listed):
        # Only their names: the search tells of them all.
        return Answer(form=FORM, entries=(), more=(_search(url),))
    root = url.partition("/api/")[0]
    drafts = Drafts(base=url)
    for number, one in enumerate(listed, start=1):
        where = f"package {number}"
        package = _whole(one, drafts, where)
        if package is not None and not _MARKS & package.keys():
            package = None
        if package is None:
            drafts.refuse(where, "it is no package", one)
        elif package.get("private") is True or package.get("state", "active") != "active":
            drafts.tell(wording.one(package.get("name")) or where, "it is not public: left out")
        else:
            drafts.take(_said(package, root), where=where, item=package)
    return Answer(
        form=FORM,
        entries=drafts.entries,
        issues=drafts.issues,
        more=_further(url, count=count, here=len(listed)),
    )


def _listed(said: Any) -> tuple[list[Any], int | None]:
    if isinstance(said, Mapping) and "response" in said:
        response = said["response"]
        docs = response.get("docs") if isinstance(response, Mapping) else None
        if not isinstance(docs, list):
            raise ValueError("its index answers without documents")
        return docs, None
    if isinstance(said, Mapping) and said.get("success") is False:
        error = said.get("error")
        told = error.get("message") if isinstance(error, Mapping) else error
        raise ValueError(f"CKAN answers with an error: {wording.one(told)[:200] or 'no words'}")
    result = said.get("result", said) if isinstance(said, Mapping) else said
    if isinstance(result, Mapping) and "results" in result:
        count = result.get("count")
        if not isinstance(result["results"], list):
            raise ValueError("its results are no list")
        return result["results"], count if isinstance(count, int) else None
    if isinstance(result, list):
        return result, None
    if isinstance(result, Mapping):
        return [result], None
    raise ValueError("it is no answer of CKAN")


def _whole(one: Any, drafts: Drafts, where: str) -> Mapping[str, Any] | None:
    """Return a package, taken out of the document of an index where it is in one."""
    if not isinstance(one, Mapping):
        return None
    text = one.get("validated_data_dict")
    if not isinstance(text, str):
        return one
    try:
        inner = orjson.loads(text)
    except orjson.JSONDecodeError:
        drafts.tell(wording.one(one.get("name")) or where, "its package within cannot be read")
        return {key: value for key, value in one.items() if key != "validated_data_dict"}
    return inner if isinstance(inner, Mapping) else one


def _said(one: Mapping[str, Any], root: str) -> Said:
    more = _extras(one.get("extras"))
    told = {**more, **{key: value for key, value in one.items() if value not in (None, "", [])}}
    owner = _thing(one.get("organization"))
    publisher, contact = _thing(told.get("publisher")), _thing(told.get("contact"))
    period = _thing(told.get("temporal_coverage"))
    place = _thing(told.get("spatial_coverage"))
    name = wording.one(one.get("name"))
    return {
        "identifier": told.get("identifier") or more.get("guid") or one.get("id") or name,
        "uri": told.get("uri"),
        "title": one.get("title") or name,
        "summary": one.get("notes"),
        "publisher": publisher.get("name")
        or more.get("publisher_name")
        or more.get("dcat_publisher_name")
        or owner.get("title")
        or owner.get("name")
        or one.get("author"),
        "contact_name": contact.get("name")
        or more.get("contact_name")
        or told.get("contact-name")
        or one.get("maintainer")
        or one.get("author"),
        "contact_email": contact.get("email")
        or more.get("contact_email")
        or told.get("contact-email")
        or one.get("maintainer_email")
        or one.get("author_email"),
        "contact_url": contact.get("url") or more.get("contact_uri") or told.get("foi-web"),
        "licence": [
            one.get("license_id"),
            one.get("license_url"),
            told.get("licence_url"),
            one.get("license_title"),
            told.get("licence"),
        ],
        "themes": [
            *_list(told.get("theme")),
            told.get("theme-primary"),
            *_list(told.get("theme-secondary")),
            *(_thing(group).get("name") for group in _list(one.get("groups"))),
            *(_thing(group).get("title") for group in _list(one.get("groups"))),
        ],
        "keywords": one.get("tags"),
        "issued": told.get("issued")
        or told.get("dcat_issued")
        or told.get("date_released")
        or one.get("metadata_created"),
        "modified": told.get("modified")
        or told.get("dcat_modified")
        or told.get("date_updated")
        or one.get("metadata_modified"),
        "first": told.get("temporal_start")
        or told.get("temporal_coverage-from")
        or period.get("start"),
        "last": told.get("temporal_end") or told.get("temporal_coverage-to") or period.get("end"),
        "every": [
            told.get("frequency"),
            told.get("update_frequency"),
            told.get("frequency-of-update"),
        ],
        "landing_page": one.get("url") or (root and name and f"{root}/dataset/{quote(name)}"),
        "language": told.get("language"),
        "box": [told.get("spatial"), place.get("bbox"), place.get("geom"), _sides(more)],
        "place": place.get("text") or told.get("geographic_coverage"),
        "files": [
            {
                "url": way.get("url"),
                "title": way.get("name") or way.get("description"),
                "form": [way.get("format"), way.get("mimetype")],
                "media_type": way.get("mimetype"),
                "size": way.get("size"),
            }
            for way in _list(one.get("resources"))
            if isinstance(way, Mapping)
        ],
    }


def _extras(said: Any) -> dict[str, Any]:
    if isinstance(said, Mapping):
        return dict(said)
    return {
        str(one["key"]): _unpacked(one.get("value"))
        for one in _list(said)
        if isinstance(one, Mapping) and isinstance(one.get("key"), str)
    }


def _unpacked(said: Any) -> Any:
    """Read the lists that an extra, which is always a text, holds as JSON."""
    if isinstance(said, str) and said.startswith("["):
        try:
            return orjson.loads(said)
        except orjson.JSONDecodeError:
            return said
    return said


def _sides(more: Mapping[str, Any]) -> str:
    sides = [
        wording.one(more.get(f"bbox-{way}"))
        for way in ("west-long", "south-lat", "east-long", "north-lat")
    ]
    return ",".join(sides) if all(sides) else ""


def _thing(said: Any) -> Mapping[str, Any]:
    if isinstance(said, list):
        said = said[0] if said else {}
    if isinstance(said, str):
        return {"name": said}
    return said if isinstance(said, Mapping) else {}


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said] if said else []


def _search(url: str) -> str:
    root = url.partition("/api/")[0]
    return f"{root}{SEARCH}?rows={MOST}&start=0"


def _further(url: str, *, count: int | None, here: int) -> tuple[str, ...]:
    """Name the pages after this one, if this is the first; as long as it said it lets pages be."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    if count is None or not here or asked.get("start", "0") != "0":
        return ()
    starts = range(here, count, here)[:MOST_PAGES]
    return tuple(
        urlunsplit(
            parts._replace(query=urlencode({**asked, "rows": str(here), "start": str(start)}))
        )
        for start in starts
    )
