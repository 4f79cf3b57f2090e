"""Pages made of many services."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.ui import frame, pages


def home(request: HttpRequest) -> HttpResponse:
    """The city, now, on one page."""
    return pages.page(request, "portal/home.html", heading=_("Your city"))


def city_css(request: HttpRequest) -> HttpResponse:
    """The city's colours, kept for good by a browser: the address changes when they do."""
    return HttpResponse(
        frame.city_css(),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
