"""Many observations in one body, as rows of values: CreateObservations.

Source:   18-088, 13.2
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moothall.standards.sensorthings import bodies
from moothall.standards.sensorthings.bodies import Id, UnableToWrite
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.times import read_span

MOST = 200_000
"""Observations of one body."""
_FEATURE = "FeatureOfInterest/id"
_KNOWN = (*ENTITIES["Observations"].properties, _FEATURE)


@dataclass(frozen=True, slots=True)
class Rows:
    """The observations of one stream: `components` names what each value of a row is."""

    stream: Id
    components: tuple[str, ...]
    rows: Sequence[Any]


def read(body: Any) -> tuple[Rows, ...]:
    """Read a body; its rows are read one by one, as each may be wrong by itself.

    Errors:  UnableToWrite for what is wrong with the body as a whole.
    """
    if not isinstance(body, list):
        raise UnableToWrite(("body", "send a list: an object for each Datastream"))
    found = tuple(_group(group, place) for place, group in enumerate(body))
    if sum(len(group.rows) for group in found) > MOST:
        raise UnableToWrite(("dataArray", f"more than {MOST:,} observations: send them in parts"))
    return found


def _group(group: Any, place: int) -> Rows:
    here = f"[{place}]"
    stream = group.get("Datastream") if isinstance(group, dict) else None
    id_ = bodies.read_id(stream.get("@iot.id")) if isinstance(stream, dict) else None
    if id_ is None:
        raise UnableToWrite((f"{here}/Datastream", 'name it: {"@iot.id": ...}'))
    named, rows = group.get("components"), group.get("dataArray")
    if not isinstance(named, list) or not isinstance(rows, list):
        raise UnableToWrite((here, "send components and dataArray, each a list"))
    for name in named:
        if name not in _KNOWN:
            mend = f"there is no {str(name)[:60]!r}: there are {', '.join(_KNOWN)}"
            raise UnableToWrite((f"{here}/components", mend))
    if "result" not in named or len(set(named)) != len(named):
        raise UnableToWrite((f"{here}/components", "name each once, and result among them"))
    return Rows(id_, tuple(named), rows)


def values_of(rows: Rows) -> Callable[[Any], tuple[Mapping[str, Any], Id | None]]:
    """Return what reads a row: what it says of its observation, and of which feature.

    Errors:  what that raises is UnableToWrite.
    """
    names, width = rows.components, len(rows.components)
    entity = ENTITIES["Observations"]
    plain = set(names) <= {"phenomenonTime", "resultTime", "result"}
    times = [name for name in names if name != "result"]

    def read_row(row: Any) -> tuple[Mapping[str, Any], Id | None]:
        if not isinstance(row, list) or len(row) != width:
            raise UnableToWrite(("dataArray", f"a row has {width} values, as components says"))
        said = dict(zip(names, row, strict=True))
        feature = said.pop(_FEATURE, None)
        if plain and all(is_time(said.get(name)) for name in times):
            return said, None
        draft = bodies.read_new(entity, said, given=frozenset({"Datastream"}))
        named = None
        if feature is not None:
            named = bodies.read_id(feature)
            if named is None:
                raise UnableToWrite((_FEATURE, "give an id: a whole number or a text"))
        return draft.values, named

    return read_row


def is_time(value: Any) -> bool:
    """Test whether a value is an instant as nearly all are written, or is left out."""
    return value is None or (
        type(value) is str and _INSTANT.fullmatch(value) is not None and is_possible(value)
    )


def is_possible(value: str) -> bool:
    """Test whether an instant is one that the calendar has."""
    try:
        read_span(value)
    except ValueError:
        return False
    return True


_INSTANT = re.compile(r"(?:1[89]|2[012])\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
