"""Reads the city's strategy."""

from dataclasses import dataclass
from functools import lru_cache

from moothall.civic.strategy.rules import Branch, Level, Node, Outline, grow, read_outline
from moothall.kernel import packs


class UnableToFindNode(LookupError):
    """The strategy has no such item; the message is fit to show a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePage:
    """One node with what it serves and what serves it."""

    node: Node
    serves: tuple[Node, ...]
    served_by: tuple[tuple[Level, tuple[Node, ...]], ...]
    """By level, in the order of the levels."""


def find_outline() -> Outline | None:
    """Return the city's strategy, or None if its pack states none."""
    return _outline(packs.current())


@lru_cache(maxsize=4)
def _outline(pack: packs.Pack) -> Outline | None:
    return read_outline(pack.section("strategy"))


def list_branches() -> tuple[Branch, ...]:
    """Return the strategy as a nested list in which every node stands once."""
    outline = find_outline()
    return grow(outline) if outline else ()


def list_nodes() -> tuple[Node, ...]:
    """Return the nodes of the strategy."""
    outline = find_outline()
    return outline.nodes if outline else ()


def get_node(id: str) -> NodePage:
    """Return a node with its links both ways.

    Errors:  UnableToFindNode.
    """
    outline = find_outline()
    node = outline.find(id) if outline else None
    if outline is None or node is None:
        raise UnableToFindNode(f"There is nothing called {id} in the strategy.")
    serving = outline.served_by(node)
    return NodePage(
        node=node,
        serves=outline.serves(node),
        served_by=tuple(
            (level, nodes)
            for level in outline.levels
            if (nodes := tuple(one for one in serving if one.level == level))
        ),
    )
