"""The register of what must be published, for everybody and for the officers who answer it."""

import csv
import io

import orjson
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from moothall.civic.opendata.actions.answer_duty import UnableToFindDuty, answer_duty
from moothall.civic.opendata.queries import datasets, tables, transparency
from moothall.civic.opendata.queries.tables import UnableToFindTable
from moothall.civic.opendata.views.answers import answered
from moothall.kernel.identity.guard import staff_required, who
from moothall.standards.spreadsheets import safe
from moothall.ui import pages
from moothall.ui.problems import ANYONE


@answered()
@pages.kept_page()
def register(request: HttpRequest) -> HttpResponse:
    """Each duty of the Transparency Code, what answers it, and whether it is in time."""
    return pages.page(
        request,
        "opendata/transparency.html",
        heading=_("What the council must publish"),
        duties=transparency.list_duties(request.now),  # type: ignore[attr-defined]
        say_often=transparency.say_often,
        say_state=transparency.say_state,
        city=datasets.city_name(),
    )


@answered(machine=True)
def register_file(request: HttpRequest, form: str) -> HttpResponse:
    """Give the register as JSON or CSV."""
    rows = transparency.list_rows(request.now)  # type: ignore[attr-defined]
    if form == "json":
        said = [dict(zip(transparency.HEADINGS, row, strict=True)) for row in rows]
        answer = HttpResponse(orjson.dumps({"duties": said}), content_type="application/json")
    else:
        sink = io.StringIO()
        writer = csv.writer(sink)
        writer.writerow(transparency.HEADINGS)
        writer.writerows([safe(cell) for cell in row] for row in rows)
        answer = HttpResponse(sink.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("editor")
def desk(request: HttpRequest) -> HttpResponse:
    """Say which tables answer which duty."""
    if request.method == "POST":
        try:
            answer_duty(
                duty=request.POST.get("duty", ""),
                slug=request.POST.get("table", ""),
                answers=request.POST.get("answers", "") == "yes",
                by=who(request.user),
                now=request.now,  # type: ignore[attr-defined]
            )
        except (UnableToFindDuty, UnableToFindTable) as fault:
            raise Http404(str(fault)) from None
        return HttpResponseRedirect(reverse("opendata:desk-transparency"))
    return pages.page(
        request,
        "opendata/desk/transparency.html",
        heading=_("What the council must publish"),
        duties=transparency.list_duties(request.now),  # type: ignore[attr-defined]
        chosen=transparency.list_chosen(),
        tables={one.slug: one for one in tables.list_tables()},
        say_often=transparency.say_often,
        say_state=transparency.say_state,
    )
