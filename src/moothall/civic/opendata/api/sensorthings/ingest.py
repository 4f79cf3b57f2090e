"""Takes many observations in one request: CreateObservations."""

import orjson
from django.http import HttpRequest, HttpResponse

from moothall.civic.opendata.actions.sensorthings import ingesting, journal
from moothall.civic.opendata.actions.sensorthings.session import Session, writing
from moothall.civic.opendata.api.sensorthings.keys import holder
from moothall.civic.opendata.api.sensorthings.writing import ROOT, Asked, Done, read_body, sent
from moothall.civic.opendata.feeds.sensed import FEED
from moothall.standards.sensorthings import arrays
from moothall.standards.sensorthings.bodies import UnableToWrite

NAME = "CreateObservations"


def take(request: HttpRequest) -> HttpResponse:
    """Answer with the address of each observation, in order, or "error" where it is wrong."""
    by = holder(request)
    body = read_body(request, FEED.max_bytes)
    root, now = request.build_absolute_uri(ROOT), request.now  # type: ignore[attr-defined]
    groups = _read(body)
    with writing(by=by, now=now) as session:
        ids = ingesting.ingest(session, groups)
    journal.note_observations(by=by, count=session.made, now=now)
    return sent(Done(status=201, body=_told(ids, root)))


def do(session: Session, asked: Asked) -> Done:
    """Take observations in as part of a batch; errors: UnableToWrite."""
    return Done(status=201, body=_told(ingesting.ingest(session, _read(asked.body)), asked.root))


def _read(body: bytes) -> tuple[arrays.Rows, ...]:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        why = str(fault).partition(": line")[0]
        raise UnableToWrite(("body", f"send JSON in UTF-8: {why}")) from fault
    return arrays.read(read)


def _told(ids: list[str | None], root: str) -> list[str]:
    before = f"{root}/Observations('"
    return ["error" if id_ is None else f"{before}{id_}')" for id_ in ids]
