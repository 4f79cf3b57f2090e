"""The address of entities: which set, by way of which others, and what of it.

Source:   18-088, 9.2
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from moothall.standards.sensorthings.model import ENTITIES, Entity, UnableToRead

MOST_STEPS = 12
_STEP = re.compile(r"(?P<name>[A-Za-z]+)(?:\((?P<id>'(?:[^']|'')*'|[^()']*)\))?")
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Step:
    """One link followed, from the set before it; `id` where one entity of many is meant."""

    link: str
    entity: Entity
    id: str | None
    many: bool
    """Whether it leads to several: a set without an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What an address names.

    Shape:   at least one step; `of` where a property of the last entity is meant, with `members`
             where it is open; `value` for the bare value of it, `ref` for links alone.
    """

    steps: tuple[Step, ...]
    of: str = ""
    members: tuple[str, ...] = ()
    value: bool = False
    ref: bool = False

    @property
    def entity(self) -> Entity:
        """What sort it leads to."""
        return self.steps[-1].entity

    @property
    def many(self) -> bool:
        """Whether it leads to a set."""
        return self.steps[-1].many


class UnableToFindPath(LookupError):
    """There is nothing of that name here."""


def read(path: str) -> Address:
    """Read the part of an address after the service's root.

    Errors:  UnableToFindPath where nothing is called that; UnableToRead where an id is none.
    """
    parts = [unquote(part) for part in path.strip("/").split("/") if part]
    if len(parts) > MOST_STEPS:
        raise UnableToFindPath(f"The address has more than {MOST_STEPS} parts.")
    steps: list[Step] = []
    for number, part in enumerate(parts):
        step = _step(part, steps[-1] if steps else None)
        if step is None:
            return _rest(tuple(steps), parts[number:])
        steps.append(step)
    if not steps:
        raise UnableToFindPath("The address names nothing.")
    return Address(steps=tuple(steps))


def _step(part: str, before: Step | None) -> Step | None:
    """Follow one part; None where it names no entities."""
    match = _STEP.fullmatch(part)
    if match is None:
        return None
    name, given = match["name"], match["id"]
    if before is None:
        entity, many = ENTITIES.get(name), True
    else:
        if before.many:
            return None
        link = before.entity.links.get(name)
        entity, many = (ENTITIES[link.target], link.many) if link else (None, False)
    if entity is None:
        return None
    if given is None:
        return Step(name, entity, None, many)
    if not many:
        raise UnableToFindPath(f"{name} is one: it takes no id.")
    return Step(name, entity, read_id(given, name), many=False)


def read_id(text: str, where: str = "id") -> str:
    """Read an id as an address writes it: a whole number, or a text in quotes."""
    if text.startswith("'") and text.endswith("'") and len(text) >= 2:
        return text[1:-1].replace("''", "'")
    if not _WHOLE.fullmatch(text):
        raise UnableToRead(where, "give an id: a whole number, or a text in single quotes")
    return text


def _rest(steps: tuple[Step, ...], parts: list[str]) -> Address:
    """Read what stands after the last entity: a property, `$value`, `$ref`."""
    if not steps:
        raise UnableToFindPath(f"There is no set called {parts[0][:60]!r}.")
    last = steps[-1]
    if parts == ["$ref"]:
        return Address(steps=steps, ref=True)
    if last.many or parts[0] not in {"id", "@iot.id", *last.entity.properties}:
        raise UnableToFindPath(f"{last.entity.name} has no {parts[0][:60]!r}.")
    name, members = parts[0], parts[1:]
    value = bool(members) and members[-1] == "$value"
    members = members[:-1] if value else members
    if members and name not in last.entity.open:
        raise UnableToFindPath(f"{name} of {last.entity.name} has no parts.")
    return Address(
        steps=steps,
        of="id" if name == "@iot.id" else name,
        members=tuple(members),
        value=value,
    )
