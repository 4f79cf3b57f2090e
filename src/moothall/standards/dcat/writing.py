"""A description as bytes: JSON-LD, Turtle and RDF/XML, each written straight from its nodes."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson

from moothall.standards.dcat.graph import PREFIXES, Node

MEDIA_TYPES = {
    "jsonld": "application/ld+json",
    "ttl": "text/turtle",
    "rdf": "application/rdf+xml",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def write(nodes: tuple[Node, ...], form: str) -> bytes:
    """Write a description in one of the forms of `MEDIA_TYPES`."""
    if form == "jsonld":
        return orjson.dumps({"@context": PREFIXES, "@graph": nodes})
    return "".join(_turtle(nodes) if form == "ttl" else _xml(nodes)).encode()


def _said(node: Node) -> Iterator[tuple[str, Any]]:
    """Name each thing a node says, one at a time."""
    for name, said in node.items():
        if not name.startswith("@"):
            for one in said if isinstance(said, list) else (said,):
                yield name, one


# --- Turtle ------------------------------------------------------------------------------------
def _turtle(nodes: tuple[Node, ...]) -> Iterator[str]:
    for prefix, uri in PREFIXES.items():
        yield f"@prefix {prefix}: <{uri}> .\n"
    waiting, told = list(nodes[::-1]), set()
    while waiting:
        node = waiting.pop()
        named: list[Node] = []
        text = f"\n<{node['@id']}> {_body(node, named)} .\n"
        waiting += named[::-1]
        # A publisher, a licence, a theme are met again and again, and say the same.
        if text not in told:
            told.add(text)
            yield text


def _body(node: Node, named: list[Node]) -> str:
    parts = [f"a {node['@type']}"]
    parts += [f"{name} {_term(one, named)}" for name, one in _said(node)]
    return " ;\n    ".join(parts)


def _term(said: Any, named: list[Node]) -> str:
    if not isinstance(said, dict):
        return f'"{said.translate(_ESCAPES)}"'
    if "@value" in said:
        tag = f"@{said['@language']}" if "@language" in said else f"^^{said['@type']}"
        return f'"{said["@value"].translate(_ESCAPES)}"{tag}'
    if "@id" not in said:
        return f"[ {_body(said, named)} ]"
    if len(said) > 1:
        named.append(said)
    return f"<{said['@id']}>"


# --- RDF/XML -----------------------------------------------------------------------------------
def _xml(nodes: tuple[Node, ...]) -> Iterator[str]:
    spaces = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in PREFIXES.items())
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="{_RDF}"{spaces}>\n'
    for node in nodes:
        yield from _element(node)
    yield "</rdf:RDF>\n"


def _element(node: Node) -> Iterator[str]:
    about = f" rdf:about={quoteattr(node['@id'])}" if "@id" in node else ""
    yield f"<{node['@type']}{about}>\n"
    for name, one in _said(node):
        if not isinstance(one, dict):
            yield f"<{name}>{escape(one)}</{name}>\n"
        elif "@value" in one:
            yield f"<{name}{_kind(one)}>{escape(one['@value'])}</{name}>\n"
        elif set(one) == {"@id"}:
            yield f"<{name} rdf:resource={quoteattr(one['@id'])}/>\n"
        else:
            yield f"<{name}>"
            yield from _element(one)
            yield f"</{name}>\n"
    yield f"</{node['@type']}>\n"


def _kind(said: Node) -> str:
    if "@language" in said:
        return f" xml:lang={quoteattr(said['@language'])}"
    prefix, _, rest = said["@type"].partition(":")
    return f" rdf:datatype={quoteattr(PREFIXES[prefix] + rest)}"


def best_form(accept: str) -> str:
    """Choose the form that an Accept header prefers to a page; "" where it prefers the page."""
    weights: dict[str, float] = {}
    for part in accept[:500].lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weights[media_type] = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weights[media_type] = _weight(parameter[2:])
    page = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    asked = [
        (weights[media_type], form)
        for form, media_type in MEDIA_TYPES.items()
        if weights.get(media_type, 0.0) > page
    ]
    return max(asked, default=(0.0, ""))[1]


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
