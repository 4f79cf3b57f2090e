"""The one clock. Read at the edges, then passed down as `now`."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


class RequestInstant:
    """Middleware: every page is about one instant, `request.now`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = now()  # type: ignore[attr-defined]
        return self.get_response(request)
