"""Reads a filter, as text or as JSON, into its JSON: the package cql2 knows the text's grammar."""

import re
from typing import Any

import cql2
import orjson

LONGEST = 8_000
DEEPEST = 40
"""How many brackets may stand within each other: the package's own reader calls itself for each."""
MOST_PARTS = 400
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")


class UnableToFilter(ValueError):
    """A filter that cannot be read, or asks for what a column cannot say."""


def read(text: str, language: str) -> Any:
    """Read a filter as its JSON says it; errors: UnableToFilter."""
    if len(text) > LONGEST:
        raise UnableToFilter(f"it is longer than {LONGEST:,} characters")
    tree = _read_json(text) if language == "cql2-json" else _read_text(text)
    if _count(tree, 0) > MOST_PARTS:
        raise UnableToFilter(f"it has more than {MOST_PARTS} parts")
    return tree


def _read_text(text: str) -> Any:
    _check_depth(text)
    try:
        return cql2.parse_text(text).to_json()
    except cql2.ParseError as fault:
        place = re.search(r"--> (\d+):(\d+)", str(fault))
        where = f" at character {place[2]}" if place else ""
        raise UnableToFilter(f"it is no CQL2 text{where}") from None


def _check_depth(text: str) -> None:
    depth = 0
    for sign in _QUOTED.sub("", text):
        depth += (sign == "(") - (sign == ")")
        if depth > DEEPEST:
            raise UnableToFilter(f"it has more than {DEEPEST} brackets within each other")


def _read_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise UnableToFilter(f"it is no JSON: {fault}") from None


def _count(tree: Any, depth: int) -> int:
    """Count the parts of a filter; numbers within lists, as coordinates are, do not count."""
    if depth > 2 * DEEPEST:
        raise UnableToFilter("its parts stand too deep within each other")
    if isinstance(tree, dict):
        return 1 + sum(_count(part, depth + 1) for part in tree.values())
    if isinstance(tree, list):
        return sum(_count(part, depth + 1) for part in tree if isinstance(part, dict | list))
    return 0
