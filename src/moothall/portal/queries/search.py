"""Search of everything: pages, wards, data and what each service holds; forgiving of slips.

Every word asked for must be met, by the same word, by one it begins or ends, or by one a slip of
the fingers away. When nothing meets all of them, what meets some is given, and said to be so.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from moothall.kernel import packs
from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places
from moothall.kernel.registry import Page, Service, house
from moothall.kernel.search import LONGEST_ASKED, alike, words_of
from moothall.portal.queries.pages import list_portal_pages, near_words
from moothall.values.facts import Hit
from moothall.values.observations import Access

log = structlog.get_logger(__name__)

LONGEST = 200
MOST = 10
ASKED_OF_A_SERVICE = 40
NEAR_ENOUGH = 60
POSTCODE = re.compile(r"\b[A-Za-z]{1,2}[0-9][A-Za-z0-9]?\s*[0-9][A-Za-z]{2}\b")
UNSAID = frozenset(
    re.findall(
        r"\w+",
        "a an and are at can city do does for from get how i in is it me my near nearby nearest now"
        " of on or our please the there to today what when where which who will with",
    )
)
"""Words that say nothing about what is looked for."""
TITLE, ALSO, SUMMARY = 1.0, 0.9, 0.7
"""How much a word weighs that is met in the title, in the other words for it, or in passing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The answers of one kind, best first."""

    kind: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, the group with the best answer first."""

    groups: tuple[Group, ...] = ()
    whole: bool = True
    """Whether each answer meets every word asked for."""

    like: tuple[Hit, ...] = ()
    """Where nothing was found, what is written most like it."""

    @property
    def count(self) -> int:
        """How many answers there are."""
        return sum(len(group.hits) for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An answer to be found, with the words it is found by and what each weighs."""

    hit: Hit
    words: tuple[tuple[str, float], ...]


def read_postcode(text: str) -> str:
    """Return the postcode a text is, as it is written; "" if it is anything else."""
    match = POSTCODE.fullmatch(" ".join(text.split()))
    return _write_postcode(match[0]) if match else ""


def _write_postcode(text: str) -> str:
    joined = "".join(text.split()).upper()
    return f"{joined[:-3]} {joined[-3:]}"


def search(text: str, *, now: datetime, limit: int = MOST) -> Found:
    """Return the best answers to a text; none for an empty one.

    Leaves:  a service whose own search fails, which is logged without the text.
    """
    asked = " ".join(text[:LONGEST].split())
    words = words_of(POSTCODE.sub(" ", asked))
    telling = _telling(words)[:LONGEST_ASKED]
    hits = list(_places_named(asked))
    known = _list_known(now)
    hits.extend(_score(telling, known, all))
    for service in house.services:
        if service.search is not None and telling:
            for hit in _ask(service, service.search, " ".join(telling), ASKED_OF_A_SERVICE):
                # A service knows what fits better than spelling does, unless all it can have
                # met is two letters within a word.
                fit = _fit(telling, _by_words(hit))
                if fit or min(map(len, telling)) > 2:
                    hits.append(replace(hit, score=fit or SUMMARY))
    whole = bool(hits) or not telling
    if not whole:
        hits.extend(_score(telling, known, any))
    groups = _group(hits, limit)
    return Found(groups=groups, whole=whole, like=() if groups else _list_like(telling, known))


def _list_like(telling: tuple[str, ...], known: tuple[_Known, ...]) -> tuple[Hit, ...]:
    """Return what is written most like what was asked for."""
    text = " ".join(telling)
    titles = [" ".join(words_of(one.hit.title)) for one in known]
    near = process.extract(text, titles, scorer=fuzz.WRatio, limit=5, score_cutoff=NEAR_ENOUGH)
    found = {known[number].hit.url: known[number].hit for _, _, number in near}
    return tuple(found.values())[:3] if len(text) >= 3 else ()


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that say what is looked for; all of them if none does."""
    city = set(words_of(str(packs.current().city["name"])))
    return tuple(word for word in words if word not in UNSAID | city) or words


def _group(hits: list[Hit], limit: int) -> tuple[Group, ...]:
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (-hit.score, len(hit.title))):
        best.setdefault(hit.url, hit)
    groups: dict[str, list[Hit]] = {}
    for hit in list(best.values())[:limit]:
        groups.setdefault(hit.kind, []).append(hit)
    return tuple(Group(kind=kind, hits=tuple(found)) for kind, found in groups.items())


