"""The one way to answer with a page."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from markupsafe import Markup


def page(
    request: HttpRequest, template: str, *, heading: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page; `heading` becomes both its <title> and its only <h1>."""
    context = {"heading": heading, "now": request.now, **context}  # type: ignore[attr-defined]
    return render(request, template, context, status=status)


def part(template: str, *, now: datetime, **context: Any) -> Markup:
    """Render the part of a page that is the same for every reader, so that it can be kept."""
    return Markup(render_to_string(template, {"now": now, **context}))  # noqa: S704 - ours, escaped
