"""Where payloads are pushed, with a key."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from moothall.kernel import clock
from moothall.kernel.feeds import duty, push
from moothall.kernel.feeds.duty import Duty

LARGEST = 64 * 1024 * 1024


@cache
def _duty() -> Duty:
    return duty.from_settings()


@csrf_exempt
@require_POST
def ingest(request: HttpRequest, feed: str) -> HttpResponse:
    """Take in what is pushed for a feed; a key stands for the sender, so there is no form token.

    Shape:   POST with `Authorization: Bearer <key>` and the payload as the body. The answer is
             JSON: outcome, counts, the first issues; 201 taken in, 200 had it before, 422 could
             not be read, 401 wrong key, 413 too large, 429 too often, 503 send again later.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    key = given.strip() if scheme.lower() == "bearer" else ""
    limit = min(LARGEST, next((one.max_bytes for one in _duty().feeds if one.name == feed), 0))
    if not push.is_key(feed, key):
        limit = 0  # a stranger's payload is not taken into memory only to be refused
    reply = push.receive(
        feed,
        # One byte more than there may be is enough to know that it is too much.
        request.read(limit + 1),
        key=key,
        sender=request.META.get("REMOTE_ADDR", ""),
        media_type=(request.content_type or "")[:100],
        duty=_duty(),
        clock=clock.now,
    )
    answer = HttpResponse(reply.as_json(), status=reply.status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    if reply.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    if reply.status in {429, 503}:
        answer["Retry-After"] = "60"
    return answer
