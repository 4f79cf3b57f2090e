"""The table of a dataset's rows: sorted, filtered and paged by its address, and as files."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import looking, rows
from moothall.civic.opendata.queries.sources import is_placed
from moothall.civic.opendata.rules import UnableToAnswer, filtering
from moothall.civic.opendata.rules.filtering import Order
from moothall.civic.opendata.views import written
from moothall.civic.opendata.views.answers import answered, heavy
from moothall.civic.opendata.views.asked import (
    Asked,
    ask,
    cell,
    forms_of,
    loosen,
    say_filters,
    say_value,
)
from moothall.civic.opendata.views.downloads import give
from moothall.ui import pages
from moothall.ui.formats import unit_sign
from moothall.values.observations import Column

MOST_SHOWN = 12
"""Columns of a page, unless somebody chooses others."""
MOST_FIELDS = 12
"""Columns that the form asks about; all can be asked about in the address."""
FORMS = ("csv", "json", "geojson")
QUIET = frozenset({"series", "until", "lon", "lat"})
"""What observations say that a page leaves out unless it is chosen."""
NUMBERS, TIMES = looking.NUMBERS, looking.TIMES


@answered()
def table(request: HttpRequest, name: str) -> HttpResponse:
    """A dataset's rows, a page at a time, for someone who looks before they take it."""
    asked = ask(request, name)
    shown = _shown(asked)
    question = asked.question
    found = rows.read_rows(
        asked.dataset,
        where=question.where,
        words=question.words,
        order=question.order,
        offset=question.offset,
        limit=question.size + 1,
        columns=tuple(dict.fromkeys((*(one.name for one in shown), *_leading(asked)))),
        bbox=question.box,
        count=False,
    )
    lines = found.table.slice(0, question.size).to_pylist()
    total = max(asked.total, question.offset + len(lines))
    more = found.table.num_rows > question.size
    return pages.page(
        request,
        "opendata/rows.html",
        heading=_("%(title)s: table") % {"title": asked.dataset.title},
        asked=asked,
        dataset=asked.dataset,
        question=question,
        ways=ways(asked, "table"),
        heads=[_head(one, asked) for one in shown],
        lines=[list(_cells(line, shown, asked)) for line in lines],
        first=question.offset + 1,
        last=question.offset + len(lines),
        total=total,
        before=asked.address("/table/", paged=True, page=question.page - 1)
        if question.page > 1
        else "",
        after=asked.address("/table/", paged=True, page=question.page + 1)
        if more and (question.page * question.size) <= filtering.DEEPEST
        else "",
        filters=say_filters(asked, "/table/"),
        looser=loosen(asked) if not lines and question.narrows else (),
        forms=forms_of(asked, FORMS),
        fields=list(_fields(asked)),
        hidden=_hidden(asked),
        sizes=filtering.SIZES,
    )


def ways(asked: Asked, here: str) -> list[dict[str, Any]]:
    """Name the ways to look at the same rows."""
    found = [("table", _("Table")), ("chart", _("Chart"))]
    if is_placed(asked.dataset):
        found.append(("map", _("Map")))
    looked = [
        {
            "words": words,
            "url": asked.address(f"/{way}/", order=asked.question.order if way == "table" else ()),
            "here": way == here,
        }
        for way, words in found
    ]
    return [{"words": _("About it"), "url": asked.dataset.url, "here": False}, *looked]


def _shown(asked: Asked) -> tuple[Column, ...]:
    known = {one.name: one for one in asked.columns}
    if asked.question.columns:
        return tuple(known[name] for name in asked.question.columns)
    feed = asked.dataset.source == "feed"
    usual = [one for one in asked.columns if not (feed and one.name in QUIET)]
    return tuple(one for one in usual if one.name != "geometry")[:MOST_SHOWN]


