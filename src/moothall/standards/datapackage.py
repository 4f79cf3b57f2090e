"""Frictionless Data Package: datasets as files with licences, sources and schemas.

Source:   https://specs.frictionlessdata.io/data-package/ (version 1, which today's tools read)
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moothall.standards import frictionless
from moothall.standards.licences import LICENCES
from moothall.values.observations import Column

_UNNAMED = re.compile(r"[^-A-Za-z0-9._]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One file: where it is, and what its columns are."""

    name: str
    path: str
    title: str
    description: str
    form: str
    media_type: str
    columns: tuple[Column, ...]
    size: int | None = None
    """Bytes, where known."""


def describe(
    *,
    name: str,
    title: str,
    description: str,
    homepage: str,
    made_at: datetime,
    licences: Iterable[str],
    sources: Sequence[tuple[str, str]],
    keywords: Sequence[str],
    resources: Iterable[Resource],
) -> bytes:
    """Write `datapackage.json`.

    Shape:   `sources` are titles and addresses, the address "" where there is none. A name is
             written in the small letters that the standard wants.
    """
    body: dict[str, Any] = {
        "profile": "data-package",
        "name": _name(name),
        "title": title,
        "description": description,
        "homepage": homepage,
        "created": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "licenses": [_licence(licence) for licence in licences],
        "sources": [{"title": words, **({"path": at} if at else {})} for words, at in sources],
        "resources": [_resource(one) for one in resources],
    }
    if keywords:
        body["keywords"] = list(keywords)
    return json.dumps({k: v for k, v in body.items() if v}, ensure_ascii=False, indent=1).encode()


def _name(name: str) -> str:
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name.lower())
    return kept.strip("-") or "data"


def _licence(licence: str) -> dict[str, str]:
    address = LICENCES.get(licence, licence)
    return {"name": _UNNAMED.sub("-", licence), **({"path": address} if "://" in address else {})}


def _resource(one: Resource) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": _name(one.name),
        "path": one.path,
        "title": one.title,
        "description": one.description,
        "format": one.form,
        "mediatype": one.media_type,
    }
    if one.size is not None:
        said["bytes"] = one.size
    if one.form == "csv":
        said |= {
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "dialect": {"delimiter": ",", "header": True},
            "schema": frictionless.write_schema(one.columns),
        }
    return said
