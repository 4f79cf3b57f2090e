"""How an entity is written: its properties, where it is found, and where its links lead."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from moothall.civic.opendata.queries.sensorthings import told
from moothall.civic.opendata.queries.sensorthings.items import Item
from moothall.civic.opendata.queries.sensorthings.moments import Moment, written_id
from moothall.civic.opendata.queries.sensorthings.observations import id_of
from moothall.civic.opendata.queries.sensorthings.told import Told
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.query import Query
from moothall.standards.sensorthings.times import write_instant, write_span
from moothall.values.observations import Observation, Origin, Quality

ORIGINS = {one: one.name.lower() for one in Origin}
QUALITIES = {one: one.name.lower() for one in Quality}
ARRAY = ("id", "phenomenonTime", "result", "resultTime", "resultQuality", "parameters")
"""The columns of a data array, unless others are chosen."""


def address(one: Item | Observation, moment: Moment) -> str:
    """Return where an entity is found."""
    if isinstance(one, Observation):
        return f"{moment.root}/Observations({written_id(id_of(one), by_key=False)})"
    return moment.address(one)


def options(pairs: Iterable[tuple[str, str]]) -> str:
    """Write the options of an address."""
    return "&".join(f"{name}={quote(value, safe=chr(39) + '(),/:;=@$*')}" for name, value in pairs)


def entity(item: Item, query: Query, moment: Moment) -> dict[str, Any]:
    """Write an entity that is no observation."""
    kind = ENTITIES[item.set]
    here = moment.address(item)
    if not query.select:
        body: dict[str, Any] = {"@iot.id": item.said_id, "@iot.selfLink": here}
        for name in kind.properties:
            value = moment.value(item, name)
            if value is not None:
                body[name] = value
        for link in kind.links:
            if link not in query.expand:
                body[f"{link}@iot.navigationLink"] = f"{here}/{link}"
        return body
    return _selected(query.select, here, lambda name: _value(item, name, moment), kind.links)


def _value(item: Item, name: str, moment: Moment) -> Any:
    return item.said_id if name == "id" else moment.value(item, name)


def _selected(names: Sequence[str], here: str, value: Any, links: Iterable[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in names:
        first, *members = name.split("/")
        if first in links:
            body[f"{first}@iot.navigationLink"] = f"{here}/{first}"
        elif first == "@iot.selfLink":
            body[first] = here
        elif first == "id":
            body["@iot.id"] = value("id")
        elif not members:
            body[first] = value(first)
        else:
            _take(body, value(first), [first, *members])
    return body


def _take(body: dict[str, Any], value: Any, path: list[str]) -> None:
    """Put one member of an open property where it stood."""
    for member in path[1:]:
        if not isinstance(value, dict) or member not in value:
            return
        value = value[member]
    for member in path[:-1]:
        body = body.setdefault(member, {})
        if not isinstance(body, dict):
            return
    body[path[-1]] = value


def observations(rows: Sequence[Observation], query: Query, moment: Moment) -> list[dict[str, Any]]:
    """Write observations."""
    links = ENTITIES["Observations"].links
    if query.select:
        return [
            _selected(
                query.select,
                address(row, moment),
                lambda name, row=row: observed(row, name),
                links,
            )
            for row in rows
        ]
    led = [link for link in links if link not in query.expand]
    root = f"{moment.root}/Observations('"
    bodies = []
    for row in rows:
        if type(row) is Told:
            bodies.append(_told(row, led, moment))
            continue
        at = write_instant(row.at)
        id_ = f"{row.series}@{at}"
        here = f"{root}{id_}')"
        ended = at if row.until is None else write_instant(row.until)
        body: dict[str, Any] = {
            "@iot.id": id_,
            "@iot.selfLink": here,
            "phenomenonTime": at if row.until is None else f"{at}/{ended}",
            "result": row.result,
            "resultTime": ended,
            "resultQuality": QUALITIES[row.quality],
            "parameters": {"origin": ORIGINS[row.origin]},
        }
        for link in led:
            body[f"{link}@iot.navigationLink"] = f"{here}/{link}"
        bodies.append(body)
    return bodies


def _told(row: Told, led: Sequence[str], moment: Moment) -> dict[str, Any]:
    """Write an observation sent with a key: what was not said is left out, but its resultTime."""
    here = address(row, moment)
    body: dict[str, Any] = {"@iot.id": row.more.id, "@iot.selfLink": here}
    for name in ENTITIES["Observations"].properties:
        value = told.observed(row, name)
        if value is not None or name == "resultTime":
            body[name] = value
    for link in led:
        body[f"{link}@iot.navigationLink"] = f"{here}/{link}"
    return body


def observed(row: Observation, name: str) -> Any:
    """Return one property of an observation."""
    if type(row) is Told:
        return told.observed(row, name)
    if name == "phenomenonTime":
        return write_span(row.at, row.until)
    if name == "result":
        return row.result
    if name == "resultTime":
        return write_instant(row.until or row.at)
    if name == "resultQuality":
        return QUALITIES[row.quality]
    if name == "parameters":
        return {"origin": ORIGINS[row.origin]}
    return id_of(row) if name == "id" else None


def data_array(rows: Sequence[Observation], query: Query, moment: Moment) -> list[dict[str, Any]]:
    """Write observations as rows of values, those of each stream together."""
    names = [n for n in query.select if n in ARRAY] if query.select else list(ARRAY)
    groups: dict[str, list[list[Any]]] = {}
    for row in rows:
        where = moment.stream_address(row.series)
        groups.setdefault(where, []).append([observed(row, name) for name in names])
    return [
        {
            "Datastream@iot.navigationLink": where,
            "components": names,
            "dataArray@iot.count": len(values),
            "dataArray": values,
        }
        for where, values in groups.items()
    ]
