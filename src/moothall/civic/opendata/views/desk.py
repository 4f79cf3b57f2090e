"""Officers' pages of datasets: bring a file, look at what was read, publish, withdraw."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from moothall.civic.opendata import forms
from moothall.civic.opendata.actions import describe_table, load_table, publish_table
from moothall.civic.opendata.actions.load_table import UnableToLoadTable
from moothall.civic.opendata.actions.publish_table import UnableToPublish
from moothall.civic.opendata.queries import tables
from moothall.civic.opendata.queries.tables import UnableToFindTable
from moothall.civic.opendata.rules.tables import TYPES
from moothall.civic.opendata.views.answers import or_404
from moothall.civic.opendata.views.wording import (
    say_asked,
    say_did,
    say_form,
    say_promise,
    say_span,
)
from moothall.kernel.audit import log
from moothall.kernel.identity import accounts
from moothall.kernel.identity.guard import staff_required, who
from moothall.ui.pages import page

_known = or_404(UnableToFindTable)


@require_GET
@staff_required("viewer")
def list_tables(request: HttpRequest) -> HttpResponse:
    """List the datasets that officers keep, published or not."""
    return page(
        request,
        "opendata/desk/tables.html",
        heading=_("Datasets we keep"),
        tables=tables.list_tables(),
        may_add=request.user.has_perm("desk.edit"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("editor")
def add(request: HttpRequest) -> HttpResponse:
    """Take a first file and what is said of it; nothing is public yet."""
    form = forms.TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        url, every_hours = form.fetched()
        if url:
            slug = load_table.add_table_at(
                asked=form.cleaned_data["asked"],
                about=form.about(),
                url=url,
                every_hours=every_hours,
                by=who(request.user),
                now=request.now,  # type: ignore[attr-defined]
            )
            return HttpResponseRedirect(reverse("opendata:desk-table", args=[slug]))
        file = form.cleaned_data["file"]
        try:
            slug = load_table.add_table(
                asked=form.cleaned_data["asked"],
                about={**form.about(), "said": form.cleaned_data["schema"]},
                body=file.read(),
                file_name=file.name,
                by=who(request.user),
                now=request.now,  # type: ignore[attr-defined]
            )
            return HttpResponseRedirect(reverse("opendata:desk-check", args=[slug]))
        except UnableToLoadTable as fault:
            form.add_error("file", str(fault))
    return page(
        request,
        "opendata/desk/add.html",
        heading=_("Add a dataset"),
        form=form,
        status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK,
    )


@require_GET
@staff_required("viewer")
@_known
def table(request: HttpRequest, table: str) -> HttpResponse:
    """Show one dataset: what is said of it, its versions, what waits, and what may be done."""
    return _table(request, table)


def _table(
    request: HttpRequest, slug: str, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    entry = tables.get_table(slug)
    lines = log.list_lines(to=f"table:{slug}", limit=20)
    return page(
        request,
        "opendata/desk/table.html",
        heading=entry.title,
        one=entry,
        files=tables.list_files(slug),
        form=forms.FileForm(),
        error=error,
        promise=say_promise(entry.promise),
        form_words=say_form,
        lines=lines,
        addresses=accounts.list_addresses(line.by for line in lines),
        did=say_did,
        span=say_span,
        asked=bool(request.GET.get("asked")),
        may_edit=request.user.has_perm("desk.edit"),
        may_publish=request.user.has_perm("desk.publish"),
        status=status,
    )


@require_POST
@staff_required("editor")
@_known
def load(request: HttpRequest, table: str) -> HttpResponse:
    """Take a new file for a dataset; what is public stands until it is published."""
    tables.get_table(table)
    form = forms.FileForm(request.POST, request.FILES)
    if not form.is_valid():
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _table(request, table, error=words, status=HTTPStatus.BAD_REQUEST)
    file = form.cleaned_data["file"]
    try:
        load_table.load_table(
            slug=table,
            body=file.read(),
            file_name=file.name,
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
            said=form.cleaned_data["schema"],
        )
    except UnableToLoadTable as fault:
        return _table(request, table, error=str(fault), status=HTTPStatus.BAD_REQUEST)
    return HttpResponseRedirect(reverse("opendata:desk-check", args=[table]))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("publisher")
@_known
def about(request: HttpRequest, table: str) -> HttpResponse:
    """Change what is said of a dataset, at once and for everybody, and where its file is."""
    entry = tables.get_table(table)
    form = forms.AboutForm(request.POST or None, initial=_said_of(entry))
    if request.method == "POST" and form.is_valid():
        url, every_hours = form.fetched()
        describe_table.describe_table(
            slug=table,
            about={**form.about(), "url": url, "every_hours": every_hours},
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
        )
        return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]))
    return page(
        request,
        "opendata/desk/about.html",
        heading=_("Change what is said: %(title)s") % {"title": entry.title},
        one=entry,
        form=form,
        status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK,
    )


def _said_of(entry: tables.TableEntry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "summary": entry.summary,
        "publisher": entry.publisher,
        "licence": entry.licence,
        "theme": entry.theme,
        "promise": str(entry.promise.days) if entry.promise else "",
        "contact": entry.contact,
        "keywords": ", ".join(entry.keywords),
        "url": entry.url,
        "every": str(int(entry.every.total_seconds()) // 3600) if entry.every else "24",
    }


@require_POST
@staff_required("editor")
@_known
def fetch(request: HttpRequest, table: str) -> HttpResponse:
    """Have the worker fetch a dataset's file at its next look."""
    describe_table.fetch_soon(
        slug=table,
        by=who(request.user),
        now=request.now,  # type: ignore[attr-defined]
    )
    return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]) + "?asked=1")


