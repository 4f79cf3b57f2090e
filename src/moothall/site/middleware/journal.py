"""One line of the log, and one count in the metrics, for each request."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from moothall.site import metrics

log = structlog.get_logger("moothall.request")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


class Journal:
    """Writes request id, route, status and time: never the address asked, the query, the client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        response = self.get_response(request)
        took_s = time.perf_counter() - began
        match = request.resolver_match
        route = f"/{match.route}" if match else "none"
        metrics.count_request(
            route=route, method=request.method or "", status=response.status_code, took_s=took_s
        )
        response["X-Request-ID"] = request_id
        if not request.path.startswith(QUIET):
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(took_s * 1000, 1),
            )
        return response
