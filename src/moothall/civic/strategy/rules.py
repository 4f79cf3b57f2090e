"""What a strategy is: layers of nodes, each serving others. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TOP = ("title", "lead", "source", "licence", "level", "node")
_LEVEL = ("id", "one", "many", "words", "link", "back")
_TOP_LEVEL = ("id", "one", "many", "words")
_NODE = ("id", "level", "title", "words", "serves", "services", "source", "licence")
_NODE_REQUIRED = ("id", "level", "title", "words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One layer of a strategy, as its city calls it."""

    id: str
    one: str
    many: str
    words: str
    link: str
    """How its nodes relate to what they serve: "Serves", "Is part of"."""
    back: str
    """How what they serve relates to them: "Served by", "Leads to"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing a city set out to do, at one level."""

    id: str
    level: Level
    title: str
    words: str
    serves: tuple[str, ...]
    services: tuple[str, ...]
    """Names of the services of this site that show it or do it."""
    source: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A whole strategy."""

    title: str
    lead: str
    source: str
    licence: str
    levels: tuple[Level, ...]
    nodes: tuple[Node, ...]

    def find(self, id: str) -> Node | None:
        """Find a node."""
        return next((node for node in self.nodes if node.id == id), None)

    def of(self, level: Level) -> tuple[Node, ...]:
        """Return the nodes of a level, in the order the city gives them."""
        return tuple(node for node in self.nodes if node.level == level)

    def served_by(self, node: Node) -> tuple[Node, ...]:
        """Return what serves a node."""
        return tuple(other for other in self.nodes if node.id in other.serves)

    def serves(self, node: Node) -> tuple[Node, ...]:
        """Return what a node serves."""
        return tuple(other for other in self.nodes if other.id in node.serves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node in a nested list: each stands once, under the first thing it serves."""

    node: Node
    also: tuple[Node, ...]
    """What else it serves."""
    branches: tuple["Branch", ...]


def read_outline(table: Mapping[str, Any]) -> Outline | None:
    """Make a strategy of a pack's table; None if it states none.

    Errors:  ValueError, naming what is wrong, for a table that `list_faults` finds fault with.
    """
    if not table.get("node"):
        return None
    for fault in list_faults(table):
        raise ValueError(fault)
    levels = {
        row["id"]: Level(**{key: str(row.get(key, "")) for key in _LEVEL}) for row in table["level"]
    }
    return Outline(
        title=table["title"],
        lead=table["lead"],
        source=table["source"],
        licence=table["licence"],
        levels=tuple(levels.values()),
        nodes=tuple(
            Node(
                id=row["id"],
                level=levels[row["level"]],
                title=row["title"],
                words=row["words"],
                serves=tuple(row.get("serves", ())),
                services=tuple(row.get("services", ())),
                source=row.get("source", table["source"]),
                licence=row.get("licence", table["licence"]),
            )
            for row in table["node"]
        ),
    )


def grow(outline: Outline) -> tuple[Branch, ...]:
    """Nest every node once: under the first node it serves, or at the top if it serves none."""
    under: dict[str | None, list[Node]] = {}
    for node in outline.nodes:
        under.setdefault(node.serves[0] if node.serves else None, []).append(node)

    def branches(of: str | None) -> tuple[Branch, ...]:
        return tuple(
            Branch(
                node=node,
                also=tuple(other for other in outline.serves(node) if other.id != of),
                branches=branches(node.id),
            )
            for node in under.get(of, ())
        )

    return branches(None)


def list_faults(table: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a strategy as a pack states it, a sentence each."""
    for key in _TOP:
        if not table.get(key):
            yield f'the strategy has no "{key}"'
    yield from _unknown("the strategy", table, (*_TOP, "city", "feeds"))
    levels, nodes = table.get("level", ()), table.get("node", ())
    for place, level in enumerate(levels, start=1):
        name = f"[[level]] {level.get('id') or place}"
        # At the top nothing is served, and so nothing need be said of how.
        serving = any(node.get("level") == level.get("id") and node.get("serves") for node in nodes)
        for key in _LEVEL if serving else _TOP_LEVEL:
            if not level.get(key):
                yield f'{name} has no "{key}"'
        yield from _unknown(name, level, _LEVEL)
    for place, node in enumerate(nodes, start=1):
        name = f"[[node]] {node.get('id') or place}"
        yield from (f'{name} has no "{key}"' for key in _NODE_REQUIRED if not node.get(key))
        yield from _unknown(name, node, _NODE)
        if node.get("id") and not _ID.fullmatch(node["id"]):
            yield f"{name} is not named in small letters, digits and hyphens"
    yield from _twice("[[level]]", levels)
    yield from _twice("[[node]]", nodes)
    yield from _broken_links(levels, nodes)
    yield from _circles(nodes)


def _unknown(name: str, table: Mapping[str, Any], known: Iterable[str]) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f'nothing reads "{key}" of {name}{_meant(key, known)}'


def _meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, tuple(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _twice(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    ids = [row.get("id") for row in rows]
    for id in dict.fromkeys(ids):
        if id and ids.count(id) > 1:
            yield f"{name} {id} is there {ids.count(id)} times"


def _broken_links(
    levels: Iterable[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    level_ids = [str(level.get("id")) for level in levels]
    node_ids = [str(node.get("id")) for node in nodes]
    for node in nodes:
        name = f"[[node]] {node.get('id')}"
        if node.get("level") not in level_ids:
            level = str(node.get("level"))
            yield f'{name} is of no level there is: "{level}"{_meant(level, level_ids)}'
        for id in node.get("serves", ()):
            if id not in node_ids:
                yield f'{name} serves "{id}", which is not there{_meant(str(id), node_ids)}'


def _circles(nodes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A thing must not serve itself, by however long a way."""
    serves = {node.get("id"): tuple(node.get("serves", ())) for node in nodes}
    done: set[Any] = set()

    def walk(id: Any, way: tuple[Any, ...]) -> Iterator[str]:
        if id in way:
            yield f"[[node]] {' serves '.join((*way[way.index(id) :], id))}: that is a circle"
        elif id not in done:
            for other in serves.get(id, ()):
                yield from walk(other, (*way, id))
            done.add(id)

    for id in serves:
        yield from walk(id, ())
