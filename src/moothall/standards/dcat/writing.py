"""A description as bytes: JSON-LD as it is, Turtle and RDF/XML through rdflib."""

from typing import TYPE_CHECKING, Any

import orjson

from moothall.standards.dcat.graph import PREFIXES, Node

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import IdentifiedNode, Literal

MEDIA_TYPES = {
    "jsonld": "application/ld+json",
    "ttl": "text/turtle",
    "rdf": "application/rdf+xml",
}


def write(nodes: tuple[Node, ...], form: str) -> bytes:
    """Write a description in one of the forms of `MEDIA_TYPES`."""
    if form == "jsonld":
        return orjson.dumps({"@context": PREFIXES, "@graph": nodes})
    graph = _graph(nodes)
    return graph.serialize(format="turtle" if form == "ttl" else "xml", encoding="utf-8")


def _graph(nodes: tuple[Node, ...]) -> "Graph":
    from rdflib import Graph, Namespace

    graph = Graph(bind_namespaces="none")
    for prefix, uri in PREFIXES.items():
        graph.bind(prefix, Namespace(uri))
    for node in nodes:
        _add(graph, node)
    return graph


def _add(graph: "Graph", node: Node) -> "IdentifiedNode":
    from rdflib import RDF, BNode, URIRef

    subject = URIRef(node["@id"]) if "@id" in node else BNode()
    for name, said in node.items():
        if name == "@id":
            continue
        if name == "@type":
            graph.add((subject, RDF.type, URIRef(_whole(said))))
            continue
        for one in said if isinstance(said, list) else (said,):
            literal = not isinstance(one, dict) or "@value" in one
            graph.add(
                (subject, URIRef(_whole(name)), _literal(one) if literal else _add(graph, one))
            )
    return subject


def _literal(said: Any) -> "Literal":
    from rdflib import Literal, URIRef

    if not isinstance(said, dict):
        return Literal(said)
    if "@language" in said:
        return Literal(said["@value"], lang=said["@language"])
    # As it is written: a library that reads it as a number or a time may write it differently.
    return Literal(said["@value"], datatype=URIRef(_whole(said["@type"])), normalize=False)


def _whole(name: str) -> str:
    prefix, _, rest = name.partition(":")
    return PREFIXES[prefix] + rest


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
