"""The headers a browser keeps us safe by, on every answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import has_vary_header, patch_vary_headers

ALWAYS = {
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(),"
        " display-capture=(), fullscreen=(self), geolocation=(self), gyroscope=(), hid=(),"
        " magnetometer=(), microphone=(), midi=(), payment=(),"
        " publickey-credentials-create=(self), publickey-credentials-get=(self),"
        " serial=(), usb=()"
    ),
    "X-Permitted-Cross-Domain-Policies": "none",
}
OPEN_DATA = ("/data", "/api/", "/catalog", "/live/", "/open311/")
"""Where anyone's page may read what we answer; the rest stays with our own pages."""


class Headers:
    """Adds what Django's own security middleware does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.setdefault(name, value)
        if has_vary_header(response, "Accept-Language"):
            # The language is in a cookie once it is chosen: a cache must not mix them.
            patch_vary_headers(response, ("Cookie",))
        shared = request.path.startswith(OPEN_DATA)
        response.setdefault(
            "Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"
        )
        return response
