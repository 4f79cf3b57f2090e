"""Pages for what went wrong before a view could answer."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.ui.pages import page


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form could not be trusted, and what to do."""
    return page(request, "account/form_expired.html", heading=_("Send the form again"), status=403)
