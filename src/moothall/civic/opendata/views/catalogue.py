"""The list of datasets, and each dataset's page."""

import functools
from collections.abc import Callable
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from markupsafe import Markup

from moothall.civic.opendata.queries import datasets, describing, evidence, finding, series
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.finding import Question
from moothall.civic.opendata.views import tables
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.wording import say_span
from moothall.standards import schemaorg
from moothall.standards.dcat.writing import best_form
from moothall.ui import pages

View = Callable[..., HttpResponse]
SAMPLE = 20
PER_PAGE = 30


@answered()
@pages.kept_page(asks=("q", *finding.FACETS, "sort", "page"))
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every dataset of the city, for someone who looks for one or wants to see what there is."""
    shelf = finding.get_shelf(request.now)  # type: ignore[attr-defined]
    order = request.GET.get("sort", "")
    question = Question(
        words=request.GET.get("q", "").strip(),
        chosen={name: request.GET.get(name, "") for name in finding.FACETS},
        order=order if order in finding.ORDERS else "",
    )
    found = finding.find(shelf, question)
    count = max(1, -(-len(found.datasets) // PER_PAGE))
    page = _page_of(request.GET.get("page", ""), count)
    shown = found.datasets[(page - 1) * PER_PAGE : page * PER_PAGE]
    return pages.page(
        request,
        "opendata/catalogue.html",
        heading=_("Open data"),
        datasets=shown,
        total=len(found.datasets),
        facets=found.facets,
        question=question,
        page=page,
        count=count,
        everything=len(shelf.datasets),
        origins={int(origin) for one in shown for origin in one.origins},
        city=datasets.city_name(),
    )


def _page_of(text: str, count: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return 1
    return min(max(1, int(text)), count)


def or_described(view: View) -> View:
    """Send a program that asks for RDF from a dataset's page to its description."""

    @functools.wraps(view)
    def inner(request: HttpRequest, name: str) -> HttpResponse:
        form = best_form(request.headers.get("Accept", ""))
        if form:
            answer: HttpResponse = HttpResponseRedirect(f"/data/{quote(name)}.{form}")
            answer.status_code = 303
        else:
            answer = view(request, name)
        patch_vary_headers(answer, ("Accept",))
        return answer

    return inner


@or_described
@answered()
@pages.kept_page(asks=("version", "as_of"))
def dataset(request: HttpRequest, name: str) -> HttpResponse:
    """One dataset: what it is, how fresh, its columns, some rows, and the way to them all."""
    now = request.now  # type: ignore[attr-defined]
    found = datasets.get_dataset(name, now)
    if found.table is not None:
        return tables.show(request, found, described=_described(found))
    kind = found.kind
    return pages.page(
        request,
        "opendata/dataset.html",
        heading=found.title,
        dataset=found,
        records=evidence.list_records(kind.name, SAMPLE) if kind else (),
        newest=() if kind else series.list_newest(found.name, SAMPLE),
        promise=say_span,
        shown=kind.columns[:6] if kind else (),
        origins={int(origin) for origin in found.origins},
        described=_described(found),
    )


def _described(found: Dataset) -> Markup:
    """Describe a dataset to search engines, as data within its page.

    Its addresses begin at the root of the site: a page is kept for everybody, whatever name they
    call the site by.
    """
    columns = tuple((one.name, one.unit, one.meaning) for one in found.columns)
    said = orjson.dumps(schemaorg.describe(describing.describe(found, ""), columns)).decode()
    # Within a page no text may end the element it stands in.
    for sign in "<>&\u2028\u2029":
        said = said.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(said)  # noqa: S704
