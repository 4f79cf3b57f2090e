"""A fact's cells in a table, made once for all the tables and readers that are shown it."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation
from markupsafe import Markup

from moothall.values.facts import Fact

MOST = 4096


def fact_cells(fact: Fact, now: datetime) -> Markup:
    """Return the cells that say a fact, all but its name and how far away it is.

    Leaves:  nothing of who is shown it. What is said of the ground under somebody's feet, which is
             no thing on the map that everybody is shown, is not kept at all.
    """
    if fact.point is None and fact.distance_m is None and not fact.series:
        return _make(fact, now)
    plain = fact if fact.distance_m is None else replace(fact, distance_m=None)
    language = translation.get_language() or ""
    return _kept(plain, now.replace(second=0, microsecond=0), language)


@lru_cache(maxsize=MOST)
def _kept(fact: Fact, minute: datetime, language: str) -> Markup:
    return _make(fact, minute)


def _make(fact: Fact, now: datetime) -> Markup:
    said = render_to_string("ui/fact_cells.html", {"fact": fact, "now": now})
    return Markup(said)  # noqa: S704 - what a template made, escaped by it