@require_GET
@staff_required("editor")
@_known
def check(request: HttpRequest, table: str) -> HttpResponse:
    """Show what was read of the file that waits, and what publishing it would mean."""
    return _check(request, table)


def _check(
    request: HttpRequest, slug: str, *, error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    entry, waiting = tables.get_table(slug), tables.get_waiting(slug)
    if waiting is None:
        return HttpResponseRedirect(reverse("opendata:desk-table", args=[slug]))
    first = _first(request, len(waiting.columns))
    return page(
        request,
        "opendata/desk/check.html",
        heading=_("Check before publishing: %(title)s") % {"title": entry.title},
        one=entry,
        waiting=waiting,
        first=first,
        shown=list(enumerate(waiting.columns))[first : first + forms.COLUMNS_AT_ONCE],
        at_once=forms.COLUMNS_AT_ONCE,
        types=TYPES,
        said=tables.get_said(slug),
        asked=[say_asked(one) for one in waiting.asked_twice],
        form_words=say_form,
        error=error,
        why=request.POST.get("why", "")[:1000],
        may_publish=request.user.has_perm("desk.publish"),
        status=status,
    )


def _first(request: HttpRequest, count: int) -> int:
    """Return from which column the form tells."""
    asked = request.GET.get("from", "") or request.POST.get("from", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    return number - number % forms.COLUMNS_AT_ONCE if number < count else 0


@require_POST
@staff_required("editor")
@_known
def columns(request: HttpRequest, table: str) -> HttpResponse:
    """Take what an officer says of the columns, and read the file again by it."""
    waiting = tables.get_waiting(table)
    if waiting is None:
        return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]))
    before = tables.get_said(table)
    first = _first(request, len(waiting.columns))
    said = forms.read_columns(request.POST, waiting.columns, before, first=first)
    for name in set(request.POST.getlist("back")) & set(waiting.left_out):
        said[name] = {**before[name], "out": False}
    try:
        load_table.say_columns(
            slug=table,
            said=said,
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
        )
    except UnableToLoadTable as fault:
        return _check(request, table, error=str(fault), status=HTTPStatus.BAD_REQUEST)
    return HttpResponseRedirect(reverse("opendata:desk-check", args=[table]) + f"?from={first}")


@require_POST
@staff_required("publisher")
@_known
def publish(request: HttpRequest, table: str) -> HttpResponse:
    """Publish the file that waits, as it was looked at."""
    tables.get_table(table)
    form = forms.PublishForm(request.POST)
    if not form.is_valid():
        words = _("Look at the file again before you publish it.")
        return _check(request, table, error=words, status=HTTPStatus.BAD_REQUEST)
    try:
        publish_table.publish_table(
            slug=table,
            digest=form.cleaned_data["digest"],
            meant=form.cleaned_data["meant"],
            why=form.cleaned_data["why"],
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
        )
    except UnableToPublish as fault:
        return _check(request, table, error=str(fault), status=HTTPStatus.CONFLICT)
    return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]))


@require_POST
@staff_required("editor")
@_known
def drop(request: HttpRequest, table: str) -> HttpResponse:
    """Let go of the file that waits."""
    load_table.drop_file(
        slug=table,
        by=who(request.user),
        now=request.now,  # type: ignore[attr-defined]
    )
    return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]))


@require_POST
@staff_required("publisher")
@_known
def withdraw(request: HttpRequest, table: str) -> HttpResponse:
    """Take a dataset from the public, with the reason its page then gives."""
    tables.get_table(table)
    try:
        publish_table.withdraw_table(
            slug=table,
            why=request.POST.get("why", "")[:1000],
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
        )
    except UnableToPublish as fault:
        return _table(request, table, error=str(fault), status=HTTPStatus.BAD_REQUEST)
    return HttpResponseRedirect(reverse("opendata:desk-table", args=[table]))
