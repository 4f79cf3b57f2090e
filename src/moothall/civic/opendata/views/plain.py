"""What a dataset is, in plain words made of what is known of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.civic.opendata.queries import datasets, looking
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sources import is_placed, list_columns
from moothall.civic.opendata.views.asked import say_value
from moothall.ui.formats import age, clock_time, unit_sign

STEPS = (
    (timedelta(days=330), "year"),
    (timedelta(days=27), "month"),
    (timedelta(days=6, hours=12), "week"),
    (timedelta(hours=22), "day"),
    (timedelta(minutes=50), "hour"),
    (timedelta(seconds=50), "minute"),
)
LONGEST = 60
"""Characters of an example."""


def look_at(dataset: Dataset, now: datetime) -> Mapping[str, Any]:
    """Say what the page of a dataset says of its rows: in words, by example, and where to look."""
    zone = ZoneInfo("UTC" if dataset.table is not None else datasets.city_zone())
    ways = [("table", _("Table")), ("chart", _("Chart"))]
    if is_placed(dataset):
        ways.append(("map", _("Map")))
    asked = f"?version={dataset.version}" if dataset.table is not None else ""
    return {
        "words": say_plainly(dataset, now),
        "ways": [
            {"url": f"/data/{dataset.name}/{way}/{asked}", "words": words} for way, words in ways
        ],
        "examples": {
            name: ", ".join(_short(say_value(value, zone)) for value in values)
            for name, values in looking.list_examples(dataset).items()
        },
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def say_plainly(dataset: Dataset, now: datetime) -> str:
    """Say how many rows there are, of what, since when, how new, and with which columns."""
    if not dataset.rows:
        return _("There are no rows yet.")
    said = [_say_measured(dataset)] if dataset.source == "feed" else [_say_rows(dataset)]
    first, last = dataset.first_at, dataset.last_at
    if first and last and first < last:
        ends = {"first": clock_time(first), "last": clock_time(last)}
        said.append(_("They reach from %(first)s to %(last)s.") % ends)
    if last:
        said.append(_("The newest is dated %(age)s.") % {"age": age(last, now)})
    columns = len(list_columns(dataset))
    words = ngettext("There is %(n)s column.", "There are %(n)s columns.", columns)
    said.append(words % {"n": columns})
    if is_placed(dataset):
        said.append(_("Rows say where they are."))
    return " ".join(said)


def _say_measured(dataset: Dataset) -> str:
    held = looking.get_measured(dataset)
    what = ", ".join(
        f"{name} ({sign})" if (sign := unit_sign(unit)) else name for name, unit in held.properties
    )
    things = ngettext("%(n)s thing", "%(n)s things", held.things) % {"n": f"{held.things:,}"}
    rows = _say_count(dataset.rows)
    said = _("%(rows)s: what was measured of %(things)s (%(what)s), one row for each time.") % {
        "rows": rows,
        "things": things,
        "what": what,
    }
    step = _say_step(dataset)
    return f"{said} {step}".strip()


def _say_step(dataset: Dataset) -> str:
    """Say how often each series is measured on average, where that can be told."""
    each = dataset.rows / max(dataset.series, 1)
    if not dataset.first_at or not dataset.last_at or each < 3:
        return ""
    step = (dataset.last_at - dataset.first_at) / (each - 1)
    for unit, name in STEPS:
        if step >= unit:
            count = max(1, round(step / unit))
            words = {
                "year": ngettext("each year", "every %(n)s years", count),
                "month": ngettext("each month", "every %(n)s months", count),
                "week": ngettext("each week", "every %(n)s weeks", count),
                "day": ngettext("each day", "every %(n)s days", count),
                "hour": ngettext("each hour", "every %(n)s hours", count),
                "minute": ngettext("each minute", "every %(n)s minutes", count),
            }[name] % {"n": count}
            return _("On average that is about once %(often)s.") % {"often": words}
    return ""


def _say_rows(dataset: Dataset) -> str:
    rows = _say_count(dataset.rows)
    if dataset.kind is not None:
        return _("%(rows)s, one for each thing as it stands now; how it stood before is kept.") % {
            "rows": rows
        }
    if dataset.table is not None:
        return _("%(rows)s, as the file of its publisher has them, in version %(number)s.") % {
            "rows": rows,
            "number": dataset.version,
        }
    return _("%(rows)s, made of what this site knows when somebody asks.") % {"rows": rows}


def _say_count(rows: int) -> str:
    return ngettext("%(n)s row", "%(n)s rows", rows) % {"n": f"{rows:,}"}
