"""What MQTT's topics are told: each change of an entity, each new observation.

Source:   18-088, 14: a topic is the address of what changed, after the service's version
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from moothall.civic.opendata.feeds.sensed import ENTITY
from moothall.civic.opendata.queries.sensorthings import kept, layout, moments, told
from moothall.civic.opendata.queries.sensorthings.items import Item
from moothall.civic.opendata.queries.sensorthings.moments import Moment, written_id
from moothall.kernel.observations import schema
from moothall.kernel.observations.entries import Change
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.query import Query
from moothall.values.observations import Observation, Record

VERSION = "v1.1"
MOST_AT_ONCE = 200
"""Changes of the lake told in one go."""
_PLAIN = Query(expand={})
Message = tuple[str, bytes]


def list_since(after: int, *, root: str, now: datetime) -> tuple[list[Message], int]:
    """Return what is to be told of the changes after one, and the last of them."""
    changes = current().changes(after=after, limit=MOST_AT_ONCE)
    if not changes:
        return [], after
    moment = moments.moment(root=root, now=now)
    messages = [message for change in changes for message in _of(change, moment)]
    return messages, changes[-1].id


def _of(change: Change, moment: Moment) -> Iterator[Message]:
    if change.stream == schema.OBSERVATIONS:
        for row in change.observations:
            if moment.index.has(row.series):
                yield from _observed(row, moment)
    elif change.stream == schema.record_stream(ENTITY.name):
        for record in change.records:
            yield from _changed(record, moment)


def _observed(row: Observation, moment: Moment) -> Iterator[Message]:
    if row.series in moment.index.owners:
        row = told.plain(row, moment)
    body = orjson.dumps(layout.observations([row], _PLAIN, moment)[0])
    by_key = row.series in moment.index.owners
    yield f"{VERSION}/Observations", body
    for link, target in ENTITIES["Observations"].links.items():
        id_ = moment.index.owner(row.series, link)
        where = written_id(id_, by_key=by_key and id_.isdigit())
        yield f"{VERSION}/{target.target}({where})/Observations", body


def _changed(record: Record, moment: Moment) -> Iterator[Message]:
    """Tell of an entity as it now is, and of each property that says something new."""
    fields: Mapping[str, Any] = record.fields
    item = moment.get(str(fields["sort"]), str(fields["number"]))
    if record.gone or item is None:
        return
    body = orjson.dumps(layout.entity(item, _PLAIN, moment))
    here = f"{item.set}({item.id})"
    yield f"{VERSION}/{item.set}", body
    yield f"{VERSION}/{here}", body
    for where in _leading(item):
        yield f"{VERSION}/{where}", body
    before = _said_before(record)
    for name in ENTITIES[item.set].properties:
        value = moment.value(item, name)
        if value is not None and before.get(name) != item.values.get(name):
            yield f"{VERSION}/{here}/{name}", orjson.dumps({name: value})


def _leading(item: Item) -> Iterator[str]:
    """Name the sets of other entities that an entity is in: Things(1)/Datastreams."""
    for link, target in ENTITIES[item.set].links.items():
        if target.many:
            continue
        back = ENTITIES[target.target].links
        names = [name for name, one in back.items() if one.target == item.set and one.many]
        for id_ in item.links.get(link, ()):
            for name in names:
                yield f"{target.target}({written_id(id_, by_key=id_.isdigit())})/{name}"


def _said_before(record: Record) -> dict[str, Any]:
    versions = current().list_versions(ENTITY.name, record.id)
    earlier = [one for one in versions if one.record.from_at < record.from_at]
    return dict(kept.said(earlier[-1].record)) if earlier else {}
