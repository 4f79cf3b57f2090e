"""The pages for when something is not right, each saying what to do next."""

import json
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.kernel import clock
from moothall.kernel.feeds import trouble
from moothall.ui.pages import page


def _say(request: HttpRequest, status: int, heading: str, *lines: str) -> HttpResponse:
    if not hasattr(request, "now"):
        request.now = clock.now()  # type: ignore[attr-defined]
    return page(request, "portal/error.html", heading=heading, status=status, lines=lines)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400: what was sent cannot be read."""
    return _say(
        request,
        400,
        _("We could not read that request"),
        _("Go back and try again. If it happens again, start from the home page."),
    )


def forbidden(request: HttpRequest, exception: Any = None, reason: str = "") -> HttpResponse:
    """403: signed in without the right to, or a form that came from elsewhere."""
    return _say(
        request,
        403,
        _("You cannot open this page"),
        _("It is for people with a role you do not have, or your form was open for too long."),
        _("Go back, load the page again and send the form once more."),
    )


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: no such page."""
    return _say(
        request,
        404,
        _("Page not found"),
        _("If you typed the web address, check it is correct."),
        _("If you followed a link here, what it led to may have ended: try searching for it."),
    )


def fault(request: HttpRequest) -> HttpResponse:
    """500: our own fault; 503: the stores are away. Uses no store and no template."""
    found = trouble.of(sys.exc_info()[1])
    if found is not None and _is_program(request):
        said = {"type": "about:blank", "title": "Service Unavailable", "status": 503}
        away = HttpResponse(
            json.dumps({**said, "detail": found.public_words}),
            "application/problem+json",
            status=503,
        )
        away["Retry-After"] = _come_again(found)
        return away
    if found is not None:
        away = HttpResponse(
            "<!doctype html><html lang=en-GB><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            "<title>Sorry, this page is not available just now</title>"
            "<h1>Sorry, this page is not available just now</h1>"
            f"<p>{found.public_words} Nothing that was kept is lost.{_of_what_was_sent(request)}"
            "<p>Try again in a few minutes.</html>",
            status=503,
        )
        away["Retry-After"] = _come_again(found)
        return away
    return HttpResponse(
        "<!doctype html><html lang=en-GB><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        "<title>Sorry, there is a fault</title>"
        "<h1>Sorry, there is a fault</h1>"
        "<p>The fault is ours and has been recorded. Nothing you typed has been sent on."
        "<p>Try again in a few minutes, or go to the <a href='/'>home page</a>.</html>",
        status=500,
    )


def _of_what_was_sent(request: HttpRequest) -> str:
    if request.method in {"GET", "HEAD"}:
        return ""
    return (
        "<p>What you sent has not been kept. Go back: most browsers still hold what you typed, and"
        " you can send it again."
    )


def _come_again(found: trouble.Trouble) -> str:
    """Say after how many seconds it is worth trying again: others come to an end with a write."""
    return "5" if found.kind == "held" else "60"


MACHINE = (".json", ".geojson", ".csv", ".parquet")


def _is_program(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.path.endswith(MACHINE) or ("json" in accepted and "html" not in accepted)
