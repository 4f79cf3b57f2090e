"""The question an address asks: which entities, which of their properties, and in what order."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moothall.standards.sensorthings import filters
from moothall.standards.sensorthings.filters import Expression, Order
from moothall.standards.sensorthings.model import ENTITIES, Entity, UnableToRead

MOST_AT_ONCE = 1000
"""Entities of one page, whatever `$top` asks."""
MOST_EXPANDED = 6
"""How many links deep an answer goes."""
_WHOLE = re.compile(r"\d{1,15}")
OPTIONS = frozenset(
    {
        "$filter",
        "$expand",
        "$select",
        "$orderby",
        "$top",
        "$skip",
        "$skiptoken",
        "$count",
        "$resultFormat",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question about the entities of one set.

    Shape:   `top` and `skip` as they were asked, None for not at all; `expand` by the name of the
             link.
    """

    filter: Expression | None = None
    expand: Mapping[str, "Query"]
    select: tuple[str, ...] = ()
    """Empty for all."""
    orderby: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    skiptoken: str = ""
    count: bool = False
    data_array: bool = False
    asked: tuple[tuple[str, str], ...] = ()
    """The options as they were written, for the address of the next page."""


def read(entity: Entity, pairs: Iterable[tuple[str, str]]) -> Query:
    """Read the options of an address.

    Shape:   names and values, decoded; those not of the standard are the server's own to judge and
             must be taken out before.
    Errors:  UnableToRead, naming the option.
    """
    return _read(entity, pairs, deep=0)


def _read(entity: Entity, pairs: Iterable[tuple[str, str]], *, deep: int) -> Query:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in OPTIONS:
            raise UnableToRead(name, f"is no option; there are {', '.join(sorted(OPTIONS))}")
        if name in given:
            raise UnableToRead(name, "is given twice")
        given[name] = value
    return Query(
        filter=filters.read_filter(given["$filter"]) if "$filter" in given else None,
        expand=_read_expand(entity, given.get("$expand", ""), deep=deep),
        select=_read_select(entity, given.get("$select")),
        orderby=filters.read_order(given["$orderby"]) if "$orderby" in given else (),
        top=_read_whole("$top", given["$top"]) if "$top" in given else None,
        skip=_read_whole("$skip", given.get("$skip", "0")),
        skiptoken=given.get("$skiptoken", ""),
        count=_read_boolean("$count", given.get("$count", "false")),
        data_array=_read_format(entity, given.get("$resultFormat", ""), deep=deep),
        asked=tuple(given.items()),
    )


def _read_whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise UnableToRead(name, "give a whole number, 0 or more")
    return int(text)


def _read_boolean(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise UnableToRead(name, "give true or false")
    return text.lower() == "true"


def _read_format(entity: Entity, text: str, *, deep: int) -> bool:
    if not text:
        return False
    if text != "dataArray" or entity.set != "Observations" or deep:
        raise UnableToRead("$resultFormat", "dataArray is the one there is, and of Observations")
    return True


def _read_select(entity: Entity, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple("id" if n.strip() == "@iot.id" else n.strip() for n in text.split(","))
    known = {"id", "@iot.selfLink", *entity.properties, *entity.links}
    for name in names:
        first = name.partition("/")[0]
        if first not in known or ("/" in name and first not in entity.open):
            raise UnableToRead("$select", f"{entity.name} has no {name!r}")
    return names


def _read_expand(entity: Entity, text: str, *, deep: int) -> Mapping[str, Query]:
    found: dict[str, Query] = {}
    if not text.strip():
        return found
    if deep >= MOST_EXPANDED:
        raise UnableToRead("$expand", f"goes more than {MOST_EXPANDED} links deep")
    for item in _split(text, ",", "$expand"):
        name, _, options = item.partition("(")
        first, _, further = name.strip().partition("/")
        link = entity.links.get(first)
        if link is None:
            raise UnableToRead("$expand", f"{entity.name} has no link {first!r}")
        if first in found:
            raise UnableToRead("$expand", f"{first} is expanded twice")
        target = ENTITIES[link.target]
        found[first] = _read(target, _pairs(first, further, options), deep=deep + 1)
    return found


def _pairs(link: str, further: str, options: str) -> list[tuple[str, str]]:
    """Read the options in the brackets after a link; A/B(options) is A($expand=B(options))."""
    if further:
        return [("$expand", f"{further}({options}" if options else further)]
    if not options:
        return []
    if not options.rstrip().endswith(")"):
        raise UnableToRead("$expand", f"the bracket after {link} is not closed")
    pairs = []
    for part in _split(options.rstrip()[:-1], ";", "$expand"):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise UnableToRead("$expand", f"{part.strip()[:40]!r} is no option with a value")
        pairs.append((name.strip(), value))
    return pairs


def _split(text: str, sign: str, where: str) -> list[str]:
    """Divide at a sign that stands neither within brackets nor within quotes."""
    parts, start, deep, quoted = [], 0, 0, False
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            deep += 1
        elif letter == ")":
            deep -= 1
            if deep < 0:
                raise UnableToRead(where, "a bracket is closed that was never opened")
        elif letter == sign and not deep:
            parts.append(text[start:place])
            start = place + 1
    if deep or quoted:
        raise UnableToRead(where, "a bracket or a quotation mark is not closed")
    return [*parts, text[start:]]
