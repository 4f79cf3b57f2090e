"""Which form a catalogue is of, told by its bytes, and its datasets."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from moothall.standards.catalogues import ckan, datapress, opendatasoft, pod, rdf
from moothall.standards.catalogues.entry import Answer
from moothall.standards.csvtext import decode
from moothall.standards.jsontext import read_json

FORMS = ("ckan", "datapress", "opendatasoft", "pod", "jsonld", "ttl", "rdf")
"""What a pack or an officer may say a catalogue is; unsaid, its bytes tell."""
_READERS: Mapping[str, Callable[..., Answer]] = {
    "opendatasoft": opendatasoft.read,
    "datapress": datapress.read,
    "ckan": ckan.read,
    "pod": pod.read,
}


def first_address(url: str, form: str) -> str:
    """Return where to begin: of a bare portal, the address that lists all its datasets."""
    parts = urlsplit(url)
    bare = parts.path in {"", "/"} and not parts.query
    root = f"{parts.scheme}://{parts.netloc}"
    match form:
        case "ckan" if bare:
            return f"{root}{ckan.SEARCH}?rows={ckan.MOST}&start=0"
        case "ckan" if parts.path.endswith("package_search") and not parts.query:
            return f"{url.rstrip('?')}?rows={ckan.MOST}&start=0"
        case "opendatasoft" if bare:
            return f"{root}{opendatasoft.LIST}?limit={opendatasoft.MOST}&offset=0"
        case "opendatasoft" if parts.path.endswith("/datasets") and not parts.query:
            return f"{url.rstrip('?')}?limit={opendatasoft.MOST}&offset=0"
        case "datapress" if bare:
            return f"{root}{datapress.EXPORT}"
        case "pod" if bare:
            return f"{root}/data.json"
    return url


def read(body: bytes, *, url: str = "", form: str = "") -> Answer:
    """Read an answer of a catalogue, its form told or not.

    Errors:  ValueError, in a sentence, if nothing in it can be read as a catalogue.
    """
    start = decode(body[:2_000]).lstrip("\ufeff \t\r\n").encode()
    if form in {"ttl", "rdf"}:
        return rdf.read(body, form=form, url=url)
    if form == "" and start[:1] not in {b"{", b"["}:
        if start.startswith(b"<") and not _is_turtle(start):
            return rdf.read(body, form="rdf", url=url)
        return rdf.read(body, form="ttl", url=url)
    said = _json(body)
    if form == "jsonld" or (form == "" and _is_linked(said)):
        return rdf.read_linked(said, url=url)
    if form == "":
        form = _form_of(said)
    return _READERS[form](said, url=url)


def _is_turtle(start: bytes) -> bool:
    # An address in angle brackets begins a statement of Turtle, a name without colon-slash XML.
    head = start[1 : start.find(b">")]
    return b"://" in head and b" " not in head and b"=" not in head


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except ValueError as fault:
        if "not text" not in str(fault):
            raise
    return read_json(decode(body).encode())


def _is_linked(said: Any) -> bool:
    if isinstance(said, Mapping):
        if pod.is_it(said):
            return False
        return bool({"@graph", "@id", "@type"} & said.keys()) or any(":" in key for key in said)
    return isinstance(said, list) and any(
        isinstance(one, Mapping) and ("@id" in one or "@type" in one) and "title" not in one
        for one in said[:20]
    )


def _form_of(said: Any) -> str:
    tests = (
        ("opendatasoft", opendatasoft.is_it),
        ("datapress", datapress.is_it),
        ("ckan", ckan.is_it),
        ("pod", pod.is_it),
    )
    for form, is_it in tests:
        if is_it(said):
            return form
    if said == []:
        return "pod"
    raise ValueError("it is JSON, but no catalogue of a form we know")
