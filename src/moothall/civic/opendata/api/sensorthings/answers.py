"""What every answer of the service carries, and how a question that has none is answered."""

import functools
from collections.abc import Callable
from hashlib import blake2b
from threading import BoundedSemaphore
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries.sensorthings.answering import UnableToFind
from moothall.kernel.observations.querying import UnableToQuery
from moothall.standards.sensorthings.model import UnableToRead
from moothall.standards.sensorthings.paths import UnableToFindPath

READING = ("GET", "HEAD", "OPTIONS")
AT_ONCE = 8
PATIENCE_S = 5.0
FRESH_S = 5
"""How long a copy of an answer may be shown without asking again."""
_room = BoundedSemaphore(AT_ONCE)
_TITLES = {
    400: "Cannot be answered as asked",
    404: "Not found",
    401: "A key is needed",
    403: "Not yours to change",
    405: "Not written in this way",
    413: "Too large",
    424: "Undone",
    429: "Too often",
    503: "Busy",
}
View = Callable[..., HttpResponse]


def open_to_all(answer: HttpResponse) -> HttpResponse:
    """Let anyone's page read an answer."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After"
    return answer


def told(status: int, detail: str) -> dict[str, Any]:
    """Say what is wrong, as an object."""
    return {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "code": status,
        "message": detail,
        "detail": detail,
    }


def problem(status: int, detail: str, *, parameter: str = "") -> HttpResponse:
    """Say what is wrong and what would mend it (RFC 9457)."""
    body = told(status, detail)
    if parameter:
        body["parameter"] = parameter
    answer = HttpResponse(
        orjson.dumps(body), status=status, content_type="application/problem+json"
    )
    return open_to_all(answer)


def written(request: HttpRequest, body: Any) -> HttpResponse:
    """Write an answer, or say that the copy the client holds still stands."""
    return sent(request, orjson.dumps(body), "application/json")


def sent(request: HttpRequest, body: bytes, media_type: str) -> HttpResponse:
    """Send bytes with their tag."""
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    answer = HttpResponse(body, content_type=media_type)
    answer["Cache-Control"] = f"public, max-age={FRESH_S}"
    answer["ETag"] = etag
    # It never fails to return one: it is given one.
    same: HttpResponse = get_conditional_response(request, etag=etag, response=answer)
    return open_to_all(same)


def answered(view: View) -> View:
    """Answer what cannot be answered with a problem that names the option and the mend."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _room.acquire(timeout=PATIENCE_S):
            answer = problem(503, _("Many questions are being answered. Try again in a moment."))
            answer["Retry-After"] = "2"
            return answer
        try:
            return view(request, *args, **kwargs)
        except UnableToRead as fault:
            return problem(400, str(fault), parameter=fault.where)
        except (UnableToFind, UnableToFindPath) as fault:
            return problem(404, str(fault.args[0]))
        except UnableToQuery:
            words = _("$filter or $orderby: the sum it asks for cannot be made; ask for less of it")
            return problem(400, words, parameter="$filter")
        finally:
            _room.release()

    return inner


def preflight(methods: tuple[str, ...]) -> HttpResponse:
    """Say what anyone's page may ask."""
    answer = HttpResponse(status=204)
    answer["Allow"] = ", ".join(methods)
    answer["Access-Control-Allow-Methods"] = ", ".join(methods)
    headers = "Accept, Authorization, Content-Type, If-None-Match, Prefer"
    answer["Access-Control-Allow-Headers"] = headers
    answer["Access-Control-Max-Age"] = "86400"
    return open_to_all(answer)
