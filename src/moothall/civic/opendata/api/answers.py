"""How a program is answered: with what it may keep, or with what would mend its question."""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries.datasets import UnableToFindDataset
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.ui.problems import ANYONE, problem

View = Callable[..., HttpResponse]


def told(view: View) -> View:
    """Answer only who reads; say in problem details what cannot be answered."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            answer = problem(405, _("Only reading is possible here."))
            answer["Allow"] = "GET, HEAD"
            return answer
        try:
            return view(request, *args, **named)
        except UnableToAnswer as fault:
            return problem(400, str(fault), parameter=fault.parameter)
        except UnableToFindDataset as fault:
            return problem(404, str(fault), like=[f"/data/{name}/" for name in fault.like])

    return inner


def give(
    request: HttpRequest, body: bytes, media_type: str, *, changed_at: datetime | None = None
) -> HttpResponse:
    """Answer with a body; or with nothing, where the asker has it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type=media_type)
    answer["ETag"] = etag
    seconds = int(changed_at.timestamp()) if changed_at else None
    if seconds is not None:
        answer["Last-Modified"] = http_date(seconds)
    answer["Cache-Control"] = "no-cache"
    # Tags alone decide: two states of a list may have changed within one second.
    answer = get_conditional_response(request, etag, None, answer) or answer
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def root_of(request: HttpRequest) -> str:
    """Return the address of the site as it was asked for, without a slash at its end."""
    return request.build_absolute_uri("/").rstrip("/")


def read_number(request: HttpRequest, name: str, *, usual: int, most: int, least: int = 0) -> int:
    """Read a whole number from an address; errors: UnableToAnswer."""
    text = request.GET.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise UnableToAnswer(name, f"give a whole number from {least} to {most}")
    number = int(text)
    if not least <= number <= most:
        raise UnableToAnswer(name, f"give a whole number from {least} to {most}")
    return number
