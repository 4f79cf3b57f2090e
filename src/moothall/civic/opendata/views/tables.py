"""Public pages of the tables officers keep: one version, what changed, what is wrong with it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from moothall.civic.opendata import rules
from moothall.civic.opendata.queries import datasets, tables
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.rules import UnableToAnswer
from moothall.civic.opendata.views import written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.civic.opendata.views.wording import say_promise
from moothall.kernel.tables import changes as compared
from moothall.kernel.tables import versions
from moothall.standards.spreadsheets import neutralise
from moothall.standards.tables.faults import SORTS
from moothall.ui import pages
from moothall.ui.problems import ANYONE

FIRST_ROWS = 20
ABOUT_FAULTS = ("row", "column", "sort", "severity", "who_mends", "what", "value")


def at_version(request: HttpRequest, dataset: Dataset) -> Dataset:
    """Return a table's dataset as of the version or the instant the address asks for.

    Errors:  UnableToAnswer; UnableToFindTable if there was none.
    """
    entry, now = dataset.table, request.now  # type: ignore[attr-defined]
    number, as_of = request.GET.get("version", ""), request.GET.get("as_of", "")
    if entry is None or not (number or as_of):
        return dataset
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise UnableToAnswer("version", "give the number of a version, like 2")
    at = rules.read_instant("as_of", as_of, ZoneInfo(datasets.city_zone()))
    version = tables.get_version(entry, int(number) if number else None, as_of=at)
    return datasets.tabled(replace(entry, version=version), now)


def show(request: HttpRequest, dataset: Dataset, *, newest: str, **said: Any) -> HttpResponse:
    """Show a version of a table: what it is, its columns, its first rows, the way to it all.

    Shape:   `newest` is the number of the newest version; `said` is what every dataset's page says.
    """
    entry = dataset.table
    assert entry is not None and entry.version is not None  # noqa: S101, PT018 - it is a table
    version = entry.version
    return pages.page(
        request,
        "opendata/table.html",
        forms=written.FORMS,
        heading=dataset.title,
        dataset=dataset,
        one=entry,
        version=version,
        is_newest=dataset.version == newest,
        cells=list(tables.list_cells(version, next(versions.stream(version)), FIRST_ROWS)),
        versions=tables.list_versions(entry),
        promise=say_promise(entry.promise),
        **said,
    )


def _table(request: HttpRequest, name: str) -> Dataset:
    """Return a table's dataset, as asked; errors: UnableToFindTable, TableWithdrawn."""
    entry = tables.get_published(name)
    return at_version(request, datasets.tabled(entry, request.now))  # type: ignore[attr-defined]


@answered()
def faults(request: HttpRequest, name: str) -> HttpResponse:
    """Show what is wrong with a table, who must mend it, and in which rows."""
    found = _table(request, name)
    version = tables.get_version(tables.get_published(name), int(found.version))
    groups = tables.group_faults(versions.read_faults(version))
    return pages.page(
        request,
        "opendata/faults.html",
        heading=_("What is wrong with %(title)s") % {"title": found.title},
        dataset=found,
        version=version,
        groups=groups,
    )


@answered(machine=True)
@heavy
def faults_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """Give every fault of a table as CSV, a row a fault."""
    found = _table(request, name)
    version = tables.get_version(tables.get_published(name), int(found.version))
    answer = StreamingHttpResponse(
        _write_faults(versions.read_faults(version)),
        content_type="text/csv; charset=utf-8; header=present",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.faults.csv"'
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _write_faults(table: pa.Table) -> Iterator[bytes]:
    from pyarrow import csv

    sorts = pa.array(list(SORTS))
    place = pc.index_in(table["sort"], sorts)
    said = {
        "severity": pa.array([one.severity.value for one in SORTS.values()]),
        "who_mends": pa.array([one.mender.value for one in SORTS.values()]),
        "what": pa.array([one.words for one in SORTS.values()]),
    }
    for name, words in said.items():
        table = table.append_column(name, words.take(place.combine_chunks()))
    table = table.select(list(ABOUT_FAULTS))
    for name in ("column", "value"):
        table = table.set_column(
            table.column_names.index(name), name, neutralise(table[name].combine_chunks())
        )
    yield ",".join(ABOUT_FAULTS).encode() + b"\r\n"
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    for batch in table.to_batches(max_chunksize=50_000):
        sink = pa.BufferOutputStream()
        csv.write_csv(pa.Table.from_batches([batch]), sink, options)
        yield sink.getvalue().to_pybytes()


@answered()
def changes(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show what one version changed of the one before it."""
    entry = tables.get_published(name)
    after = tables.get_version(entry, number)
    earlier = [one for one in tables.list_versions(entry) if one.number < number and not one.gone]
    if not earlier:
        raise tables.UnableToFindTable(_("The first version changed nothing."))
    return pages.page(
        request,
        "opendata/changes.html",
        heading=_("What changed in version %(number)s of %(title)s")
        % {"number": number, "title": entry.title},
        one=entry,
        version=after,
        before=earlier[0],
        changes=compared.compare(earlier[0], after),
    )
