"""What is told of a dataset besides its rows: how good it is, its use, its citation, its schema."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata.actions.count_use import count_use
from moothall.civic.opendata.queries import datasets, lineage, quality, usage
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.lineage import Period, Use
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import citing
from moothall.civic.opendata.rules.citing import Cited
from moothall.civic.opendata.rules.quality import Part, Score
from moothall.civic.opendata.views import tables
from moothall.civic.opendata.views.answers import answered
from moothall.standards import frictionless
from moothall.ui import pages
from moothall.ui.problems import ANYONE
from moothall.values.observations import Mender


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a dataset's page tells besides its rows."""

    score: Score
    uses: tuple[Use, ...]
    promises: tuple[Period, ...]
    downloads: int


@dataclass(frozen=True, slots=True)
class Say:
    """How quality is said."""

    rule: Callable[[str], str] = quality.say_rule
    reason: Callable[[Part], str] = quality.say_reason
    mender: Callable[[Mender | None], str] = quality.say_mender
    wanted: Callable[[str], str] = quality.say_wanted


SAY = Say()


def about(dataset: Dataset, now: datetime) -> About:
    """Gather what is told of a dataset besides its rows."""
    return About(
        score=quality.get_score(dataset, now),
        uses=lineage.list_uses(dataset),
        promises=lineage.list_promises(dataset, now),
        downloads=sum(one.downloads or 0 for one in usage.list_uses(dataset.name)),
    )


def counted(view: Callable[..., Any]) -> Callable[..., Any]:
    """Count each file a view gives: whole, or from its beginning on; never who asked for it."""

    @functools.wraps(view)
    def inner(request: HttpRequest, name: str, form: str) -> Any:
        answer = view(request, name, form)
        begins = request.headers.get("Range", "bytes=0-").startswith("bytes=0-")
        if request.method == "GET" and answer.status_code in {200, 206} and begins:
            count_use(dataset=name, form=form, now=request.now)  # type: ignore[attr-defined]
        return answer

    return inner


def _cited(request: HttpRequest, name: str) -> tuple[Dataset, Cited]:
    now = request.now  # type: ignore[attr-defined]
    found = tables.at_version(request, datasets.get_dataset(name, now))
    zone = ZoneInfo(datasets.city_zone())
    asked = f"?version={found.version}" if found.version else ""
    return found, Cited(
        name=found.name,
        title=found.title,
        publisher=found.publishers,
        on=(found.modified_at or found.last_at or now).astimezone(zone).date(),
        version=found.version,
        address=request.build_absolute_uri(f"{found.url}{asked}"),
        seen_on=now.astimezone(zone).date(),
    )


@answered()
def cite(request: HttpRequest, name: str) -> HttpResponse:
    """Say how a dataset is cited, with its version and the day."""
    found, cited = _cited(request, name)
    return pages.page(
        request,
        "opendata/cite.html",
        heading=_("How to cite %(title)s") % {"title": found.title},
        dataset=found,
        words=citing.in_words(cited),
        bibtex=citing.in_bibtex(cited),
        asked=f"?version={found.version}" if found.version else "",
    )


@answered(machine=True)
def bibtex(request: HttpRequest, name: str) -> HttpResponse:
    """Give the citation of a dataset as BibTeX."""
    _found, cited = _cited(request, name)
    answer = HttpResponse(citing.in_bibtex(cited), content_type="application/x-bibtex")
    answer["Content-Disposition"] = f'attachment; filename="{name}.bib"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


@answered(machine=True)
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """Describe the columns of a dataset's CSV as a Frictionless Table Schema."""
    found = datasets.get_dataset(name, request.now)  # type: ignore[attr-defined]
    found = tables.at_version(request, found)
    body = orjson.dumps(frictionless.write_schema(list_columns(found)))
    answer = HttpResponse(body, content_type="application/json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
