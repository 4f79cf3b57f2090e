"""A chart of a dataset's rows, in words, as a picture and as a table; all of it in the address."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.civic.opendata.queries import looking
from moothall.civic.opendata.queries.looking import Drawn
from moothall.civic.opendata.rules import charting, filtering
from moothall.civic.opendata.rules.charting import Ask, Datum
from moothall.civic.opendata.views.answers import answered
from moothall.civic.opendata.views.asked import Asked, ask, say_filters, say_value
from moothall.civic.opendata.views.rows import ways
from moothall.civic.opendata.views.wording import say_span
from moothall.kernel.keeping import kept
from moothall.ui import pages
from moothall.ui.formats import unit_sign
from moothall.ui.problems import ANYONE

PARAMETERS = ("_x", "_y", "_sum", "_group", "_kind")
MOST_LINES = 200


@answered()
def chart(request: HttpRequest, name: str) -> HttpResponse:
    """Two columns of a dataset against each other, for someone who wants to see what they say."""
    asked, chosen, drawn = _drawn(request, name)
    more = _more(chosen)
    lines = _lines(drawn, asked, chosen)
    numbers = [(one.name, one.name) for one in asked.columns if one.type in charting.NUMBERS]
    columns = [(one.name, one.name) for one in asked.columns if one.name != "geometry"]
    hidden = filtering.write_question(replace(asked.question, order=(), columns=()), paged=False)
    return pages.page(
        request,
        "opendata/chart.html",
        heading=_("%(title)s: chart") % {"title": asked.dataset.title},
        dataset=asked.dataset,
        ways=ways(asked, "chart"),
        chosen=chosen,
        picture=charting.draw(chosen.kind, drawn.data, step=drawn.width),
        title=say_title(asked, chosen),
        words=say_chart(asked, chosen, drawn),
        svg_url=asked.address("/chart.svg", *more),
        rows_url=asked.address("/table/"),
        hidden=[*hidden, *asked.beside],
        columns=columns,
        numbers=numbers,
        sums=[(one, say_sum(one)) for one in charting.SUMS],
        kinds=[(one, say_kind(one)) for one in charting.KINDS],
        filters=say_filters(asked, "/chart/", *more),
        heads=_heads(drawn, asked, chosen),
        lines=lines[:MOST_LINES],
        count=len(lines),
    )


@answered(machine=True)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """Give the chart alone, as a file that stands by itself."""
    asked, chosen, drawn = _drawn(request, name)
    laid = charting.draw(chosen.kind, drawn.data, step=drawn.width)
    if laid is None:
        laid = charting.Picture(width=charting.WIDTH, height=charting.HEIGHT, marks=())
    answer = render(
        request,
        "opendata/picture.svg",
        {
            "picture": laid,
            "kind": chosen.kind,
            "title": say_title(asked, chosen),
            "words": say_chart(asked, chosen, drawn),
        },
        content_type="image/svg+xml",
    )
    answer["Access-Control-Allow-Origin"] = ANYONE
    return answer


def _drawn(request: HttpRequest, name: str) -> tuple[Asked, Ask, Drawn]:
    """Read what is to be drawn and of what; made once, and again when something came in."""
    asked = ask(request, name, passed=PARAMETERS)
    chosen = charting.read_ask(request.GET.dict(), asked.columns)
    question = replace(asked.question, order=(), columns=(), page=1, size=filtering.USUAL)
    drawn: Drawn = kept.keep(
        ("chart", name, asked.dataset.version, question, chosen),
        asked.now,
        lambda: looking.read_chart(asked.dataset, question, chosen),
        about=(name.partition(".")[0],),
    )
    return asked, chosen, drawn


def _more(chosen: Ask) -> tuple[tuple[str, str], ...]:
    said = zip(
        PARAMETERS,
        (chosen.x, chosen.y, chosen.sum, chosen.group, chosen.kind),
        strict=True,
    )
    return tuple((key, value) for key, value in said if value or key == "_y")


# --- in words ----------------------------------------------------------------------------------
def say_sum(name: str) -> str:
    """Say how values are summed up."""
    return {
        "count": _("number of rows"),
        "sum": _("sum"),
        "mean": _("mean"),
        "min": _("least"),
        "max": _("greatest"),
        "median": _("median"),
    }[name]


def say_kind(name: str) -> str:
    """Say a kind of chart."""
    return {
        "line": _("a line"),
        "bar": _("bars"),
        "scatter": _("dots"),
        "histogram": _("how numbers are spread"),
    }[name]


def say_title(asked: Asked, chosen: Ask) -> str:
    """Say what a chart is of: "mean of value by at: Readings"."""
    if chosen.kind == "histogram":
        what = _("how %(x)s is spread") % {"x": chosen.x}
    elif chosen.kind == "scatter":
        what = _("%(y)s against %(x)s") % {"y": chosen.y, "x": chosen.x}
    elif chosen.y:
        words = {"sum": say_sum(chosen.sum), "y": chosen.y, "x": chosen.x}
        what = _("%(sum)s of %(y)s by %(x)s") % words
    else:
        what = _("number of rows by %(x)s") % {"x": chosen.x}
    if chosen.group:
        what = _("%(what)s, apart by %(group)s") % {"what": what, "group": chosen.group}
    return f"{asked.dataset.title}: {what}"


def say_chart(asked: Asked, chosen: Ask, drawn: Drawn) -> str:
    """Say what a chart shows, for whoever does not see it."""
    data = [one for one in drawn.data if one.y is not None]
    if not data:
        return _("There is nothing to draw: no row has both values.")
    title = say_title(asked, chosen).partition(": ")[2]
    said = [f"{title[:1].upper()}{title[1:]}."]
    if drawn.width is not None:
        said.append(_("Each point is %(span)s.") % {"span": _say_width(drawn.width)})
    y = asked.column(chosen.y)
    counted = chosen.sum == "count" and chosen.kind in {"line", "bar"}
    unit = "" if y is None or counted else unit_sign(y.unit)
    highest, lowest = max(data, key=_up), min(data, key=_up)
    for words, one in ((_("Highest"), highest), (_("Lowest"), lowest)):
        what = {
            "words": words,
            "value": f"{_say_number(one.y)} {unit}".strip(),
            "where": _say_place(one, asked, drawn.width),
        }
        said.append(_("%(words)s: %(value)s at %(where)s.") % what)
    if drawn.missing:
        said.append(
            ngettext(
                "%(n)s row has a value missing.", "%(n)s rows have a value missing.", drawn.missing
            )
            % {"n": f"{drawn.missing:,}"}
        )
    if drawn.left_out:
        said.append(_("%(n)s more are not drawn, for want of room.") % {"n": f"{drawn.left_out:,}"})
    return " ".join(said)


def _up(one: Datum) -> float:
    return float(one.y)


def _say_width(width: timedelta) -> str:
    if width >= timedelta(days=365):
        return _("a year")
    return _("a month") if width >= timedelta(days=28) else say_span(width)


def _say_number(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _say_place(one: Datum, asked: Asked, width: timedelta | None) -> str:
    group = f", {one.group}" if one.group else ""
    return f"{_say_x(one.x, asked, width)}{group}"


def _say_x(x: Any, asked: Asked, width: timedelta | None) -> str:
    if isinstance(x, tuple):
        low, high = (f"{end:.5g}" for end in x)
        return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}
    if isinstance(x, datetime) and width is not None:
        # The beginning of a span, by the city's own clock.
        if width < timedelta(days=1):
            return x.strftime("%Y-%m-%d %H:%M")
        return x.strftime(
            "%Y" if width.days >= 365 else "%Y-%m" if width.days >= 28 else "%Y-%m-%d"
        )
    return say_value(x, asked.zone)


# --- as a table --------------------------------------------------------------------------------
def _groups(drawn: Drawn) -> list[str]:
    return sorted({one.group for one in drawn.data})


def _heads(drawn: Drawn, asked: Asked, chosen: Ask) -> list[str]:
    if chosen.kind == "scatter":
        return [chosen.x, chosen.y, *([chosen.group] if chosen.group else [])]
    if chosen.group:
        return [chosen.x, *_groups(drawn)]
    if chosen.kind == "histogram":
        return [chosen.x, say_sum("count")]
    return [chosen.x, f"{say_sum(chosen.sum)} ({chosen.y})" if chosen.y else say_sum("count")]


def _lines(drawn: Drawn, asked: Asked, chosen: Ask) -> list[Sequence[str]]:
    """Lay the points out as rows, a column a group."""
    if chosen.kind == "scatter":
        return [
            (
                _say_x(one.x, asked, None),
                _say_number(one.y),
                *((one.group,) if chosen.group else ()),
            )
            for one in drawn.data
        ]
    values = {(one.x, one.group): one.y for one in drawn.data}
    groups = _groups(drawn)
    missing = _("no value")
    return [
        (
            _say_x(x, asked, drawn.width),
            *(
                missing if (value := values.get((x, group))) is None else _say_number(value)
                for group in groups
            ),
        )
        for x in dict.fromkeys(one.x for one in drawn.data)
    ]