def _ask(
    service: Service, ask: Callable[[str, int], tuple[Hit, ...]], text: str, limit: int
) -> tuple[Hit, ...]:
    try:
        return ask(text, limit)
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.error("search_failed", service=service.name, fault=type(fault).__name__)
        return ()


def _places_named(asked: str) -> Iterator[Hit]:
    """Yield the way to what is near, if a postcode or the wish for what is near was typed."""
    if match := POSTCODE.search(asked):
        shown = _write_postcode(match[0])
        yield Hit(
            title=_("Near %(place)s") % {"place": shown},
            url=f"/near/?postcode={shown.replace(' ', '+')}",
            summary=_("What is around this postcode, now"),
            kind=_("Place"),
            score=3,
        )
    elif re.search(r"\bnear(by|est)?\b", asked, re.IGNORECASE):
        yield Hit(
            title=_("Near me"),
            url="/near/",
            summary=near_words(),
            kind=_("Page"),
            score=3,
        )


def _list_known(now: datetime) -> tuple[_Known, ...]:
    """Return every page, ward and dataset by name: a few hundred, so they are simply compared."""
    known: tuple[_Known, ...] = kept.keep(
        "search index", now, lambda: tuple(_by_words(hit, also) for hit, also in _list_hits())
    )
    return known


def _list_hits() -> Iterator[tuple[Hit, str]]:
    for page in list_portal_pages():
        yield _page_hit(page), ""
    for service in house.services:
        for page in service.pages:
            yield _page_hit(page), f"{_(page.also) if page.also else ''} {_(service.title)}"
    for ward in places.list_wards():
        yield (
            Hit(
                title=ward.name,
                url=f"/near/?ward={ward.gss}",
                summary=_("What is near, in this ward"),
                kind=_("Ward"),
            ),
            "",
        )
    for feed in house.feeds():
        if feed.access is Access.OPEN and feed.observes:
            yield _data_hit(feed.name, feed.title, feed.summary), feed.publisher
    for kind, _feeds in house.kinds().values():
        if kind.access is Access.OPEN:
            yield _data_hit(kind.name, kind.title, kind.summary), ""


def _page_hit(page: Page) -> Hit:
    return Hit(title=_(page.title), url=page.url, summary=_(page.summary), kind=_("Page"))


def _data_hit(name: str, title: str, summary: str) -> Hit:
    said = _(summary) if summary else ""
    return Hit(title=_(title), url=f"/data/{name}/", summary=said, kind=_("Data"))


def _by_words(hit: Hit, also: str = "") -> _Known:
    weighed: dict[str, float] = {}
    for text, weight in ((hit.title, TITLE), (also, ALSO), (hit.summary, SUMMARY)):
        for word in words_of(text):
            weighed.setdefault(word, weight)
    return _Known(hit=hit, words=tuple(weighed.items()))


def _score(
    asked: tuple[str, ...], known: tuple[_Known, ...], enough: Callable[[list[float]], bool]
) -> Iterator[Hit]:
    for one in known:
        met = [_meet(word, one.words) for word in asked]
        if met and enough(met):
            # A page people use goes before the data behind it, where both fit alike.
            nudge = 0.0 if one.hit.url.startswith("/data/") else 0.15
            yield replace(one.hit, score=sum(met) / len(met) + nudge)


def _fit(asked: tuple[str, ...], known: _Known) -> float:
    met = [_meet(word, known.words) for word in asked]
    return sum(met) / len(met) if met else 0.0


def _meet(asked: str, words: tuple[tuple[str, float], ...]) -> float:
    """Say how well the best of an answer's words meets one asked for, of 1; 0 for not at all."""
    return max((weight * alike(asked, word) for word, weight in words), default=0.0)
