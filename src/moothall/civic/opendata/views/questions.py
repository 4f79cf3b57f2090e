"""Questions in SQL: anybody asks, officers give good ones an address."""

import csv
import io
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from moothall.civic.opendata.actions.publish_question import (
    NameIsTaken,
    change_question,
    publish_question,
)
from moothall.civic.opendata.forms import QuestionForm
from moothall.civic.opendata.queries import datasets, questions
from moothall.civic.opendata.queries.questions import Askable, UnableToFindQuestion
from moothall.civic.opendata.queries.revisions import find_revision
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.civic.opendata.views import downloads, kept
from moothall.civic.opendata.views.answers import NoRoom, answered, costly, making, no_room, or_404
from moothall.civic.opendata.views.kept import Made, UnableToKeep
from moothall.kernel.confined import asking
from moothall.kernel.confined.asking import Answer, TooManyAsk, UnableToAsk
from moothall.kernel.counts import one_client
from moothall.kernel.identity.guard import staff_required, who
from moothall.standards.spreadsheets import safe
from moothall.ui import pages
from moothall.ui.problems import ANYONE, problem

MOST_TABLES = 8
"""Datasets of one question: the rows of each are laid out for it."""
SHOWN = 200
"""Rows of an answer that stand on a page; the files have all."""
MEDIA = {"csv": "text/csv; charset=utf-8; header=present", "json": "application/json"}
View = Callable[..., HttpResponse]
_known = or_404(UnableToFindQuestion)


