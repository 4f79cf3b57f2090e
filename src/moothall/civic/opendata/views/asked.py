"""What somebody asks of a dataset's rows, as its pages say it: in the address and in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from moothall.civic.opendata.queries import datasets, rows
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sources import is_placed, list_columns
from moothall.civic.opendata.rules import UnableToAnswer, filtering
from moothall.civic.opendata.rules.filtering import Filter, Question
from moothall.civic.opendata.views import tables, written
from moothall.kernel.keeping import kept
from moothall.ui.formats import clock_time, unit_sign
from moothall.values.observations import Column

VERSIONED = ("version", "as_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dataset and the question that an address puts to its rows."""

    dataset: Dataset
    question: Question
    columns: tuple[Column, ...]
    zone: ZoneInfo
    now: datetime
    beside: tuple[tuple[str, str], ...]
    """What the address says besides, and every link of the page with it."""

    def address(self, way: str, *more: tuple[str, str], paged: bool = False, **changes: Any) -> str:
        """Return the address of a page or file of this dataset that asks the same, or nearly."""
        question = replace(self.question, **changes)
        pairs = [*filtering.write_question(question, paged=paged), *self.beside, *more]
        asked = f"?{urlencode(pairs)}" if pairs else ""
        return f"/data/{self.dataset.name}{way}{asked}"

    def column(self, name: str) -> Column | None:
        """Return one of its columns; None if there is none of that name."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def total(self) -> int:
        """How many rows are asked for: counted once, and again when something came in."""
        question = replace(self.question, order=(), columns=(), page=1, size=filtering.USUAL)
        name = ("rows", self.dataset.name, self.dataset.version, question)
        service = self.dataset.name.partition(".")[0]
        counted: int = kept.keep(
            name, self.now, lambda: rows.count_rows(self.dataset, question), about=(service,)
        )
        return counted


def ask(request: HttpRequest, name: str, *, passed: Iterable[str] = ()) -> Asked:
    """Read which dataset's rows are asked for, and which of them.

    Errors:  UnableToAnswer; UnableToFindDataset; TableWithdrawn.
    """
    now: datetime = request.now  # type: ignore[attr-defined]
    dataset = tables.at_version(request, datasets.get_dataset(name, now))
    if dataset.source == "harvested":
        raise UnableToAnswer("table", _("its rows are at its publisher: follow its links"))
    # What a table says of its times is not in the city's zone, but as its file has it.
    zone = ZoneInfo("UTC" if dataset.table is not None else datasets.city_zone())
    pairs = [(key, value) for key, values in request.GET.lists() for value in values]
    columns = list_columns(dataset)
    beside = VERSIONED if dataset.table is not None else ()
    question = filtering.read_question(
        pairs, columns, zone=zone, placed=is_placed(dataset), passed=(*beside, *passed)
    )
    return Asked(
        dataset=dataset,
        question=question,
        columns=columns,
        zone=zone,
        now=now,
        beside=tuple((key, value) for key, value in pairs if key in beside and value.strip()),
    )


def say_op(op: str) -> str:
    """Say a way to compare."""
    return {
        "eq": _("is"),
        "ne": _("is not"),
        "lt": _("below"),
        "le": _("at most"),
        "gt": _("above"),
        "ge": _("at least"),
        "contains": _("contains"),
        "starts": _("begins with"),
        "in": _("is one of"),
        "within": _("within"),
    }[op]


def say_filter(one: Filter, asked: Asked) -> str:
    """Say a filter in words: "value at least 10 m"."""
    if one.op == "is_null":
        words = _("%(column)s is missing") if one.value else _("%(column)s is not missing")
        return words % {"column": one.column}
    column = asked.column(one.column)
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    said = ", ".join(say_value(value, asked.zone) for value in values)
    unit = unit_sign(column.unit) if column is not None else ""
    place = _("place") if one.op == "within" else one.column
    return " ".join(part for part in (place, say_op(one.op), said, unit) if part)


def say_filters(asked: Asked, way: str, *more: tuple[str, str]) -> list[dict[str, str]]:
    """Say everything that leaves rows out, each with the address that asks it no more."""
    question = asked.question
    found = [
        {
            "words": say_filter(one, asked),
            "url": asked.address(
                way, *more, where=tuple(other for other in question.where if other != one), page=1
            ),
        }
        for one in question.where
    ]
    if question.words:
        words = _("some column holds “%(words)s”") % {"words": question.words}
        found.append({"words": words, "url": asked.address(way, *more, words="", page=1)})
    if question.box is not None:
        words = _("within the box %(box)s") % {"box": filtering.write_value(question.box)}
        found.append({"words": words, "url": asked.address(way, *more, box=None, page=1)})
    return found


def loosen(asked: Asked) -> list[dict[str, Any]]:
    """Say how many rows there would be without each of what leaves all of them out."""
    question = asked.question
    without: list[tuple[str, dict[str, Any]]] = [
        (
            say_filter(one, asked),
            {"where": tuple(other for other in question.where if other != one), "page": 1},
        )
        for one in question.where[:5]
    ]
    if question.words:
        without.append((question.words, {"words": "", "page": 1}))
    if question.box is not None:
        without.append((_("the box"), {"box": None, "page": 1}))
    counted = [
        {
            "words": words,
            "count": rows.count_rows(asked.dataset, replace(question, **changes)),
            "url": asked.address("/table/", **changes),
        }
        for words, changes in without
    ]
    return sorted(counted, key=lambda one: -int(one["count"]))


def say_value(value: Any, zone: ZoneInfo) -> str:
    """Write a value for people: no decimals that say nothing, instants by the city's clock."""
    match value:
        case bool():
            return _("yes") if value else _("no")
        case float():
            return f"{value:.12g}"
        case datetime():
            return clock_time(value.replace(tzinfo=value.tzinfo or zone), str(zone))
        case date():
            return value.isoformat()
        case None:
            return _("no value")
        case _other:
            return str(value)


def cell(value: Any, zone: ZoneInfo) -> Markup:
    """Write a value as a cell of a table; long texts are cut."""
    if value is None:
        return Markup('<span class="quiet">{}</span>').format(_("no value"))
    if isinstance(value, datetime):
        local = value.replace(tzinfo=value.tzinfo or zone).astimezone(zone)
        shown = local.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), shown)
    said = say_value(value, zone)
    return escape(said if len(said) <= 120 else f"{said[:117]}…")


def forms_of(asked: Asked, forms: Sequence[str]) -> Sequence[dict[str, str]]:
    """Name the files that hold exactly what is asked for."""
    placed = is_placed(asked.dataset)
    return [
        {"words": written.FORMS[form].words, "url": asked.address(f"/table.{form}")}
        for form in forms
        if form != "geojson" or placed
    ]
