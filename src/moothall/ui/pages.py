"""The one way to answer with a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(
    request: HttpRequest, template: str, *, heading: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page; `heading` becomes both its <title> and its only <h1>."""
    context = {"heading": heading, "now": request.now, **context}  # type: ignore[attr-defined]
    return render(request, template, context, status=status)
