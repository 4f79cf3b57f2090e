"""The list of datasets, and each dataset's page."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets, evidence, series
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.wording import say_span
from moothall.ui import pages

SAMPLE = 20


@answered()
@pages.kept_page()
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every dataset of the city, for someone who wants to see what there is."""
    found = datasets.list_datasets(request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "opendata/catalogue.html",
        heading=_("Open data"),
        datasets=found,
        origins={int(origin) for one in found for origin in one.origins},
        city=datasets.city_name(),
    )


@answered()
@pages.kept_page()
def dataset(request: HttpRequest, name: str) -> HttpResponse:
    """One dataset: what it is, how fresh, its columns, some rows, and the way to them all."""
    now = request.now  # type: ignore[attr-defined]
    found = datasets.get_dataset(name, now)
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
    )
