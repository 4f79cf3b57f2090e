"""The audit log, as an administrator reads it."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from moothall.kernel.audit import log
from moothall.kernel.identity import accounts
from moothall.kernel.identity.guard import staff_required
from moothall.ui.pages import page

LINES = 50


def say_done(did: str) -> str:
    """Say what was done, as a person would; a verb not known here is read as it stands."""
    return {
        "signed_in": _("signed in"),
        "password_reset": _("set a password by a link"),
        "password_changed": _("changed a password"),
        "totp_activated": _("set up an authenticator app"),
        "totp_deactivated": _("removed an authenticator app"),
        "recovery_codes_generated": _("made recovery codes"),
        "webauthn_added": _("added a passkey"),
        "webauthn_removed": _("removed a passkey"),
        "staff_added": _("made an account"),
        "role_changed": _("changed a role"),
        "account_closed": _("closed an account"),
        "account_reopened": _("opened an account again"),
        "second_factors_removed": _("removed second factors"),
        "feed_run_asked": _("asked for a run"),
        "table_added": _("added a dataset"),
        "table_file_brought": _("brought a file"),
        "table_file_refused": _("brought a file that was refused"),
        "table_file_dropped": _("let a file go"),
        "table_columns_said": _("said what columns are"),
        "table_described": _("said something else of a dataset"),
        "table_fetch_asked": _("asked to fetch a dataset's file"),
        "table_check_failed": _("could not fetch a dataset's file"),
        "catalogue_followed": _("followed another catalogue"),
        "catalogue_paused": _("left a catalogue in peace"),
        "catalogue_resumed": _("followed a catalogue again"),
        "catalogue_removed": _("followed a catalogue no longer"),
        "question_published": _("published a question"),
        "question_changed": _("changed a question"),
        "question_withdrawn": _("withdrew a question"),
        "question_brought_back": _("brought a question back"),
        "table_published": _("published a dataset"),
        "table_withdrawn": _("withdrew a dataset"),
    }.get(did, did.replace("_", " "))


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
        say_done=say_done,
        addresses=accounts.list_addresses(name for line in lines for name in (line.by, line.to)),
        older=lines[-1].seq if len(lines) == LINES else None,
        to=to,
        verdict=log.verify() if "verify" in request.GET else None,
    )
