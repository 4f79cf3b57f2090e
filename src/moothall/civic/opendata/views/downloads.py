"""Whole datasets as files, written as they are read."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from moothall.civic.opendata import rules
from moothall.civic.opendata.queries import datasets, rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.revisions import find_revision
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import UnableToAnswer, Window, filtering
from moothall.civic.opendata.views import kept, tables, written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.civic.opendata.views.kept import Made
from moothall.standards import csvw
from moothall.ui.problems import ANYONE

ASKED = {"from", "until"}
EXPOSED = "ETag, Accept-Ranges, Content-Range, Content-Length, Content-Disposition"
Answer = TypeVar("Answer", bound=HttpResponseBase)


@answered(machine=True)
@heavy
def download(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """Give a dataset's rows over a span in one of its forms, of any size, in parts if asked."""
    found = datasets.get_dataset(name, request.now)  # type: ignore[attr-defined]
    if form not in found.formats:
        raise UnableToAnswer("format", f"this dataset comes as {', '.join(found.formats)}")
    asked = ASKED if found.table is None else {"version", "as_of"}
    unknown = sorted(set(request.GET) - asked)
    if unknown:
        raise UnableToAnswer(unknown[0][:40], f"ask with {' and '.join(sorted(asked))} only")
    found = tables.at_version(request, found)
    window = read_span(request)
    how = written.FORMS[form]
    answer = kept.give(
        request,
        Made(
            mark=find_revision(found, window),
            form=form,
            media_type=how.media_type,
            make=partial(write, found, window, form),
        ),
    )
    return _headed(request, answer, found, form, file=name)


def read_span(request: HttpRequest) -> Window:
    """Read the span of time an address asks for; errors: UnableToAnswer."""
    zone = ZoneInfo(datasets.city_zone())
    return rules.read_window(request.GET.get("from", ""), request.GET.get("until", ""), zone)


def write(dataset: Dataset, window: Window, form: str) -> Iterator[bytes]:
    """Write the rows of a span; what cannot be read is told before the first byte."""
    pieces = rows.stream_rows(dataset, where=filtering.between(when_of(dataset), window))
    first = list(islice(pieces, 1))
    taken = written.Taken(
        dataset=dataset, columns=list_columns(dataset), pieces=chain(first, pieces)
    )
    return written.FORMS[form].write(taken)


def give(
    request: HttpRequest, taken: written.Taken, form: str, *, file: str
) -> StreamingHttpResponse:
    """Answer with rows written as they are read, under the name of a file."""
    how = written.FORMS[form]
    answer = StreamingHttpResponse(how.write(taken), content_type=how.media_type)
    return _headed(request, answer, taken.dataset, form, file=file)


def _headed(
    request: HttpRequest, answer: Answer, dataset: Dataset, form: str, *, file: str
) -> Answer:
    answer["Content-Disposition"] = f'attachment; filename="{file}.{form}"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    answer["Access-Control-Expose-Headers"] = EXPOSED
    answer["Link"] = _links(request, dataset)
    return answer


def when_of(dataset: Dataset) -> str:
    """Name the column that says when a row is of; "" where rows are of no time."""
    if dataset.source == "feed":
        return "at"
    return "from_at" if dataset.kind is not None else ""


def _links(request: HttpRequest, dataset: Dataset) -> str:
    about = request.build_absolute_uri(f"/data/{dataset.name}.csv-metadata.json")
    page = request.build_absolute_uri(dataset.url)
    return f'<{about}>; rel="describedby"; type="application/csvm+json", <{page}>; rel="about"'


@answered(machine=True)
def metadata(request: HttpRequest, name: str) -> HttpResponse:
    """Describe a dataset's CSV: columns, licence, attribution (CSV on the Web)."""
    found = datasets.get_dataset(name, request.now)  # type: ignore[attr-defined]
    body = csvw.describe(
        url=request.build_absolute_uri(f"/data/{name}.csv"),
        title=found.title,
        description=found.summary,
        publisher=found.publishers,
        licences=found.licences,
        attribution=found.attribution,
        columns=list_columns(found),
    )
    answer = HttpResponse(body, content_type="application/csvm+json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
