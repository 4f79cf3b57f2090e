"""What the portal publishes about itself: which datasets these are, and what their columns hold.

Their rows are made when somebody asks for them, by `own_rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from moothall.values.observations import Column

QUALITY, ISSUES, USAGE = "portal.quality", "portal.issues", "portal.usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A dataset about the portal."""

    name: str
    title: str
    summary: str
    columns: tuple[Column, ...]


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    QUALITY: (
        Column(name="dataset", meaning="The dataset's name: its page is /data/NAME/"),
        Column(name="title", meaning="What the dataset is called"),
        Column(name="score", type="integer", meaning="How good the dataset is, from 0 to 100"),
        Column(name="stars", type="integer", meaning="How many of the five stars of open data"),
        Column(name="rule", meaning="What this row looks at; the rows of a dataset tell of all"),
        Column(name="points", type="integer", meaning="How many of the 100 points the rule holds"),
        Column(name="lost", type="integer", meaning="How many of these the dataset loses"),
        Column(name="reason", meaning="Why; empty where there is nothing to mend"),
        Column(name="mender", meaning="Who can mend it: publisher, us; empty for nobody"),
        Column(name="at", type="datetime", meaning="When it was judged, in UTC"),
    ),
    ISSUES: (
        Column(name="dataset", meaning="The table or feed: /data/NAME/ or /data/feeds/NAME/"),
        Column(name="source", meaning="table or feed"),
        Column(name="row", type="integer", meaning="The row of the file, as a spreadsheet counts"),
        Column(name="column", meaning="The column; empty where the whole row or file is meant"),
        Column(name="where", meaning="Where in what a feed brought, as its reader says it"),
        Column(name="sort", meaning="The sort of fault; empty for feeds, which say it in words"),
        Column(name="what", meaning="What is wrong, in words"),
        Column(name="severity", meaning="info, warning or error"),
        Column(name="mender", meaning="Who must mend it: publisher or us"),
        Column(name="first_at", type="datetime", meaning="Since when it is known, in UTC"),
        Column(name="last_at", type="datetime", meaning="When it was last met, in UTC"),
    ),
    USAGE: (
        Column(name="dataset", meaning="The dataset's name: its page is /data/NAME/"),
        Column(name="month", meaning="The month in the city's time, like 2026-01"),
        Column(name="form", meaning="The form of the file: csv, json, parquet ..."),
        Column(
            name="downloads",
            type="integer",
            meaning="How often it was fetched, by people and programs alike; none if below 5",
        ),
    ),
}
THEME = "GOVE"


def list_own() -> tuple[Own, ...]:
    """Return the datasets the portal publishes about itself."""
    said = (
        (
            QUALITY,
            _("How good our open data is"),
            _("Every dataset's score, with each point it loses, why, and who can mend it."),
        ),
        (
            ISSUES,
            _("What is wrong in our open data"),
            _(
                "Every fault in the tables and feeds we publish: in which row, how grave, since"
                " when, and who must mend it."
            ),
        ),
        (
            USAGE,
            _("How our open data is used"),
            _(
                "How often each dataset is downloaded, by month and form of file. Nobody is"
                " followed: only the sums are kept."
            ),
        ),
    )
    return tuple(
        Own(name=name, title=title, summary=summary, columns=COLUMNS[name])
        for name, title, summary in said
    )
