"""The audit log, as an administrator reads it."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from moothall.kernel.audit import log
from moothall.kernel.identity.guard import staff_required
from moothall.ui.pages import page

LINES = 100


@require_GET
@staff_required("admin")
def audit(request: HttpRequest) -> HttpResponse:
    """Show who did what to what, newest first; with `?verify`, prove every line."""
    before = request.GET.get("before", "")
    to = request.GET.get("to", "")[:300]
    first = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    lines = log.list_lines(before=first, to=to, limit=LINES)
    return page(
        request,
        "portal/desk/audit.html",
        heading=_("Who did what"),
        lines=[(line, json.loads(line.detail)) for line in lines],
        older=lines[-1].seq if len(lines) == LINES else None,
        to=to,
        verdict=log.verify() if "verify" in request.GET else None,
    )
