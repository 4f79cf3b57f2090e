"""Finds datasets by their words and by what they are: theme, publisher, licence, form and so on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus

from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets, quality, usage
from moothall.civic.opendata.queries.datasets import Dataset, Freshness
from moothall.civic.opendata.queries.describing import slug_of
from moothall.civic.opendata.rules.quality import Score, band
from moothall.civic.opendata.rules.synonyms import other_words
from moothall.kernel.keeping import kept
from moothall.kernel.search import Index, asked_of, lay_out
from moothall.standards.dcat.words import THEMES, form_of
from moothall.values.facts import Hit

FACETS: Mapping[str, Callable[[Dataset], Iterable[str]]] = {
    "theme": lambda one: (one.theme,) if one.theme else (),
    "publisher": lambda one: tuple(map(slug_of, one.publisher_names)),
    "licence": lambda one: one.licences,
    "format": lambda one: one.harvested.forms if one.harvested else one.formats,
    "freshness": lambda one: (one.freshness.value,),
    # Filled by the scores: no dataset says itself how good it is.
    "quality": lambda _: (),
    "place": lambda one: () if one.harvested else ("city" if one.spatial else "beyond",),
    "catalogue": lambda one: (one.harvested.source,) if one.harvested else (),
}
"""By what a dataset can be found, in the order of the page and of an address."""
ORDERS = ("best", "title", "newest", "quality", "used", "largest")
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All datasets, laid out by their words and by what they are.

    A set of datasets is a whole number with a bit for the place of each: to tell what two sets
    share, and how much, is one step for each.
    """

    datasets: tuple[Dataset, ...]
    scores: tuple[Score | None, ...]
    """How good each is, None for what is held elsewhere; () where nobody judged them."""
    used: Mapping[str, int]
    """How often each was fetched, by its name."""
    index: Index
    numbers: Mapping[str, int]
    """Of each dataset's address, its place in `datasets`."""
    holding: Mapping[str, Mapping[str, int]]
    """Of each facet and value, the datasets that have it."""
    publishers: Mapping[str, str]
    """What the publisher of each value is called."""
    catalogues: Mapping[str, str]
    """What the catalogue of each value is called."""

    @property
    def everything(self) -> int:
        """All of them, as a set."""
        return (1 << len(self.datasets)) - 1


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
    within: str = ""
    """A ward by its code, or a box: only what touches it."""
    order: str = ""
    """One of `ORDERS`; "" for the best first if there are words, else by title."""

    def address(self, *, page: int = 1, **changed: str) -> str:
        """Write the one address of a question like this one, with some facets changed."""
        facets = {**self.chosen, **changed}
        asked = [("q", self.words), *((name, facets.get(name, "")) for name in FACETS)]
        asked += [
            ("within", changed.get("within", self.within)),
            ("sort", self.order),
            ("page", str(page) if page > 1 else ""),
        ]
        query = "&".join(f"{name}={quote_plus(value)}" for name, value in asked if value)
        return f"/data/?{query}" if query else "/data/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What meets a question, in its order, and how to ask for less or more."""

    datasets: tuple[Dataset, ...]
    scores: Mapping[str, Score]
    """How good those found are, by name."""
    facets: tuple[Facet, ...]


def get_shelf(now: datetime) -> Shelf:
    """Return all datasets as they are laid out, made once for each change of the lake."""

    def make() -> Shelf:
        listed = datasets.list_all(now)
        ours = [one for one in listed if one.harvested is None]
        scores = dict(zip((one.name for one in ours), quality.judge(ours, now), strict=True))
        # What others hold is theirs to judge.
        judged = tuple(scores.get(one.name) for one in listed)
        return shelve(listed, judged, usage.count_uses())

    found: Shelf = kept.keep(("shelf",), now, make)
    return found


def shelve(
    listed: tuple[Dataset, ...],
    scores: tuple[Score | None, ...] = (),
    used: Mapping[str, int] | None = None,
) -> Shelf:
    """Lay datasets out by their words and by what they are."""
    holding: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    publishers: dict[str, str] = {}
    for number, one in enumerate(listed):
        for name, values_of in FACETS.items():
            _put(holding[name], values_of(one), number)
        if scores and (score := scores[number]) is not None:
            _put(holding["quality"], (band(score.points),), number)
        publishers.update((slug_of(name), name) for name in one.publisher_names)
    return Shelf(
        datasets=listed,
        scores=scores,
        used=used or {},
        index=lay_out((_hit(one), _more(one)) for one in listed),
        numbers={one.url: number for number, one in enumerate(listed)},
        holding=holding,
        publishers=publishers,
        catalogues={of.source: of.catalogue for one in listed if (of := one.harvested)},
    )


