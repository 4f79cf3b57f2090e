"""Finds datasets by their words and by what they are: theme, publisher, licence, form and so on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets
from moothall.civic.opendata.queries.datasets import Dataset, Freshness
from moothall.civic.opendata.queries.describing import slug_of
from moothall.kernel.keeping import kept
from moothall.kernel.search import Index, asked_of, lay_out
from moothall.standards.dcat.words import FORMS, THEMES
from moothall.values.facts import Hit

FACETS: Mapping[str, Callable[[Dataset], Iterable[str]]] = {
    "theme": lambda one: (one.theme,) if one.theme else (),
    "publisher": lambda one: tuple(map(slug_of, one.publisher_names)),
    "licence": lambda one: one.licences,
    "format": lambda one: one.formats,
    "freshness": lambda one: (one.freshness.value,),
    "place": lambda one: ("city" if one.spatial else "beyond",),
}
"""By what a dataset can be found, in the order of the page and of an address."""
ORDERS = ("best", "title", "newest", "largest")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All datasets, laid out by their words and by what they are."""

    datasets: tuple[Dataset, ...]
    index: Index
    numbers: Mapping[str, int]
    """Of each dataset's address, its place in `datasets`."""
    holding: Mapping[str, Mapping[str, frozenset[int]]]
    """Of each facet and value, the places of the datasets that have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value of a facet: how many datasets it would leave, and where that is."""

    value: str
    words: str
    count: int
    chosen: bool
    url: str
    """Where it is chosen; if it is already, where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What datasets can be told apart by."""

    name: str
    words: str
    options: tuple[Option, ...]
    chosen: Option | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for."""

    words: str = ""
    chosen: Mapping[str, str]
    order: str = ""
    """One of `ORDERS`; "" for the best first if there are words, else by title."""

    def address(self, *, page: int = 1, **changed: str) -> str:
        """Write the one address of a question like this one, with some facets changed."""
        facets = {**self.chosen, **changed}
        asked = {
            "q": self.words,
            **{name: facets.get(name, "") for name in FACETS},
            "sort": self.order,
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/data/?{query}" if query else "/data/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What meets a question, in its order, and how to ask for less or more."""

    datasets: tuple[Dataset, ...]
    facets: tuple[Facet, ...]


def get_shelf(now: datetime) -> Shelf:
    """Return all datasets as they are laid out, made once for each change of the lake."""
    found: Shelf = kept.keep(("shelf",), now, lambda: shelve(datasets.list_datasets(now)))
    return found


def shelve(listed: tuple[Dataset, ...]) -> Shelf:
    """Lay datasets out by their words and by what they are."""
    holding: dict[str, dict[str, set[int]]] = {name: {} for name in FACETS}
    for number, one in enumerate(listed):
        for name, values_of in FACETS.items():
            for value in values_of(one):
                holding[name].setdefault(value, set()).add(number)
    return Shelf(
        datasets=listed,
        index=lay_out((_hit(one), _more(one)) for one in listed),
        numbers={one.url: number for number, one in enumerate(listed)},
        holding={
            name: {value: frozenset(of) for value, of in by_value.items()}
            for name, by_value in holding.items()
        },
    )


def _hit(one: Dataset) -> Hit:
    return Hit(title=one.title, url=one.url, summary=one.summary, kind="")


def _more(one: Dataset) -> str:
    theme = THEMES.get(one.theme, "")
    columns = " ".join(column.name for column in one.columns)
    return " ".join((*one.keywords, theme, one.publishers, one.name, columns))


def find(shelf: Shelf, question: Question) -> Found:
    """Find the datasets that meet each word and each facet chosen."""
    met = _meet(shelf, question.words)
    everything = frozenset(met)
    kept_by = {
        name: shelf.holding[name].get(value, frozenset())
        for name, value in question.chosen.items()
        if name in FACETS and value
    }
    found = everything.intersection(*kept_by.values()) if kept_by else everything
    return Found(
        datasets=_sorted(shelf, found, met, question),
        facets=tuple(_facet(name, shelf, question, everything, kept_by) for name in FACETS),
    )


def _meet(shelf: Shelf, words: str) -> dict[int, float]:
    asked = asked_of(words)
    if not asked:
        # What holds no word at all, only signs, is no question.
        return dict.fromkeys(range(len(shelf.datasets)), 0.0)
    return {shelf.numbers[hit.url]: score for score, hit in shelf.index.score(asked)}


def _sorted(
    shelf: Shelf, found: frozenset[int], met: Mapping[int, float], question: Question
) -> tuple[Dataset, ...]:
    # The shelf is by title already, and sorting keeps that order among equals.
    numbers = sorted(found)
    of = shelf.datasets
    order = question.order or ("best" if question.words else "title")
    if order == "best":
        numbers.sort(key=lambda number: -met[number])
    elif order == "newest":
        numbers.sort(key=lambda number: of[number].modified_at or _LONG_AGO, reverse=True)
    elif order == "largest":
        numbers.sort(key=lambda number: -of[number].rows)
    return tuple(of[number] for number in numbers)


def _facet(
    name: str,
    shelf: Shelf,
    question: Question,
    everything: frozenset[int],
    kept_by: Mapping[str, frozenset[int]],
) -> Facet:
    others = [of for other, of in kept_by.items() if other != name]
    within = everything.intersection(*others) if others else everything
    chosen = question.chosen.get(name, "")
    options = [
        Option(
            value=value,
            words=say(name, value, shelf),
            count=len(of & within),
            chosen=value == chosen,
            url=question.address(**{name: "" if value == chosen else value}),
        )
        for value, of in shelf.holding[name].items()
        if value == chosen or not of.isdisjoint(within)
    ]
    options.sort(key=lambda one: (-one.count, one.words))
    return Facet(
        name=name,
        words=_titles()[name],
        options=tuple(options),
        chosen=next((one for one in options if one.chosen), None),
    )


def _titles() -> Mapping[str, str]:
    return {
        "theme": _("Theme"),
        "publisher": _("Publisher"),
        "licence": _("Licence"),
        "format": _("Format"),
        "freshness": _("Freshness"),
        "place": _("Place"),
    }


def say(facet: str, value: str, shelf: Shelf) -> str:
    """Say a facet's value in words."""
    if facet == "theme":
        return _(THEMES[value]) if value in THEMES else value
    if facet == "format":
        return FORMS[value].words if value in FORMS else value
    if facet == "publisher":
        number = next(iter(shelf.holding["publisher"].get(value, ())), None)
        names = () if number is None else shelf.datasets[number].publisher_names
        return next((name for name in names if slug_of(name) == value), value)
    if facet == "freshness":
        return {
            Freshness.KEPT.value: _("the promise is kept"),
            Freshness.LATE.value: _("later than promised"),
            Freshness.UNKNOWN.value: _("not known yet"),
        }.get(value, value)
    if facet == "place":
        return {"city": datasets.city_name(), "beyond": _("reaches beyond the city")}[value]
    return value
