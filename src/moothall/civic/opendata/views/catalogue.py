"""The list of datasets, and each dataset's page."""

import functools
from collections.abc import Callable, Iterator
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from markupsafe import Markup

from moothall.civic.opendata.queries import (
    datasets,
    describing,
    evidence,
    finding,
    finding_place,
    own_rows,
    series,
)
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.finding import Question
from moothall.civic.opendata.views import catalogues, tables, written
from moothall.civic.opendata.views.about import SAY, about
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.plain import look_at
from moothall.civic.opendata.views.wording import say_span
from moothall.standards import schemaorg
from moothall.standards.dcat.writing import best_form
from moothall.ui import pages

View = Callable[..., HttpResponse]
SAMPLE = 20
PER_PAGE = 30


@answered()
@pages.kept_page(asks=("q", *finding.FACETS, "within", "sort", "page"))
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every dataset of the city, for someone who looks for one or wants to see what there is."""
    now = request.now  # type: ignore[attr-defined]
    shelf = finding.get_shelf(now)
    area = finding_place.read_area(request.GET.get("within", ""))
    order = request.GET.get("sort", "")
    question = Question(
        words=request.GET.get("q", "").strip(),
        chosen={name: request.GET.get(name, "") for name in finding.FACETS},
        within=area.text if area else "",
        order=order if order in finding.ORDERS else "",
    )
    touching = finding_place.find_touching(shelf, area, now) if area else None
    found = finding.find(shelf, question, touching)
    count = max(1, -(-len(found.datasets) // PER_PAGE))
    page = _page_of(request.GET.get("page", ""), count)
    shown = found.datasets[(page - 1) * PER_PAGE : page * PER_PAGE]
    return pages.page(
        request,
        "opendata/catalogue.html",
        forms=written.FORMS,
        heading=_("Open data"),
        datasets=shown,
        total=len(found.datasets),
        facets=found.facets,
        scores=found.scores,
        question=question,
        area=area,
        wards=finding_place.list_wards(),
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
    if found.harvested is not None:
        return catalogues.show(request, found, found.harvested, _described(found))
    shown = tables.at_version(request, found)
    said = {
        "described": _described(shown),
        "about": about(shown, now),
        "say": SAY,
        "look": look_at(shown, now),
    }
    if shown.table is not None:
        return tables.show(request, shown, newest=found.version, **said)
    kind = found.kind
    return pages.page(
        request,
        "opendata/dataset.html",
        forms=written.FORMS,
        heading=found.title,
        dataset=found,
        records=evidence.list_records(kind.name, SAMPLE) if kind else (),
        newest=() if kind else series.list_newest(found.name, SAMPLE),
        promise=say_span,
        shown=kind.columns[:6] if kind else (),
        origins={int(origin) for origin in found.origins},
        **said,
        cells=list(_first_cells(found)),
    )


def _first_cells(found: Dataset) -> Iterator[tuple[str | None, ...]]:
    """Write out the first rows of what the portal publishes about itself."""
    if found.source == "portal":
        names = [column.name for column in found.columns]
        for row in own_rows.read(found).slice(0, SAMPLE).select(names).to_pylist():
            yield tuple(None if value is None else str(value) for value in row.values())


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
