"""The ways to answer with a page."""

import gzip
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from moothall.kernel.keeping import kept

View = Callable[..., HttpResponse]
LONGEST_PART = 80


def page(
    request: HttpRequest, template: str, *, heading: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page; `heading` becomes both its <title> and its only <h1>."""
    context = {"heading": heading, "now": request.now, **context}  # type: ignore[attr-defined]
    return render(request, template, context, status=status)


class _NotForAll(Exception):
    """What was made is no page to keep."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def kept_page(*about: str, asks: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Have a view's page made once for everybody who is not signed in, while it stays true.

    Such a page asks nothing of its query but what `asks` names, so the rest is dropped before it
    is made: the tag that another site hung on a link neither makes a page anew nor ends up in
    somebody else's.

    Shape:   `about` names the services whose feeds the page tells of; without any, of all.
    Leaves:  a request from somebody with a session: their page is their own. What is not found, or
             found wrong, is not kept.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            if settings.SESSION_COOKIE_NAME in request.COOKIES or request.method == "POST":
                return view(request, *args, **named)
            asked = tuple(
                (name, request.GET[name][:LONGEST_PART]) for name in asks if name in request.GET
            )
            request.META["QUERY_STRING"] = urlencode(asked)
            request.__dict__.pop("GET", None)

            def make() -> bytes:
                response = view(request, *args, **named)
                if response.status_code != HTTPStatus.OK:
                    raise _NotForAll(response)
                # Nothing secret is in a page for everybody: squeezing it gives nothing away.
                return gzip.compress(response.content, compresslevel=6, mtime=0)

            try:
                zipped: bytes = kept.keep(
                    ("page", request.path, asked),
                    request.now,  # type: ignore[attr-defined]
                    make,
                    about=about or None,
                )
            except _NotForAll as other:
                return other.response
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                response = HttpResponse(zipped, headers={"Content-Encoding": "gzip"})
            else:
                response = HttpResponse(gzip.decompress(zipped))
            patch_vary_headers(response, ("Accept-Encoding", "Accept-Language", "Cookie"))
            return response

        return answer

    return wrap
