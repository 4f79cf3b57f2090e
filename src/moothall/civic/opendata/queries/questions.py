"""Questions in SQL: the names that datasets have in them, and those that officers published."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from moothall.civic.opendata.models import Question
from moothall.civic.opendata.queries import datasets
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.rules import Window

SPAN = timedelta(days=31)
ROWS = 1_000_000
"""How many observations are laid before a question, at most about."""
_ROUND = timedelta(minutes=10)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class UnableToFindQuestion(LookupError):
    """There is no question of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Askable:
    """A dataset under the name a question calls it by, and which of its rows are there."""

    name: str
    dataset: Dataset
    window: Window


def list_askable(now: datetime) -> tuple[Askable, ...]:
    """Name every open dataset that may be asked about.

    Shape:   of observations the newest month there is, less where it has very many; of everything
             else all of it.
    """
    return tuple(
        Askable(name=name_of(one), dataset=one, window=_window(one, now))
        for one in datasets.list_datasets(now)
    )


def name_of(dataset: Dataset) -> str:
    """Write a dataset's name as SQL needs no quotation marks for: `flood_readings`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", dataset.name)


def find_named(sql: str, askable: tuple[Askable, ...]) -> tuple[Askable, ...]:
    """Return the datasets whose names stand in a question."""
    words = {word.lower() for word in _NAME.findall(sql)}
    return tuple(one for one in askable if one.name.lower() in words)


def _window(dataset: Dataset, now: datetime) -> Window:
    if dataset.source != "feed":
        return Window()
    newest = min(now, dataset.last_at or now)
    until = datetime.fromtimestamp(
        newest.timestamp() // _ROUND.seconds * _ROUND.seconds, now.tzinfo
    )
    span = SPAN
    if dataset.first_at and dataset.last_at and dataset.rows > ROWS:
        whole = max(dataset.last_at - dataset.first_at, _ROUND)
        span = min(SPAN, max(whole * (ROWS / dataset.rows), _ROUND))
    return Window(from_at=until - span, until_at=until + _ROUND)


def list_questions(*, withdrawn: bool = False) -> tuple[Question, ...]:
    """List what officers published, by title; the withdrawn ones too if asked."""
    found = Question.objects.order_by("title")
    return tuple(found if withdrawn else found.filter(withdrawn=False))


def get_question(slug: str) -> Question:
    """Return a question that officers published; errors: UnableToFindQuestion."""
    found = Question.objects.filter(slug=slug).first()
    if found is None:
        raise UnableToFindQuestion(f"There is no question {slug[:100]!r}.")
    return found
