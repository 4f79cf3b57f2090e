"""Who is asking, and how: forwarded headers are believed from our own proxies only."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
    "HTTP_FORWARDED",
)
UNIX_SOCKET = "unix"
WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})
"""A load balancer asks these by number: the answer is the same whatever name it calls us."""


class Client:
    """Sets `request.client`, the asker's address, and the true scheme and host.

    A forwarded header from anyone but a trusted proxy is thrown away before another line of
    code can read it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        named = settings.TRUSTED_PROXIES
        self.trusts_unix = UNIX_SOCKET in named
        self.own_name = next(
            (host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost"
        )
        self.networks = tuple(
            ip_network(name, strict=False) for name in named if name != UNIX_SOCKET
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        peer = meta.get("REMOTE_ADDR", "")
        if self.is_trusted(peer):
            self.believe(meta, peer)
        else:
            for header in FORWARDED:
                meta.pop(header, None)
        if request.path in WATCHED:
            meta["HTTP_HOST"] = self.own_name
        request.client = meta.get("REMOTE_ADDR", "")  # type: ignore[attr-defined]
        return self.get_response(request)

    def is_trusted(self, address: str) -> bool:
        """Say whether an address is one of our own proxies'."""
        try:
            found = ip_address(address)
        except ValueError:
            return self.trusts_unix and address in {"", UNIX_SOCKET}
        return any(found in network for network in self.networks)

    def believe(self, meta: dict[str, Any], peer: str) -> None:
        """Take scheme, host and client from a proxy's headers: the last address not ours."""
        hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        client = peer
        for hop in reversed(hops):
            try:
                ip_address(hop)
            except ValueError:
                break
            client = hop
            if not self.is_trusted(hop):
                break
        meta["REMOTE_ADDR"] = client
        scheme = meta.get("HTTP_X_FORWARDED_PROTO", "")
        if scheme in {"http", "https"}:
            meta["wsgi.url_scheme"] = scheme
        if meta.get("HTTP_X_FORWARDED_HOST"):
            meta["HTTP_HOST"] = meta["HTTP_X_FORWARDED_HOST"].split(",")[-1].strip()
