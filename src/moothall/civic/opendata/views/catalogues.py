"""The catalogues we follow, what came of each, and the pages of what they list."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import catalogues, describing
from moothall.civic.opendata.queries.catalogues import Report, UnableToFindCatalogue
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.harvested import Harvested
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.wording import say_span
from moothall.ui import pages
from moothall.ui.missing import or_not_found
from moothall.ui.problems import ANYONE, problem

COLUMNS = (
    *("run", "started_at", "ended_at", "outcome", "words", "origin", "new", "changed", "gone"),
    *("unchanged", "refused", "issues", "bytes"),
)
ISSUES = ("run", "at", "where", "what", "severity", "mender", "item", "raw")


@answered()
@pages.kept_page()
def catalogues_followed(request: HttpRequest) -> HttpResponse:
    """Every catalogue whose datasets we list with ours."""
    found = catalogues.list_catalogues(request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "opendata/catalogues.html",
        heading=_("Other catalogues we follow"),
        catalogues=found,
        every=say_span,
    )


@or_not_found(UnableToFindCatalogue, back="/data/catalogues/")
@answered()
@pages.kept_page()
def report(request: HttpRequest, source: str) -> HttpResponse:
    """What came of following one catalogue: each time, what was new and what was wrong."""
    found = catalogues.get_report(source, request.now)  # type: ignore[attr-defined]
    return pages.page(
        request,
        "opendata/catalogue_report.html",
        heading=found.catalogue.name,
        found=found,
        one=found.catalogue,
        every=say_span,
        origins={int(run.run.origin) for run in found.runs[:1]},
    )


@answered(machine=True)
def report_file(request: HttpRequest, source: str, form: str) -> HttpResponse:
    """The same for a program: as JSON all of it, as CSV a row for each time we asked."""
    try:
        found = catalogues.get_report(source, request.now)  # type: ignore[attr-defined]
    except UnableToFindCatalogue as fault:
        return problem(404, str(fault))
    if form == "json":
        answer: HttpResponse = JsonResponse(_as_json(found), json_dumps_params={"indent": 1})
    else:
        text = io.StringIO()
        rows = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
        rows.writeheader()
        rows.writerows(_rows(found))
        answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{source}.csv"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _rows(found: Report) -> Iterator[dict[str, Any]]:
    for one in found.runs:
        run = one.run
        yield {
            "run": run.id,
            "started_at": run.started_at.isoformat(),
            "ended_at": run.ended_at.isoformat(),
            "outcome": run.outcome.value,
            # What a source says may begin like a formula.
            "words": run.words.lstrip("=+-@\t\r"),
            "origin": run.origin.name.lower(),
            "new": one.fresh,
            "changed": one.changed,
            "gone": one.gone,
            "unchanged": run.unchanged,
            "refused": one.refused,
            "issues": run.issues,
            "bytes": run.bytes,
        }


def _as_json(found: Report) -> dict[str, Any]:
    one = found.catalogue
    return {
        "catalogue": one.name,
        "url": one.url,
        "form": one.form or None,
        "state": one.state,
        "every_hours": one.every.total_seconds() / 3600,
        "listed": found.listed,
        "feed": f"/data/feeds/{one.feed}/",
        "doubles": [
            {
                "dataset": double.name,
                "title": double.title,
                "also": [{"catalogue": o.catalogue, "dataset": o.name} for o in double.also],
            }
            for double in found.doubles
        ],
        "runs": list(_rows(found)),
        "issues": [{name: getattr(issue, name) for name in ISSUES} for issue in found.issues],
    }


def show(request: HttpRequest, dataset: Dataset, one: Harvested, described: Any) -> HttpResponse:
    """Show a dataset that is held elsewhere: what it is, whose, and where the data are."""
    return pages.page(
        request,
        "opendata/harvested.html",
        heading=one.title,
        dataset=dataset,
        one=one,
        source=one.feed.partition(".")[2],
        promise=say_span,
        themes=describing.say_themes(one.themes),
        origins={int(one.origin)},
        described=described,
    )
