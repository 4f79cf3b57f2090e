"""How often one client may ask: reading in memory; what writes or costs, in the shared store."""

import hashlib
import hmac
from collections.abc import Callable
from math import ceil
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from limits import RateLimitItem, parse_many
from limits.strategies import FixedWindowRateLimiter

from moothall.kernel import clock
from moothall.kernel.counts import Counts, one_client
from moothall.kernel.identity.attempts import SharedAttempts
from moothall.ui.pages import page

GUESSING = (
    "/account/login/",
    "/account/reauthenticate/",
    "/account/password/change/",
    "/account/2fa/authenticate/",
    "/account/2fa/reauthenticate/",
    "/account/2fa/webauthn/login/",
    "/account/2fa/webauthn/reauthenticate/",
)
"""Wherever a password or a code is tried: who holds a stolen session guesses as well."""
RESETTING = ("/account/password/reset/",)
WATCHED = frozenset({"/healthz", "/readyz"})
PUSHED = ("/ingest/", "/api/sta/")
"""What is pushed is counted by its key, and wrong keys by who tries them: kernel.feeds.push."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Limits:
    """Answers 429, with Retry-After, to a client over its limit.

    A client is known by a salted hash of its address: a whole /64 in IPv6. The hash is never
    logged, and the memory of it lasts as long as the window.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.memory = FixedWindowRateLimiter(Counts(clock=clock.now))
        self.shared = FixedWindowRateLimiter(SharedAttempts(clock=clock.now))
        self.reading = parse_many(settings.LIMIT_READING)
        self.writing = parse_many(settings.LIMIT_WRITING)
        self.guessing = parse_many(settings.LIMIT_SIGN_IN)
        self.costly = parse_many(settings.LIMIT_COSTLY)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Files under /static/ never come here; an address there that names no file is counted.
        pushed = request.method not in _READS and request.path.startswith(PUSHED)
        if not settings.LIMITS_ON or request.path in WATCHED or pushed:
            return self.get_response(request)
        wait_s = self.seconds_to_wait(request)
        if wait_s:
            return too_many(request, wait_s)
        return self.get_response(request)

    def seconds_to_wait(self, request: HttpRequest) -> int:
        """Count this request; 0 if it may go on, else the seconds until it may."""
        client = name_client(request.client)  # type: ignore[attr-defined]
        if request.method in _READS:
            return _hit(self.memory, self.reading, "read", client)
        if request.path.startswith(GUESSING):
            return _hit(self.shared, self.guessing, "sign-in", client)
        if request.path.startswith(RESETTING):
            return _hit(self.shared, self.guessing, "reset", client)
        return _hit(self.shared, self.writing, "write", client)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_: Any
    ) -> HttpResponse | None:
        """Count what its own view says is costly, such as a file of a whole dataset."""
        if not settings.LIMITS_ON or not getattr(view, "costly", False):
            return None
        client = name_client(request.client)  # type: ignore[attr-defined]
        wait_s = _hit(self.shared, self.costly, "costly", client)
        return too_many(request, wait_s) if wait_s else None


def _hit(
    limiter: FixedWindowRateLimiter, items: list[RateLimitItem], what: str, client: str
) -> int:
    for item in items:
        if not limiter.hit(item, what, client):
            until = limiter.get_window_stats(item, what, client).reset_time
            return max(1, ceil(until - clock.now().timestamp()))
    return 0


def name_client(address: str) -> str:
    """Hash an address with this house's secret, so that no store holds an address."""
    key = settings.SECRET_KEY.encode()
    said = b"client " + one_client(address).encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:24]


def too_many(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Say that this client must wait, and how long."""
    response = page(
        request,
        "account/too_many.html",
        heading=_("Too many requests"),
        status=429,
        wait_s=wait_s,
    )
    response["Retry-After"] = str(wait_s)
    return response