def _room(view: View) -> View:
    """Say that many ask, and when to come again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except TooManyAsk:
            refused = problem(503, str(_("Many questions are being answered. Try again soon.")))
            refused["Retry-After"] = "5"
            return refused
        except NoRoom:
            return no_room()

    return answer


def _answer(request: HttpRequest, sql: str) -> Answer:
    """Answer a question over the datasets it names; errors: UnableToAsk, TooManyAsk."""
    askable = questions.list_askable(request.now)  # type: ignore[attr-defined]
    named = questions.find_named(sql, askable)
    if len(named) > MOST_TABLES:
        said = _("A question may name at most %(most)s datasets, and this names %(count)s.")
        raise UnableToAsk(said % {"most": MOST_TABLES, "count": len(named)})
    try:
        # Rows are laid out in turn with other files; whoever then waits for an answer holds up no
        # file that others want.
        with making() if named else nullcontext():
            tables = {one.name: kept.hold(_made(one)) for one in named}
    except UnableToKeep:
        raise UnableToAsk(
            str(_("There is no room to lay out the rows. Try again later."))
        ) from None
    return asking.ask(sql, tables, by=one_client(request.client))  # type: ignore[attr-defined]


def _made(one: Askable) -> Made:
    return Made(
        mark=find_revision(one.dataset, one.window),
        form="parquet",
        media_type="",
        make=partial(downloads.write, one.dataset, one.window, "parquet"),
    )


@_room
@answered()
@costly
def ask(request: HttpRequest) -> HttpResponse:
    """Ask a question of the open datasets, in SQL; the question stands in the address."""
    sql = request.GET.get("sql", "")
    answer, error = None, ""
    if "sql" in request.GET:
        try:
            answer = _answer(request, sql)
        except UnableToAsk as fault:
            error = str(fault)
    return pages.page(
        request,
        "opendata/ask.html",
        heading=_("Ask the data"),
        status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
        sql=sql,
        answer=answer,
        shown=SHOWN,
        error=error,
        askable=questions.list_askable(request.now),  # type: ignore[attr-defined]
        columns=list_columns,
        questions=questions.list_questions(),
        most=asking.ROWS,
        seconds=asking.SECONDS,
    )


@_room
@answered(machine=True)
@costly
def ask_file(request: HttpRequest, form: str) -> HttpResponse:
    """Give the answer to a question as CSV or JSON."""
    return _file(request, request.GET.get("sql", ""), form, "answer")


def _file(request: HttpRequest, sql: str, form: str, name: str) -> HttpResponse:
    try:
        answer = _answer(request, sql)
    except UnableToAsk as fault:
        raise UnableToAnswer("sql", str(fault)) from None
    given = HttpResponse(_written(answer, form), content_type=MEDIA[form])
    given["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    given["Access-Control-Allow-Origin"] = ANYONE
    given["X-Cut"] = "yes" if answer.cut else "no"
    return given


def _written(answer: Answer, form: str) -> bytes:
    names = [name for name, _sort in answer.columns]
    if form == "json":
        columns = [{"name": name, "type": sort} for name, sort in answer.columns]
        return orjson.dumps({"columns": columns, "rows": answer.rows, "cut": answer.cut})
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerow([safe(name) for name in names])
    writer.writerows([safe(cell) for cell in row] for row in answer.rows)
    return sink.getvalue().encode()


@_known
@_room
@answered()
@costly
def question(request: HttpRequest, slug: str) -> HttpResponse:
    """A question that officers published, its answer now, and how to cite it."""
    one = _published(slug)
    answer, error = None, ""
    try:
        answer = _answer(request, one.sql)
    except UnableToAsk as fault:
        error = str(fault)
    return pages.page(
        request,
        "opendata/question.html",
        heading=one.title,
        one=one,
        answer=answer,
        shown=SHOWN,
        error=error,
        address=request.build_absolute_uri(request.path),
        city=datasets.city_name(),
        named=questions.find_named(one.sql, questions.list_askable(request.now)),  # type: ignore[attr-defined]
    )


def _published(slug: str) -> Any:
    one = questions.get_question(slug)
    if one.withdrawn:
        raise UnableToFindQuestion(slug)
    return one


@_known
@_room
@answered(machine=True)
@costly
def question_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """Give the answer to a published question as CSV or JSON."""
    return _file(request, _published(slug).sql, form, slug)


@require_GET
@staff_required("editor")
def desk(request: HttpRequest) -> HttpResponse:
    """List the questions that officers published."""
    return pages.page(
        request,
        "opendata/desk/questions.html",
        heading=_("Questions we publish"),
        questions=questions.list_questions(withdrawn=True),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("publisher")
def publish(request: HttpRequest) -> HttpResponse:
    """Give a question an address."""
    form = QuestionForm(request.POST or None, initial={"sql": request.GET.get("sql", "")})
    if request.method == "POST" and form.is_valid():
        try:
            slug = publish_question(
                asked=form.cleaned_data["asked"],
                slug=form.cleaned_data["slug"],
                about=form.cleaned_data,
                by=who(request.user),
                now=request.now,  # type: ignore[attr-defined]
            )
            return HttpResponseRedirect(reverse("opendata:question", args=[slug]))
        except NameIsTaken:
            form.add_error("slug", _("Another question has that name: give this one another."))
    return _edit(request, form, _("Publish a question"))


@_known
@require_http_methods(["GET", "HEAD", "POST"])
@staff_required("publisher")
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a published question, withdraw it or bring it back."""
    one = questions.get_question(slug)
    said = {name: getattr(one, name) for name in ("title", "slug", "summary", "sql", "withdrawn")}
    form = QuestionForm(request.POST or None, initial={**said, "asked": one.asked})
    form.fields["slug"].disabled = True
    if request.method == "POST" and form.is_valid():
        change_question(
            slug=slug,
            about=form.cleaned_data,
            withdrawn=form.cleaned_data["withdrawn"],
            by=who(request.user),
            now=request.now,  # type: ignore[attr-defined]
        )
        return HttpResponseRedirect(reverse("opendata:desk-questions"))
    return _edit(request, form, one.title)


def _edit(request: HttpRequest, form: QuestionForm, heading: str) -> HttpResponse:
    return pages.page(
        request,
        "opendata/desk/question.html",
        heading=heading,
        form=form,
        status=HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK,
    )
