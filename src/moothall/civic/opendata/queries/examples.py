"""What this city has that can be named as an example: so that an example can be tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.civic.opendata.queries import datasets, evidence, finding, questions
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.kernel.feeds import health
from moothall.kernel.observations.lake import current
from moothall.standards import ckan
from moothall.standards.dcat.words import THEMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """One of each sort of thing, by its name; "" where the city has none."""

    dataset: str = ""
    """The observations of a feed, if there are any."""
    day: str = ""
    day_after: str = ""
    series: str = ""
    placed: str = ""
    """Whatever says where things are."""
    feature: str = ""
    table: str = ""
    question: str = ""
    catalogue: str = ""
    feed: str = ""
    payload: str = ""
    publisher: str = ""
    theme: str = ""
    keyword: str = ""
    resource: str = ""
    view: str = ""
    """The observations as a question in SQL calls them."""


def find_examples(now: datetime) -> Examples:
    """Find one of each sort of thing there is, the smallest that says something."""
    shelf = finding.get_shelf(now)
    ours = (one for one in shelf.datasets if one.harvested is None)
    held = sorted(ours, key=lambda one: (one.rows == 0, one.rows, one.name))
    observed = next((one for one in held if one.source == "feed"), None)
    sets = next((one for one in held if one.kind is not None and one.kind.geometry), None)
    any_one = observed or next(iter(held), None)
    day = (any_one.last_at if any_one else None) or now
    of_kind = evidence.list_records(sets.name, 1) if sets else ()
    feed = observed.feeds[0].feed.name if observed else ""
    return Examples(
        dataset=any_one.name if any_one else "",
        day=day.date().isoformat(),
        day_after=(day.date() + timedelta(days=1)).isoformat(),
        series=_series(observed),
        placed=sets.name if sets and of_kind else "",
        feature=of_kind[0].record.id if of_kind else "",
        table=next((one.name for one in held if one.table is not None), ""),
        question=next((one.slug for one in questions.list_questions()), ""),
        catalogue=next((o.harvested.feed for o in shelf.datasets if o.harvested), "").partition(
            "."
        )[2],
        feed=feed,
        payload=next((o.sha256 for o in health.list_raw(feed, limit=9) if o.stored), "")
        if feed
        else "",
        publisher=next(iter(sorted(shelf.holding["publisher"])), ""),
        theme=next((one.lower() for one in sorted(shelf.holding["theme"]) if one in THEMES), ""),
        # Every dataset has the city's own name for a keyword.
        keyword=datasets.city_name() if any_one else "",
        resource=ckan.id_of("resource", any_one.name, any_one.formats[0]) if any_one else "",
        view=questions.name_of(observed) if observed else "",
    )


def _series(observed: Dataset | None) -> str:
    if observed is None:
        return ""
    feed = observed.feeds[0].feed.name
    return next((one.series.key for one in current().list_series(feed=feed)), "")
