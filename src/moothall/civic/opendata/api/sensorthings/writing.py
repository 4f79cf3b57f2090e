"""Writes: makes, changes and removes entities, with a key."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.actions.sensorthings import (
    changing,
    creating,
    journal,
    quick,
    removing,
)
from moothall.civic.opendata.actions.sensorthings.session import (
    NotYours,
    Session,
    UnableToFindEntity,
    writing,
)
from moothall.civic.opendata.api.sensorthings.answers import READING, open_to_all, problem, told
from moothall.civic.opendata.api.sensorthings.keys import UnableToEnter, holder
from moothall.civic.opendata.queries.sensorthings import answering, moments
from moothall.civic.opendata.queries.sensorthings.answering import Answering, UnableToFind
from moothall.civic.opendata.queries.sensorthings.moments import written_id
from moothall.civic.opendata.queries.sensorthings.observations import id_of
from moothall.kernel.feeds import tables
from moothall.kernel.observations.lake import UnableToAppend
from moothall.standards.sensorthings import bodies, paths
from moothall.standards.sensorthings.bodies import Draft, UnableToWrite
from moothall.standards.sensorthings.model import ENTITIES, UnableToRead
from moothall.standards.sensorthings.paths import Address, UnableToFindPath
from moothall.standards.sensorthings.query import Query
from moothall.values.observations import Observation

ROOT = "/api/sta/v1.1"
MOST_BYTES = 1024 * 1024
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to write, whether it came by itself or in a batch."""

    method: str
    path: str
    body: bytes
    root: str
    by: str
    now: datetime
    minimal: bool = False
    """Whether the one who asks needs no more than the id of what was made."""
    json_patch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of it."""

    status: int
    body: Any = None
    location: str = ""


class NotWritten(Exception):
    """What the address names is not written in this way; the ways there are."""

    def __init__(self, why: str, allowed: tuple[str, ...]) -> None:
        super().__init__(why)
        self.allowed = allowed


def refuse_all() -> HttpResponse:
    """Say that this city lets nobody write."""
    words = _("Only reading is possible here: what is shown comes from the city's feeds.")
    answer = problem(405, words)
    answer["Allow"] = ", ".join(READING)
    return answer


def answered(do: Callable[[], HttpResponse]) -> HttpResponse:
    """Do it, or say what is wrong in words."""
    try:
        return do()
    except UnableToEnter as fault:
        answer = problem(fault.status, str(fault))
        if fault.status == 401:
            answer["WWW-Authenticate"] = 'Bearer realm="sensorthings", Basic realm="sensorthings"'
        if fault.wait_s:
            answer["Retry-After"] = str(fault.wait_s)
        return answer
    except EXPECTED as fault:
        return sent(failed(fault))


EXPECTED = (
    UnableToWrite,
    UnableToRead,
    UnableToFind,
    UnableToFindEntity,
    UnableToFindPath,
    NotYours,
    NotWritten,
    UnableToAppend,
    tables.Refused,
    OSError,
)
"""What may be wrong with a request, or with our stores."""


def failed(fault: Exception) -> Done:
    """Say what was wrong."""
    if isinstance(fault, UnableToWrite):
        errors = [{"property": where, "message": mend} for where, mend in fault.faults]
        return Done(status=400, body={**told(400, str(fault)), "errors": errors})
    if isinstance(fault, UnableToRead):
        return Done(status=400, body={**told(400, str(fault)), "parameter": fault.where})
    if isinstance(fault, NotYours):
        return Done(status=403, body=told(403, str(fault)))
    if isinstance(fault, NotWritten):
        return Done(status=405, body=told(405, str(fault)), location=", ".join(fault.allowed))
    if isinstance(fault, LookupError):
        return Done(status=404, body=told(404, str(fault.args[0])))
    return Done(status=503, body=told(503, _("It cannot be kept now: send it again later.")))


def sent(done: Done) -> HttpResponse:
    """Send what became of a request."""
    good = done.status < 300
    answer = HttpResponse(status=done.status)
    if done.body is not None:
        answer.content = orjson.dumps(done.body)
        answer["Content-Type"] = "application/json" if good else "application/problem+json"
    else:
        del answer["Content-Type"]
    if done.location:
        answer["Location" if good else "Allow"] = done.location
    if done.status == 503:
        answer["Retry-After"] = "10"
    answer["Cache-Control"] = "no-store"
    return open_to_all(answer)


def read_body(request: HttpRequest, most: int) -> bytes:
    """Read a body that is not too large; errors: UnableToEnter."""
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise UnableToEnter(413, _("Send no more than %(most)s bytes.") % {"most": f"{most:,}"})
    return body


def write(request: HttpRequest, path: str) -> HttpResponse:
    """Make, change or remove what an address names; errors: those that `answered` tells of."""
    by = holder(request)
    prefer = request.headers.get("Prefer", "")
    asked = Asked(
        method=str(request.method),
        path=path,
        body=read_body(request, MOST_BYTES),
        root=request.build_absolute_uri(ROOT),
        by=by,
        now=request.now,  # type: ignore[attr-defined]
        minimal="return=minimal" in prefer,
        json_patch="json-patch" in (request.content_type or ""),
    )
    quickly = observed_quickly(asked)
    if quickly is not None:
        journal.note_observations(by=by, count=1, now=asked.now)
        return sent(replace(quickly, body=None) if asked.minimal else quickly)
    with writing(by=by, now=asked.now) as session:
        done = do(session, asked)
    note(session, asked, done)
    if asked.minimal:
        return sent(replace(done, body=None))
    whole = done.body is not None or asked.method == "DELETE"
    return sent(done if whole else shown(done, asked))


def observed_quickly(asked: Asked) -> Done | None:
    """Take in one plain observation the short way; None of all that needs the long one."""
    if asked.method != "POST" or not asked.path.endswith("Observations"):
        return None
    steps = paths.read(asked.path).steps
    above = steps[0].id if len(steps) == 2 and steps[0].entity.set == "Datastreams" else None
    if len(steps) > 1 and above is None:
        return None
    given = frozenset({"Datastream"}) if above else frozenset[str]()
    draft = bodies.read_new(ENTITIES["Observations"], bodies.read_json(asked.body), given=given)
    stream = above or draft.links["Datastream"][0]
    feature = next(iter(draft.links.get("FeatureOfInterest", ())), None)
    if not isinstance(stream, str) or isinstance(feature, Draft):
        return None
    made = quick.observe(
        draft.values, stream_id=stream, feature=feature, by=asked.by, now=asked.now
    )
    if made is None:
        return None
    where = _address(asked.root, "Observations", made)
    return Done(status=201, location=where, body=_observed(draft, made, where))


def note(session: Session, asked: Asked, done: Done) -> None:
    """Write into the audit log what was done."""
    journal.note_observations(by=asked.by, count=session.made, now=asked.now)
    made = done.location.removeprefix(f"{asked.root}/")
    if not made.startswith("Observations(") or asked.method != "POST":
        did = {"POST": "made", "DELETE": "removed"}.get(asked.method, "changed")
        what = made or asked.path
        journal.note_change(by=asked.by, did=did, what=what, now=asked.now)


def do(session: Session, asked: Asked) -> Done:
    """Do what is asked, within a writing; errors: those of `EXPECTED`."""
    address = paths.read(asked.path)
    if address.of or address.value or address.ref:
        raise NotWritten(_("Write the whole entity: PATCH changes some of it."), READING)
    if asked.method == "POST":
        if not address.many:
            raise NotWritten(_("Post to a set; PATCH changes what there is."), _ALLOWED_ONE)
        return _create(session, asked, address)
    if address.many:
        raise NotWritten(_("Name the one that is meant: Things(1)."), _ALLOWED_SET)
    set_, id_ = _target(asked, address)
    if asked.method == "DELETE":
        removing.remove(session, set_, id_)
        return Done(status=200)
    return _change(session, asked, set_, id_)


_ALLOWED_SET = (*READING, "POST")
_ALLOWED_ONE = (*READING, "PATCH", "PUT", "DELETE")


def _target(asked: Asked, address: Address) -> tuple[str, str]:
    """Return the set and the id of the one entity an address names."""
    first = address.steps[0]
    if len(address.steps) == 1 and first.id is not None:
        return first.entity.set, first.id
    found = answering.find(address, moments.moment(root=asked.root, now=asked.now)).one
    if isinstance(found, Observation):
        return "Observations", id_of(found)
    if found is None:
        raise NotWritten(_("Name the one that is meant: Things(1)."), _ALLOWED_SET)
    return found.set, found.id


def _create(session: Session, asked: Asked, address: Address) -> Done:
    entity, given = address.entity, dict[str, tuple[str, ...]]()
    body = bodies.read_json(asked.body)
    if len(address.steps) > 1:
        before = Address(steps=address.steps[:-1])
        set_, id_ = _target(asked, before)
        session.get(set_, id_) if set_ != "Observations" else None
        if isinstance(body, dict) and set(body) == {"@iot.id"}:
            return _link(session, asked, (set_, id_, address.steps[-1].link), body)
        given = {_back(set_, address.steps[-1].link): (id_,)}
    draft = bodies.read_new(entity, body, given=frozenset(given))
    made, _new = creating.create(session, draft, given)
    where = _address(asked.root, entity.set, made)
    body = _observed(draft, made, where) if entity.set == "Observations" else None
    return Done(status=201, location=where, body=body)


def _observed(draft: Draft, id_: str, where: str) -> dict[str, Any]:
    """Write an observation just made: what was sent, without reading it again."""
    body: dict[str, Any] = {"@iot.id": id_, "@iot.selfLink": where, "resultTime": None}
    body |= {name: value for name, value in draft.values.items() if value is not None}
    body.setdefault("phenomenonTime", id_.rpartition("@")[2])
    for link in ENTITIES["Observations"].links:
        body[f"{link}@iot.navigationLink"] = f"{where}/{link}"
    return body


def _back(set_: str, link: str) -> str:
    """Return the link that leads back along one that an address follows."""
    target = ENTITIES[ENTITIES[set_].links[link].target]
    return next(name for name, one in target.links.items() if one.target == set_)


def _link(session: Session, asked: Asked, way: tuple[str, str, str], body: dict[str, Any]) -> Done:
    """Have a link of an entity lead to another that there is."""
    set_, id_, link = way
    named = bodies.read_change(ENTITIES[set_], {link: [body]})
    changing.change(session, set_, id_, named, whole=False)
    target = ENTITIES[set_].links[link].target
    return Done(status=201, location=_address(asked.root, target, str(body["@iot.id"])))


def _change(session: Session, asked: Asked, set_: str, id_: str) -> Done:
    whole = asked.method == "PUT"
    entity = ENTITIES[set_]
    body = bodies.read_json(asked.body)
    if asked.json_patch:
        body, whole = patched(asked, set_, id_, body), False
    draft = bodies.read_change(entity, body, whole=whole)
    if set_ == "Observations":
        changing.change_observation(session, id_, draft, whole=whole)
    else:
        changing.change(session, set_, id_, draft, whole=whole)
    return Done(status=200, location=_address(asked.root, set_, id_))


def _address(root: str, set_: str, id_: str) -> str:
    return f"{root}/{set_}({written_id(id_, by_key=id_.isdigit())})"


def shown(done: Done, asked: Asked) -> Done:
    """Show what was made or changed, as it now is."""
    path = done.location.removeprefix(f"{asked.root}/")
    moment = moments.moment(root=asked.root, now=asked.now)
    address = paths.read(path)
    one = answering.find(address, moment).one
    body = Answering(moment).lay([one], Query(expand={}), address.entity.set)[0]
    return Done(status=done.status, location=done.location, body=body)


def patched(asked: Asked, set_: str, id_: str, operations: Any) -> Any:
    """Return what an entity says once a JSON Patch is applied (RFC 6902); errors: UnableToWrite."""
    from moothall.standards.sensorthings import jsonpatch

    done = Done(status=200, location=_address(asked.root, set_, id_))
    before = {
        name: value
        for name, value in (shown(done, asked).body or {}).items()
        if "@iot." not in name
    }
    after = jsonpatch.apply(before, operations)
    return {**dict.fromkeys(before.keys() - after.keys()), **after}
