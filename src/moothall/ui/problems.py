"""How a program is told what is wrong with its question: problem details (RFC 9457)."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

ANYONE = "*"
_TITLES = {
    400: "Cannot be answered as asked",
    404: "Not found",
    405: "Only reading",
    503: "Busy",
}


def problem(
    status: int, detail: str, *, parameter: str = "", like: Sequence[str] = ()
) -> HttpResponse:
    """Answer with problem details; `like` are the addresses of what may have been meant."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Could not be read"),
        "status": status,
        "detail": detail,
    }
    if parameter:
        body["parameter"] = parameter
    if like:
        body["like"] = list(like)
    answer = HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