def _put(holding: dict[str, int], values: Iterable[str], number: int) -> None:
    for value in values:
        holding[value] = holding.get(value, 0) | 1 << number


def _hit(one: Dataset) -> Hit:
    return Hit(title=one.title, url=one.url, summary=one.summary, kind="")


def _more(one: Dataset) -> str:
    theme = THEMES.get(one.theme, "")
    columns = " ".join(column.name for column in one.columns)
    return " ".join((*one.keywords, theme, one.publishers, one.name, columns))


def find(shelf: Shelf, question: Question, touching: int | None = None) -> Found:
    """Find the datasets that meet each word and each facet chosen.

    Shape:   `touching` is the set of those that touch the area asked for; None if none is.
    """
    met = _meet(shelf, question.words)
    everything = shelf.everything if met is None else sum(1 << number for number in met)
    if touching is not None:
        everything &= touching
    kept_by = {
        name: shelf.holding[name].get(value, 0)
        for name, value in question.chosen.items()
        if name in FACETS and value
    }
    found = everything
    for of in kept_by.values():
        found &= of
    numbers = _sorted(shelf, found, met, question)
    titles = _titles()
    return Found(
        datasets=tuple(shelf.datasets[number] for number in numbers),
        scores={shelf.datasets[n].name: score for n in numbers if (score := _score(shelf, n))},
        facets=tuple(
            _facet(name, shelf, question, everything, kept_by, words=titles[name])
            for name in FACETS
        ),
    )


def _meet(shelf: Shelf, words: str) -> Mapping[int, float] | None:
    """Return how well each dataset meets the words; None for all, where no word is asked."""
    asked = asked_of(words)
    if not asked:
        # What holds no word at all, only signs, is no question.
        return None
    return shelf.index.rate(asked, others=other_words)


def _sorted(
    shelf: Shelf, found: int, met: Mapping[int, float] | None, question: Question
) -> Sequence[int]:
    # The shelf is by title already, and sorting keeps that order among equals.
    numbers = [number for number in range(len(shelf.datasets)) if found >> number & 1]
    of = shelf.datasets
    order = question.order or ("best" if question.words else "title")
    if order == "best" and met is not None:
        numbers.sort(key=lambda number: -met[number])
    elif order == "newest":
        numbers.sort(key=lambda number: of[number].modified_at or _LONG_AGO, reverse=True)
    elif order == "quality" and shelf.scores:
        numbers.sort(key=lambda number: -(s.points if (s := _score(shelf, number)) else -1))
    elif order == "used":
        numbers.sort(key=lambda number: -shelf.used.get(of[number].name, 0))
    elif order == "largest":
        numbers.sort(key=lambda number: -of[number].rows)
    return numbers


def _score(shelf: Shelf, number: int) -> Score | None:
    return shelf.scores[number] if shelf.scores else None


def _facet(
    name: str,
    shelf: Shelf,
    question: Question,
    everything: int,
    kept_by: Mapping[str, int],
    *,
    words: str,
) -> Facet:
    within = everything
    for other, of in kept_by.items():
        if other != name:
            within &= of
    chosen = question.chosen.get(name, "")
    options = [
        Option(
            value=value,
            words=say(name, value, shelf),
            count=count,
            chosen=value == chosen,
            url=question.address(**{name: "" if value == chosen else value}),
        )
        for value, of in shelf.holding[name].items()
        if (count := (of & within).bit_count()) or value == chosen
    ]
    if name == "quality":
        options.sort(key=lambda one: -int(one.value))
    else:
        options.sort(key=lambda one: (-one.count, one.words))
    return Facet(
        name=name,
        words=words,
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
        "quality": _("Quality"),
        "place": _("Place"),
        "catalogue": _("Catalogue"),
    }


def say(facet: str, value: str, shelf: Shelf) -> str:
    """Say a facet's value in words."""
    if facet == "theme":
        return _(THEMES[value]) if value in THEMES else value
    if facet == "format":
        return form_of(value).words
    if facet == "catalogue":
        return shelf.catalogues.get(value, value)
    if facet == "publisher":
        return shelf.publishers.get(value, value)
    if facet == "quality":
        return quality.say_band(value)
    if facet == "freshness":
        return {
            Freshness.KEPT.value: _("the promise is kept"),
            Freshness.LATE.value: _("later than promised"),
            Freshness.UNKNOWN.value: _("not known yet"),
        }.get(value, value)
    if facet == "place":
        return {"city": datasets.city_name(), "beyond": _("reaches beyond the city")}[value]
    return value
