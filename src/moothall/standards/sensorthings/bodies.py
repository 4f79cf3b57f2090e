"""What a body states of an entity: read, and every fault in it named with its mend.

Source:   18-088, 10.2 and 10.3
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeAlias

import orjson

from moothall.standards.sensorthings import shapes
from moothall.standards.sensorthings.model import ENTITIES, Entity
from moothall.standards.sensorthings.times import read_span

DEEPEST = 20
"""How many objects and lists may stand within each other."""
MOST_ENTITIES = 1_000
"""Entities that one body makes, all that stands within it counted."""
LONGEST = 20_000
"""Characters of one text."""
MOST_FAULTS = 20
COMPUTED = frozenset({"phenomenonTime", "resultTime", "observedArea"})
"""What a Datastream has of its observations: what is stated of it is let be."""

Id: TypeAlias = str
"""As it stands in an address, without quotes."""


class UnableToWrite(ValueError):
    """What is sent cannot be kept: where it is wrong, and the mend, for each fault."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{where}: {mend}" for where, mend in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entity to be made, or what of one is to be changed.

    Shape:   `links` by name: the ids of what there is, and drafts of what is made with it.
    """

    entity: Entity
    values: Mapping[str, Any]
    links: Mapping[str, tuple["Id | Draft", ...]]


@dataclass(slots=True)
class _Reading:
    """One body, while it is read."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    entities: int = 0

    def fault(self, where: str, mend: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((where, mend))


def read_json(body: bytes) -> Any:
    """Read JSON that is neither too deep nor holds what cannot be kept; errors: UnableToWrite."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        why = str(fault).partition(": line")[0]
        raise UnableToWrite(("body", f"send JSON in UTF-8: {why}")) from fault
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """See that a value is not too deep and its texts can be kept; errors: UnableToWrite."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, deep = waiting.pop()
        if deep > DEEPEST:
            raise UnableToWrite(("body", f"is more than {DEEPEST} objects and lists deep"))
        if isinstance(one, dict):
            waiting += [(part, deep + 1) for part in one.values()]
            waiting += [(name, deep) for name in one]
        elif isinstance(one, list):
            waiting += [(part, deep + 1) for part in one]
        elif isinstance(one, str) and (len(one) > LONGEST or "\x00" in one):
            raise UnableToWrite(
                ("body", f"holds a text of more than {LONGEST:,} characters, or a null character")
            )


def read_new(entity: Entity, body: Any, *, given: frozenset[str] = frozenset()) -> Draft:
    """Read an entity to be made, with all that is made with it.

    Shape:   `given` are the links that the address it is sent to has said already.
    Errors:  UnableToWrite, naming every fault.
    """
    reading = _Reading()
    draft = _read(entity, body, reading, where="", given=given, whole=True)
    if reading.faults:
        raise UnableToWrite(*reading.faults)
    return draft


def read_change(entity: Entity, body: Any, *, whole: bool = False) -> Draft:
    """Read what of an entity is to be changed: all of it if `whole`, as PUT has it.

    Errors:  UnableToWrite, naming every fault; new entities within it are one.
    """
    reading = _Reading()
    given = frozenset(entity.must_link)
    draft = _read(entity, body, reading, where="", given=given, whole=whole)
    for link, named in draft.links.items():
        if any(isinstance(one, Draft) for one in named):
            reading.fault(link, 'name what there is, {"@iot.id": ...}: nothing is made by a change')
    if reading.faults:
        raise UnableToWrite(*reading.faults)
    return draft


def _read(
    entity: Entity,
    body: Any,
    reading: _Reading,
    *,
    where: str,
    given: frozenset[str],
    whole: bool,
) -> Draft:
    reading.entities += 1
    if reading.entities > MOST_ENTITIES:
        raise UnableToWrite(("body", f"makes more than {MOST_ENTITIES:,} entities: send fewer"))
    if not isinstance(body, dict):
        raise UnableToWrite((where or "body", f"is a {entity.name}: send an object"))
    values: dict[str, Any] = {}
    links: dict[str, tuple[Id | Draft, ...]] = {}
    said = ((n, v) for n, v in body.items() if "@iot." not in n and not n.startswith("@odata."))
    for name, value in said:
        if name in entity.links:
            if value is not None:
                links[name] = _link(entity, name, value, reading, where=where)
        elif name not in entity.properties:
            there = ", ".join((*entity.properties, *entity.links))
            reading.fault(f"{where}{name[:60]}", f"{entity.name} has no such property: {there}")
        elif not (entity.set == "Datastreams" and name in COMPUTED):
            _property(entity, name, value, values, reading, where=where)
    if whole:
        _miss(entity, body, links.keys() | given, reading, where)
    shapes.check_places(values, lambda name, mend: reading.fault(f"{where}{name}", mend))
    return Draft(entity=entity, values=values, links=links)


def _miss(
    entity: Entity, body: Mapping[str, Any], linked: Set[str], reading: _Reading, where: str
) -> None:
    """Note what an entity cannot be without."""
    for name in entity.required:
        if name not in body:
            reading.fault(f"{where}{name}", f"is missing: {entity.name} needs it")
    for name in sorted(set(entity.must_link) - linked):
        mend = f'is missing: name one, {{"{name}": {{"@iot.id": ...}}}}, or send it whole'
        reading.fault(f"{where}{name}", mend)


def _link(
    entity: Entity, name: str, value: Any, reading: _Reading, *, where: str
) -> tuple[Id | Draft, ...]:
    link = entity.links[name]
    if link.many != isinstance(value, list):
        form = "a list" if link.many else "one object"
        reading.fault(f"{where}{name}", f"send {form}")
        return ()
    found: list[Id | Draft] = []
    target = ENTITIES[link.target]
    back = frozenset(one for one in target.links if target.links[one].target == entity.set)
    for place, one in enumerate(value if link.many else [value]):
        here = f"{where}{name}[{place}]" if link.many else f"{where}{name}"
        if isinstance(one, dict) and "@iot.id" in one and len(one) == 1:
            named = read_id(one["@iot.id"])
            if named is None:
                reading.fault(f"{here}/@iot.id", "give an id: a whole number or a text")
            else:
                found.append(named)
        elif isinstance(one, dict):
            found.append(_read(target, one, reading, where=f"{here}/", given=back, whole=True))
        else:
            reading.fault(here, 'send {"@iot.id": ...}, or the whole entity')
    return tuple(found)


def read_id(value: Any) -> Id | None:
    """Read an id as JSON writes it: a whole number or a text; None for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= 500 else None


def _property(
    entity: Entity,
    name: str,
    value: Any,
    values: dict[str, Any],
    reading: _Reading,
    *,
    where: str,
) -> None:
    """Take a property if it is what it should be."""
    if value is None and name not in entity.required:
        values[name] = None
        return
    mend = _FORMS.get(name, _any)(value)
    if mend:
        reading.fault(f"{where}{name}", mend)
    else:
        values[name] = value


def _any(value: Any) -> str:
    return "is missing" if value is None else ""


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "send a text"


def _name(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "send a text that is not empty"


def _object(value: Any) -> str:
    return "" if isinstance(value, dict) else "send an object"


def _unit(value: Any) -> str:
    """See that a unit has its three parts, each a text or null."""
    if not isinstance(value, dict):
        return "send an object with name, symbol and definition"
    for part in ("name", "symbol", "definition"):
        if part not in value:
            return f"{part} is missing: a text, or null where there is none"
        if not isinstance(value[part], str | None):
            return f"{part}: send a text, or null"
    return ""


def _time(value: Any) -> str:
    return "" if _span(value) else "send an instant, 2026-01-05T12:00:00Z, or from/until"


def _instant(value: Any) -> str:
    found = _span(value)
    return "" if found and found.start == found.end else "send an instant: 2026-01-05T12:00:00Z"


def _interval(value: Any) -> str:
    found = _span(value)
    return "" if found and "/" in value else "send an interval: from/until"


def _span(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    try:
        found = read_span(value)
    except ValueError:
        return None
    return found if EARLIEST_YEAR <= found.start.year <= LATEST_YEAR else None


EARLIEST_YEAR, LATEST_YEAR = 1700, 2300
"""Beyond them an instant is a fault of a clock."""

_FORMS: Mapping[str, Callable[[Any], str]] = {
    "name": _name,
    "description": _text,
    "properties": _object,
    "parameters": _object,
    "encodingType": _name,
    "definition": _text,
    "observationType": _name,
    "unitOfMeasurement": _unit,
    "time": _instant,
    "phenomenonTime": _time,
    "resultTime": _instant,
    "validTime": _interval,
}

_OM = "OGC-OM/2.0/OM_"


def misfit(result: Any, observation_type: str) -> str:
    """Say why a result is none of the type its stream has; "" if it is."""
    sort = observation_type.rpartition(_OM)[2] if _OM in observation_type else ""
    if result is None:
        return "is missing: a stream has results, and what was not measured is not sent"
    number = isinstance(result, int | float) and not isinstance(result, bool)
    if number and not isfinite(result):
        return "send a number that is finite"
    if sort == "Measurement" and not number:
        return "send a number: the stream is of OM_Measurement"
    if sort == "CountObservation" and not (number and result == int(result)):
        return "send a whole number: the stream is of OM_CountObservation"
    if sort == "TruthObservation" and not isinstance(result, bool):
        return "send true or false: the stream is of OM_TruthObservation"
    if sort == "CategoryObservation" and not isinstance(result, str):
        return "send a text: the stream is of OM_CategoryObservation"
    return ""
