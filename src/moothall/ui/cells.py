"""A fact's row in a table, made once for all the tables and readers that are shown it."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation
from markupsafe import Markup, escape

from moothall.ui.formats import distance
from moothall.values.facts import Fact

MOST = 4096
AWAY = "\0"
"""Stands in a row that is kept where it says how far away the thing is."""


def fact_row(fact: Fact, now: datetime) -> Markup:
    """Return the row that says a fact.

    Leaves:  nothing of who is shown it. What is said of the ground under somebody's feet, which is
             no thing on the map that everybody is shown, is not kept at all.
    """
    if fact.distance_m is None:
        plain, away = fact, ""
    else:
        plain = replace(fact, distance_m=None)
        away = f' <span class="quiet">{escape(distance(fact.distance_m))}</span>'
    if fact.point is None and fact.distance_m is None and not fact.series:
        row = _make(fact, now)
    else:
        language = translation.get_language() or ""
        row = _kept(plain, now.replace(second=0, microsecond=0), language)
    return Markup(row.replace(AWAY, away))  # noqa: S704 - what a template made, escaped by it


@lru_cache(maxsize=MOST)
def _kept(fact: Fact, minute: datetime, language: str) -> str:
    return _make(fact, minute)


def _make(fact: Fact, now: datetime) -> str:
    return render_to_string("ui/fact_row.html", {"fact": fact, "now": now, "away": AWAY})