def _leading(asked: Asked) -> tuple[str, ...]:
    """Name the column that leads from a row to its evidence."""
    if asked.dataset.source == "feed":
        return ("series",)
    return ("id",) if asked.dataset.kind is not None else ()


def _head(column: Column, asked: Asked) -> dict[str, Any]:
    """Say a column's heading: how it is sorted, and the address that sorts it the next way."""
    usual = (Order("at", descending=True),) if asked.dataset.source == "feed" else ()
    order = asked.question.order
    now = next((one for one in order or usual if one.column == column.name), None)
    after: tuple[Order, ...] = (Order(column.name),)
    if now is not None and order:
        after = () if now.descending else (Order(column.name, descending=True),)
    sorted_ = "none" if now is None else "descending" if now.descending else "ascending"
    return {
        "name": column.name,
        "unit": unit_sign(column.unit),
        "meaning": column.meaning,
        "number": column.type in NUMBERS,
        "sorted": sorted_,
        "url": asked.address("/table/", order=after, page=1),
        "about": asked.address("/column/", ("_column", column.name), order=(), columns=()),
    }


def _cells(
    line: dict[str, Any], shown: tuple[Column, ...], asked: Asked
) -> Iterator[dict[str, Any]]:
    url = ""
    if asked.dataset.source == "feed":
        url = f"/data/series/{line['series']}/"
    elif asked.dataset.kind is not None:
        url = f"/data/{asked.dataset.name}/records/"
    leads = {"feed": {"thing", "series"}, "kind": {"id"}}.get(asked.dataset.source, set())
    for column in shown:
        yield {
            "said": cell(line[column.name], asked.zone),
            "name": column.name,
            "number": column.type in NUMBERS,
            "url": url if column.name in leads else "",
            "id": line.get("id", "") if asked.dataset.kind is not None else "",
            # Two series of one thing are not to be called the same.
            "apart": line["series"] if column.name == "thing" and url else "",
        }


def _fields(asked: Asked) -> Iterator[dict[str, Any]]:
    """Say what the form asks of each column, by its type, and what is asked now."""
    held = {(one.column, one.op): one.value for one in asked.question.where}
    for column in [one for one in asked.columns if one.name != "geometry"][:MOST_FIELDS]:
        ops: tuple[tuple[str, str], ...]
        if column.type in NUMBERS:
            ops = (("ge", _("at least")), ("le", _("at most")))
        elif column.type in TIMES:
            ops = (("ge", _("from")), ("lt", _("before")))
        else:
            ops = (("eq", _("is")),) if column.type == "boolean" else (("contains", _("contains")),)
        yield {
            "name": column.name,
            "type": column.type,
            "unit": unit_sign(column.unit),
            "inputs": [
                {
                    "name": f"{column.name}__{op}",
                    "words": words,
                    "value": _typed(held.get((column.name, op)), asked),
                }
                for op, words in ops
            ],
        }


def _typed(value: Any, asked: Asked) -> str:
    """Write a value as a field of a form takes it: of an instant the day."""
    if value is None:
        return ""
    if hasattr(value, "astimezone"):
        return str(value.astimezone(asked.zone).date().isoformat())
    return filtering.write_value(value)


def _hidden(asked: Asked) -> list[tuple[str, str]]:
    """Name what is asked that the form has no field for, so that sending it does not lose it."""
    fields = {one["name"] for field in _fields(asked) for one in field["inputs"]}
    pairs = filtering.write_question(
        replace(asked.question, words="", columns=(), page=1, size=100)
    )
    return [*((key, value) for key, value in pairs if key not in fields), *asked.beside]


