"""Reads: the root of the service, its sets, its entities, and what is of them."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from moothall.civic.opendata.actions.sensorthings import quick
from moothall.civic.opendata.api.sensorthings.answers import answered, sent, written
from moothall.civic.opendata.queries.sensorthings import answering, buckets, kept, layout, moments
from moothall.civic.opendata.queries.sensorthings.answering import (
    Answering,
    Group,
    Source,
    UnableToFind,
)
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.standards.sensorthings import paths, query
from moothall.standards.sensorthings.model import CONFORMANCE, ENTITIES, UnableToRead
from moothall.standards.sensorthings.paths import Address
from moothall.standards.sensorthings.query import Query
from moothall.standards.sensorthings.times import read_span
from moothall.values.observations import Observation

ROOT = "/api/sta/v1.1"
_REQ = "http://www.opengis.net/spec/iot_sensing/1.1/req"
READ = (
    *CONFORMANCE,
    f"{_REQ}/data-array/data-array",
)
WRITTEN = (
    f"{_REQ}/create-update-delete/create-entity",
    f"{_REQ}/create-update-delete/link-to-existing-entities",
    f"{_REQ}/create-update-delete/deep-insert",
    f"{_REQ}/create-update-delete/deep-insert-status-code",
    f"{_REQ}/create-update-delete/update-entity",
    f"{_REQ}/create-update-delete/update-entity-put",
    f"{_REQ}/create-update-delete/update-entity-jsonpatch",
    f"{_REQ}/create-update-delete/delete-entity",
    f"{_REQ}/create-update-delete/historical-location-auto-creation",
    f"{_REQ}/batch-request/batch-request",
)
"""What is conformed to besides where sensors may tell of themselves."""
_TOLD = f"{_REQ}/receive-updates-via-mqtt/receive-updates"
TOPICS = {
    "read": (_TOLD,),
    "write": (_TOLD, f"{_REQ}/create-observations-via-mqtt/observations-creation"),
}
"""And where there is a broker, by what its topics are for."""
OURS = frozenset({"$bucket", "as_of"})
"""Options that the standard does not have."""
OF_ONE = frozenset({"$select", "$expand"})
"""What may be asked of one entity."""


@answered
def read(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer any address of the service."""
    quick.settle(request.now)  # type: ignore[attr-defined]
    root = request.build_absolute_uri(ROOT)
    if not path.strip("/"):
        return written(request, _service(root))
    address = paths.read(path)
    pairs = _options(request)
    width = _width(pairs, address)
    asked = query.read(address.entity, [pair for pair in pairs if pair[0] not in OURS])
    moment = moments.moment(root=root, now=request.now, as_of=_as_of(pairs))  # type: ignore[attr-defined]
    answer = Answering(moment)
    answer.check(address.entity.set, asked)
    source = answering.find(address, moment)
    if width is not None:
        here = f"{root}/{path.strip('/')}"
        return written(request, _buckets(source, asked, width, moment, here))
    if source.one is None:
        return written(request, _set(answer, source, address, asked, f"{root}/{path.strip('/')}"))
    alone = frozenset() if address.of or address.ref else OF_ONE
    for name, _ in asked.asked:
        if name not in alone:
            raise UnableToRead(name, "is asked of a set: here is one, whole as it is")
    if address.of:
        return _property(request, source.one, address, moment)
    if address.ref:
        return written(request, {"@iot.selfLink": layout.address(source.one, moment)})
    return written(request, answer.lay([source.one], asked, address.entity.set)[0])


def _options(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.GET.lists() for value in values]


def _as_of(pairs: list[tuple[str, str]]) -> datetime | None:
    """Return the instant that is asked about, if one is."""
    found = [value for name, value in pairs if name == "as_of"]
    if not found:
        return None
    try:
        span = read_span(found[0])
    except ValueError as fault:
        raise UnableToRead("as_of", "give an instant: 2026-01-05T12:00:00Z") from fault
    if len(found) > 1 or span.lasts:
        raise UnableToRead("as_of", "give one instant: 2026-01-05T12:00:00Z")
    return span.start


def _width(pairs: list[tuple[str, str]], address: Address) -> timedelta | None:
    """Return how long the spans are that are asked for, if they are."""
    found = [value for name, value in pairs if name == "$bucket"]
    if not found:
        return None
    if address.entity.set != "Observations" or not address.many or address.ref or len(found) > 1:
        raise UnableToRead("$bucket", "ask it once, of a set of Observations")
    return buckets.read_width(found[0])


def _buckets(
    source: Source, asked: Query, width: timedelta, moment: Moment, here: str
) -> dict[str, Any]:
    found, more = buckets.page(source.streams, asked, width, moment)
    body: dict[str, Any] = {}
    if more and found:
        said = [pair for pair in asked.asked if pair[0] not in {"$skip", "$skiptoken"}]
        seconds = f"{width.total_seconds():f}".rstrip("0").rstrip(".")
        said += [("$bucket", f"PT{seconds}S"), ("$skiptoken", buckets.id_of(found[-1]))]
        said += moment.options()
        body["@iot.nextLink"] = f"{here}?{layout.options(said)}"
    body["value"] = [buckets.lay(one, moment) for one in found]
    return body


def _service(root: str) -> dict[str, Any]:
    written = WRITTEN if kept.is_on() else ()
    topics = TOPICS.get(kept.mqtt(), ()) if settings.MQTT_URL else ()
    said: dict[str, Any] = {"conformance": [*READ, *written, *topics]}
    if topics and kept.broker():
        said |= {one: {"endpoints": [kept.broker()]} for one in topics}
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in ENTITIES],
        "serverSettings": said,
    }


def _set(
    answer: Answering, source: Source, address: Address, asked: Query, here: str
) -> dict[str, Any]:
    set_ = address.entity.set
    group: Group = answer.group(source, asked, set_)
    body: dict[str, Any] = {}
    if group.count is not None:
        body["@iot.count"] = group.count
    if group.more:
        body["@iot.nextLink"] = answering.next_link(here, asked, group, answer.moment)
    if address.ref:
        body["value"] = [{"@iot.selfLink": layout.address(o, answer.moment)} for o in group.of]
    elif asked.data_array:
        if asked.expand:
            raise UnableToRead("$expand", "a data array holds no other entities")
        body["value"] = layout.data_array(group.of, asked, answer.moment)
    else:
        body["value"] = answer.lay(group.of, asked, set_)
    return body


def _property(request: HttpRequest, one: Any, address: Address, moment: Moment) -> HttpResponse:
    """Answer one property of an entity: named, or bare."""
    if address.of == "id":
        value = layout.observed(one, "id") if isinstance(one, Observation) else one.said_id
    elif isinstance(one, Observation):
        value = layout.observed(one, address.of)
    else:
        value = moment.value(one, address.of)
    value = answering.value_at({address.of: value}, (address.of, *address.members))
    if value is None:
        raise UnableToFind(f"Its {address.of} is not known.")
    name = address.members[-1] if address.members else address.of
    if not address.value:
        return written(request, {"@iot.id" if name == "id" else name: value})
    if isinstance(value, dict | list):
        return sent(request, orjson.dumps(value), "application/json")
    bare = value if isinstance(value, str) else orjson.dumps(value).decode()
    return sent(request, bare.encode(), "text/plain; charset=utf-8")
