"""Officers' pages of other catalogues: follow one, leave it in peace, ask it now, let it go."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from moothall.civic.opendata import forms
from moothall.civic.opendata.actions import follow_catalogue
from moothall.civic.opendata.actions.follow_catalogue import UnableToFollow
from moothall.civic.opendata.queries import catalogues
from moothall.civic.opendata.queries.catalogues import UnableToFindCatalogue
from moothall.civic.opendata.views.answers import or_404
from moothall.civic.opendata.views.wording import say_span
from moothall.kernel.audit import log
from moothall.kernel.feeds import standings
from moothall.kernel.identity.guard import staff_required, who
from moothall.ui.pages import page

_known = or_404(UnableToFindCatalogue)


@require_GET
@staff_required("viewer")
def list_catalogues(request: HttpRequest) -> HttpResponse:
    """List the catalogues we follow, those left in peace too."""
    return page(
        request,
        "opendata/desk/catalogues.html",
        heading=_("Other catalogues we follow"),
        catalogues=catalogues.list_catalogues(request.now),  # type: ignore[attr-defined]
        every=say_span,
        may_add=request.user.has_perm("desk.publish"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("publisher")
def follow(request: HttpRequest) -> HttpResponse:
    """Follow another catalogue: what it lists is listed with ours, and said to be its own."""
    form = forms.CatalogueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            slug = follow_catalogue.follow_catalogue(
                name=said["name"],
                url=said["url"],
                form=said["form"],
                every_hours=int(said["every"]),
                by=who(request.user),
                now=request.now,  # type: ignore[attr-defined]
            )
            return HttpResponseRedirect(reverse("opendata:desk-catalogue", args=[slug]))
        except UnableToFollow as fault:
            form.add_error(None, str(fault))
    return page(
        request,
        "opendata/desk/follow.html",
        heading=_("Follow another catalogue"),
        form=form,
        status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK,
    )


@require_GET
@staff_required("viewer")
@_known
def catalogue(request: HttpRequest, catalogue: str) -> HttpResponse:
    """Show what came of following one catalogue, and what may be done."""
    found = catalogues.get_report(catalogue, request.now)  # type: ignore[attr-defined]
    return page(
        request,
        "opendata/desk/catalogue.html",
        heading=found.catalogue.name,
        found=found,
        one=found.catalogue,
        every=say_span,
        asked=bool(request.GET.get("asked")),
        may_run=request.user.has_perm("desk.edit"),
        may_publish=request.user.has_perm("desk.publish"),
    )


@require_POST
@staff_required("editor")
@_known
def run_now(request: HttpRequest, catalogue: str) -> HttpResponse:
    """Have the worker ask a catalogue at its next look."""
    found = catalogues.get_catalogue(catalogue, request.now)  # type: ignore[attr-defined]
    with transaction.atomic():
        log.record(
            by=who(request.user),
            did="feed_run_asked",
            to=f"feed:{found.feed}",
            at=request.now,  # type: ignore[attr-defined]
        )
    standings.run_soon(found.feed, now=request.now)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("opendata:desk-catalogue", args=[catalogue]) + "?asked=1")


@require_POST
@staff_required("publisher")
@_known
def pause(request: HttpRequest, catalogue: str) -> HttpResponse:
    """Ask a catalogue nothing for a while; what it lists stays listed."""
    return _done(request, catalogue, follow_catalogue.pause_catalogue)


@require_POST
@staff_required("publisher")
@_known
def resume(request: HttpRequest, catalogue: str) -> HttpResponse:
    """Ask a catalogue again."""
    return _done(request, catalogue, follow_catalogue.resume_catalogue)


@require_POST
@staff_required("publisher")
@_known
def remove(request: HttpRequest, catalogue: str) -> HttpResponse:
    """Follow a catalogue no longer: what it lists is gone from our list."""
    _done(request, catalogue, follow_catalogue.remove_catalogue)
    return HttpResponseRedirect(reverse("opendata:desk-catalogues"))


def _done(request: HttpRequest, catalogue: str, do: Callable[..., None]) -> HttpResponse:
    do(slug=catalogue, by=who(request.user), now=request.now)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("opendata:desk-catalogue", args=[catalogue]))