@answered(machine=True)
@heavy
def file(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """Give exactly what a table shows, all pages of it, as CSV, JSON or GeoJSON."""
    asked = ask(request, name)
    question = asked.question
    if form == "geojson" and not is_placed(asked.dataset):
        raise UnableToAnswer("format", "these rows have no place: take csv or json")
    named = question.columns or tuple(one.name for one in asked.columns)
    if form == "geojson":
        placed = [one.name for one in asked.columns if one.name in {"geometry", "lon", "lat"}]
        named = tuple(dict.fromkeys((*named, *placed)))
    known = {one.name: one for one in asked.columns}
    pieces = rows.stream_rows(
        asked.dataset,
        where=question.where,
        words=question.words,
        order=question.order,
        columns=named,
        bbox=question.box,
    )
    # The first piece is read now, so that what cannot be read is an error, not half a file.
    first = list(islice(pieces, 1 if request.method == "GET" else 0))
    taken = written.Taken(
        dataset=asked.dataset,
        columns=tuple(known[one] for one in named),
        pieces=chain(first, pieces),
    )
    return give(request, taken, form, file=f"{name}.table")


@answered()
def column(request: HttpRequest, name: str) -> HttpResponse:
    """What one column holds: its most frequent values, or how its numbers are spread."""
    asked = ask(request, name, passed=("_column",))
    chosen = asked.column(request.GET.get("_column", ""))
    if chosen is None or chosen.name == "geometry":
        names = ", ".join(one.name for one in asked.columns if one.name != "geometry")
        raise UnableToAnswer("_column", f"name one of {names}")
    held = looking.summarise(asked.dataset, asked.question, chosen.name)
    digits = _digits(held)
    most = max([count for _value, count in held.values] + [one.count for one in held.bins] + [1])
    return pages.page(
        request,
        "opendata/column.html",
        heading=_("%(title)s: %(column)s") % {"title": asked.dataset.title, "column": chosen.name},
        dataset=asked.dataset,
        held=held,
        column=chosen,
        ways=ways(asked, ""),
        filters=say_filters(asked, "/column/", ("_column", chosen.name)),
        facts=list(_facts(held, asked)),
        values=[
            {
                "words": say_value(value, asked.zone),
                "count": count,
                "share": round(count / most * 100, 1),
                "url": asked.address("/table/", (f"{chosen.name}__eq", _plainly(value)), page=1),
            }
            for value, count in held.values
        ],
        bins=[
            {
                "low": f"{one.low:.{digits}g}",
                "high": f"{one.high:.{digits}g}",
                "count": one.count,
                "share": round(one.count / most * 100, 1),
                "url": asked.address(
                    "/table/",
                    (f"{chosen.name}__ge", repr(one.low)),
                    (
                        f"{chosen.name}__{'lt' if one is not held.bins[-1] else 'le'}",
                        repr(one.high),
                    ),
                    page=1,
                ),
            }
            for one in held.bins
        ],
        back=asked.address("/table/"),
    )


def _digits(held: looking.Summary) -> int:
    """Say how many digits the bounds of bins need, so that no two read alike."""
    for digits in range(5, 17):
        if len({f"{one.low:.{digits}g}" for one in held.bins}) == len(held.bins):
            return digits
    return 17


def _plainly(value: Any) -> str:
    if hasattr(value, "tzinfo") and value.tzinfo is None:
        return f"{value.isoformat()}Z"
    return filtering.write_value(value)


def _facts(held: looking.Summary, asked: Asked) -> Iterator[tuple[str, str]]:
    unit = unit_sign(held.column.unit)

    def say(value: Any) -> str:
        return f"{say_value(value, asked.zone)} {unit}".strip()

    yield _("Rows"), f"{held.rows:,}"
    share = f" ({held.missing / held.rows:.1%})" if held.missing else ""
    yield _("Without a value"), f"{held.missing:,}{share}"
    about = "" if held.exact else _("about") + " "
    yield _("Different values"), f"{about}{held.distinct:,}"
    if held.least is not None:
        yield _("Least"), say(held.least)
        yield _("Greatest"), say(held.most)
    if held.mean is not None:
        yield _("Mean"), say(float(f"{held.mean:.6g}"))
    if held.median is not None:
        yield _("Median"), say(float(f"{held.median:.6g}"))
