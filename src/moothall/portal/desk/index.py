"""The desk: what this person may do here."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from moothall.kernel.identity.guard import staff_required
from moothall.kernel.identity.roles import LADDER, roles_of
from moothall.ui.pages import page


@require_GET
@staff_required("viewer")
def index(request: HttpRequest) -> HttpResponse:
    """List the officers' pages this person's role opens."""
    offered = [
        ("desk.view", reverse("desk:feeds"), _("Feeds"), _("How every source does, and why.")),
        (
            "desk.view",
            reverse("opendata:desk-tables"),
            _("Datasets we keep"),
            _("Bring a file, see what was read of it, publish it."),
        ),
        (
            "desk.view",
            reverse("opendata:desk-catalogues"),
            _("Other catalogues we follow"),
            _("What they list beside our own datasets, and what came of asking them."),
        ),
        (
            "desk.edit",
            reverse("opendata:desk-questions"),
            _("Questions we publish"),
            _("Questions in SQL that have an address, with their answers."),
        ),
        ("desk.administer", reverse("desk:audit"), _("Who did what"), _("The audit log.")),
        ("desk.view", reverse("mfa_index"), _("Your account"), _("Password and second factors.")),
    ]
    held = roles_of(request.user)
    return page(
        request,
        "portal/desk/index.html",
        heading=_("Desk"),
        offered=[one for one in offered if request.user.has_perm(one[0])],
        role=next(role for role in reversed(LADDER) if role in held),
    )
