"""An answer that takes as long whatever it found out: its time tells nobody who has an account."""

from collections.abc import Callable
from functools import wraps
from time import monotonic, sleep
from typing import Any

from django.http import HttpRequest, HttpResponse

FLOOR_S = 0.4
"""Longer than the work takes for an address with an account: a link made, a message queued."""


def steady(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a form no sooner than `FLOOR_S` after it was sent.

    The work itself cannot be made equal: one address has a link made and a message written to
    disk, the other nothing.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        began = monotonic()
        response = view(request, *args, **kwargs)
        if request.method == "POST":
            sleep(max(0.0, FLOOR_S - (monotonic() - began)))
        return response

    return answer
