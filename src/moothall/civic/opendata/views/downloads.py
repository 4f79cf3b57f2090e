"""Whole datasets as files, written as they are read."""

from itertools import chain, islice
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from moothall.civic.opendata import rules
from moothall.civic.opendata.queries import datasets, rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules import UnableToAnswer, filtering
from moothall.civic.opendata.views import tables, written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.standards import csvw
from moothall.ui.problems import ANYONE

ASKED = {"from", "until"}


@answered(machine=True)
@heavy
def download(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """Give a dataset's rows over a span as CSV, Parquet, GeoJSON or JSON, of any size."""
    found = datasets.get_dataset(name, request.now)  # type: ignore[attr-defined]
    if form not in found.formats:
        raise UnableToAnswer("format", f"this dataset comes as {', '.join(found.formats)}")
    asked = ASKED if found.table is None else {"version", "as_of"}
    unknown = sorted(set(request.GET) - asked)
    if unknown:
        raise UnableToAnswer(unknown[0][:40], f"ask with {' and '.join(sorted(asked))} only")
    found = tables.at_version(request, found)
    zone = ZoneInfo(datasets.city_zone())
    window = rules.read_window(request.GET.get("from", ""), request.GET.get("until", ""), zone)
    pieces = rows.stream_rows(found, where=filtering.between(when_of(found), window))
    # The first piece is read now, so that what cannot be read is an error, not half a file.
    first = list(islice(pieces, 1 if request.method == "GET" else 0))
    taken = written.Taken(dataset=found, columns=list_columns(found), pieces=chain(first, pieces))
    return give(request, taken, form, file=name)


def give(
    request: HttpRequest, taken: written.Taken, form: str, *, file: str
) -> StreamingHttpResponse:
    """Answer with rows written as they are read, under the name of a file."""
    how = written.FORMS[form]
    answer = StreamingHttpResponse(how.write(taken), content_type=how.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file}.{form}"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    answer["Link"] = _links(request, taken.dataset)
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
