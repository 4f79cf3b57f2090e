"""The door of the officers' pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from moothall.kernel.identity.roles import Role, roles_of

View = Callable[..., HttpResponse]


def staff_required(role: Role | str = Role.VIEWER) -> Callable[[View], View]:
    """Open a page to signed-in staff of a role, who proved it with a second factor.

    Leaves:  the rest are sent to sign in, to set up a second factor, or told (403) they may not;
             no answer of such a page is kept by a cache.
    """
    needed = Role(role)

    def guarded(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = _turn_away(request, needed) or view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        answer.needs = needed  # type: ignore[attr-defined]
        return answer

    return guarded


def _turn_away(request: HttpRequest, needed: Role) -> HttpResponse | None:
    person: Any = request.user
    if not person.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not is_mfa_enabled(person):
        return redirect("mfa_index")
    if needed not in roles_of(person):
        raise PermissionDenied(_("Your account does not have the role this page needs."))
    return None


def who(person: Any) -> str:
    """Name a person as the audit log does: "person:12", never by name or address."""
    return f"person:{person.pk}" if getattr(person, "pk", None) else "person:anonymous"
