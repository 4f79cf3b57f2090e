"""Opendatasoft's Explore API: `/api/explore/v2.1/catalog/datasets`, and version 2.0 before it.

Source:  https://help.opendatasoft.com/apis/ods-explore-v2/
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from moothall.standards.catalogues import wording
from moothall.standards.catalogues.drafting import Drafts, Said
from moothall.standards.catalogues.entry import Answer

FORM = "opendatasoft"
LIST = "/api/explore/v2.1/catalog/datasets"
MOST = 100
"""Datasets it gives at once."""
FURTHEST = 10_000
"""It refuses to count on beyond this."""


def is_it(said: Any) -> bool:
    """Test whether a text of JSON is of this form."""
    return isinstance(said, Mapping) and (
        ("total_count" in said and isinstance(said.get("results", said.get("datasets")), list))
        or ("dataset_id" in said and "metas" in said)
    )


def read(said: Any, *, url: str = "") -> Answer:
    """Read a page, and name all the others; errors: ValueError if there is no list."""
    if not isinstance(said, Mapping):
        raise ValueError("it is no answer of the Explore API")
    if said.get("error_code") or "message" in said:
        raise ValueError(f"it answers with an error: {wording.one(said.get('message'))[:200]}")
    listed = [said] if "metas" in said else said.get("results", said.get("datasets"))
    if not isinstance(listed, list):
        raise ValueError("it has no list of datasets")
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}"
    drafts = Drafts(base=url)
    for number, one in enumerate(listed, start=1):
        inner = one.get("dataset", one) if isinstance(one, Mapping) else one
        if not isinstance(inner, Mapping) or not isinstance(inner.get("metas"), Mapping):
            drafts.refuse(f"dataset {number}", "it is no dataset", one)
        elif inner.get("visibility", "domain") == "restricted":
            drafts.tell(wording.one(inner.get("dataset_id")), "it is not public: left out")
        else:
            drafts.take(_said(inner, root), where=f"dataset {number}", item=inner)
    total = said.get("total_count")
    if isinstance(total, int) and total > FURTHEST:
        drafts.refuse("list", f"it has {total:,} datasets and gives the first {FURTHEST:,}")
    return Answer(
        form=FORM,
        entries=drafts.entries,
        issues=drafts.issues,
        more=_further(url, total=total, here=len(listed)),
        whole=not (isinstance(total, int) and total > FURTHEST),
    )


def _said(one: Mapping[str, Any], root: str) -> Said:
    metas = one["metas"]
    told, dcat = (
        part if isinstance(part, Mapping) else {}
        for part in (metas.get("default"), metas.get("dcat"))
    )
    name = wording.one(one.get("dataset_id"))
    territory = told.get("territory")
    return {
        "identifier": one.get("dataset_id") or one.get("dataset_uid"),
        "title": told.get("title"),
        "summary": told.get("description"),
        "publisher": told.get("publisher") or dcat.get("creator"),
        "contact_name": dcat.get("contact_name"),
        "contact_email": dcat.get("contact_email"),
        "licence": [told.get("license"), told.get("license_url")],
        "themes": told.get("theme"),
        "keywords": told.get("keyword"),
        "issued": dcat.get("issued") or dcat.get("created"),
        "modified": told.get("modified") or told.get("data_processed"),
        "first": wording.period(wording.one(dcat.get("temporal")))[0],
        "last": wording.period(wording.one(dcat.get("temporal")))[1],
        "every": told.get("update_frequency") or dcat.get("accrualperiodicity"),
        "landing_page": f"{root}/explore/dataset/{quote(name, safe='')}/" if name else "",
        "language": told.get("language"),
        "box": [told.get("geographic_area"), told.get("bbox")],
        "place": territory or told.get("geographic_reference_label"),
        "files": list(_files(one, f"{root}{LIST}/{quote(name, safe='')}")),
    }


def _files(one: Mapping[str, Any], at: str) -> list[Said]:
    features = one.get("features")
    forms: list[str] = []
    if one.get("has_records", True):
        geo = ["geojson"] if isinstance(features, list) and "geo" in features else []
        forms = ["csv", "json", *geo, "parquet"]
    ways: list[Said] = [
        {"url": f"{at}/exports/{form}", "title": form.upper(), "form": form} for form in forms
    ]
    for part in ("attachments", "alternative_exports"):
        listed = one.get(part)
        for way in listed if isinstance(listed, list) else []:
            if isinstance(way, Mapping) and way.get("id"):
                ways.append(
                    {
                        "url": way.get("url") or f"{at}/{part}/{quote(str(way['id']), safe='')}",
                        "title": way.get("title"),
                        "form": [way.get("mimetype"), way.get("title")],
                        "media_type": way.get("mimetype"),
                    }
                )
    return ways


def _further(url: str, *, total: Any, here: int) -> tuple[str, ...]:
    """Name the pages after this one, if this is the first."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    if not isinstance(total, int) or not here or asked.get("offset", "0") != "0":
        return ()
    return tuple(
        urlunsplit(
            parts._replace(query=urlencode({**asked, "limit": str(here), "offset": str(offset)}))
        )
        for offset in range(here, min(total, FURTHEST - here + 1), here)
    )
