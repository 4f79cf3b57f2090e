"""Whole datasets as files, written as they are read."""

from itertools import chain, islice
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from moothall.civic.opendata import rules
from moothall.civic.opendata.queries import datasets, rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.rules import UnableToAnswer
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
    pieces = rows.list_pieces(found, window)
    # The first piece is read now, so that what cannot be read is an error, not half a file.
    first = list(islice(pieces, 1 if request.method == "GET" else 0))
    media_type, write = written.FORMS[form]
    answer = StreamingHttpResponse(write(found, chain(first, pieces)), content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    answer["Link"] = _links(request, found)
    return answer


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
        columns=written.columns(found),
    )
    answer = HttpResponse(body, content_type="application/csvm+json")
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer
