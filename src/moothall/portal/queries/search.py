"""Search of everything: pages, wards, data and what each service holds; forgiving of slips.

Every word asked for must be met, by the same word, by one it begins or ends, or by one a slip of
the fingers away. When nothing meets all of them, what meets some is given, and said to be so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from moothall.kernel import packs
from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.places import queries as places
from moothall.kernel.registry import Page, Service, house
from moothall.kernel.search import ALSO, LONGEST_ASKED, Index, lay_out, words_of
from moothall.portal.queries.pages import list_portal_pages, near_words
from moothall.values.facts import Hit
from moothall.values.observations import Access

log = structlog.get_logger(__name__)

LONGEST = 200
MOST = 10
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
FIRST, NUDGE = 3.0, 0.15
"""What a postcode's own answer weighs, and a page that people use beside the data behind it."""

Scored = tuple[float, Hit]


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


def read_postcode(text: str) -> str:
    """Return the postcode a text is, as it is written; "" if it is anything else."""
    match = POSTCODE.fullmatch(" ".join(text.split()))
    return _write_postcode(match[0]) if match else ""


def _write_postcode(text: str) -> str:
    joined = "".join(text.split()).upper()
    return f"{joined[:-3]} {joined[-3:]}"


def search(text: str, *, now: datetime, limit: int = MOST) -> Found:
    """Return the best answers to a text; none for an empty one.

    Leaves:  what a service cannot name, which is logged.
    """
    asked = " ".join(text[:LONGEST].split())
    words = words_of(POSTCODE.sub(" ", asked))
    telling = _telling(words)[:LONGEST_ASKED]
    own = _lay_out_own(now)
    found = [*_places_named(asked), *_score(telling, own, now, whole=True)]
    whole = bool(found) or not telling
    if not whole:
        found.extend(_score(telling, own, now, whole=False))
    groups = _group(found, limit)
    return Found(groups=groups, whole=whole, like=() if groups else _list_like(telling, own))


def _score(telling: tuple[str, ...], own: Index, now: datetime, *, whole: bool) -> Iterator[Scored]:
    if not telling:
        return
    for score, hit in own.score(telling, whole=whole):
        yield score + (0.0 if hit.url.startswith("/data/") else NUDGE), hit
    for service in house.services:
        yield from _lay_out_service(service, now).score(telling, whole=whole)


def _list_like(telling: tuple[str, ...], own: Index) -> tuple[Hit, ...]:
    """Return what is written most like what was asked for."""
    text = " ".join(telling)
    titles = [" ".join(words_of(hit.title)) for hit in own.hits]
    near = process.extract(text, titles, scorer=fuzz.WRatio, limit=5, score_cutoff=NEAR_ENOUGH)
    found = {own.hits[number].url: own.hits[number] for _, _, number in near}
    return tuple(found.values())[:3] if len(text) >= 3 else ()


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that say what is looked for; all of them if none does."""
    city = set(words_of(str(packs.current().city["name"])))
    return tuple(word for word in words if word not in UNSAID | city) or words


def _group(found: list[Scored], limit: int) -> tuple[Group, ...]:
    best: dict[str, Hit] = {}
    for _score, hit in sorted(found, key=lambda one: (-one[0], len(one[1].title))):
        best.setdefault(hit.url, hit)
        if len(best) == limit:
            break
    groups: dict[str, list[Hit]] = {}
    for hit in best.values():
        groups.setdefault(hit.kind, []).append(hit)
    return tuple(Group(kind=kind, hits=tuple(hits)) for kind, hits in groups.items())


def _places_named(asked: str) -> Iterator[Scored]:
    """Yield the way to what is near, if a postcode or the wish for what is near was typed."""
    if match := POSTCODE.search(asked):
        shown = _write_postcode(match[0])
        near = Hit(
            title=_("Near %(place)s") % {"place": shown},
            url=f"/near/?postcode={shown.replace(' ', '+')}",
            summary=_("What is around this postcode, now"),
            kind=_("Place"),
        )
        yield FIRST, near
    elif re.search(r"\bnear(by|est)?\b", asked, re.IGNORECASE):
        yield FIRST, Hit(title=_("Near me"), url="/near/", summary=near_words(), kind=_("Page"))


def _lay_out_own(now: datetime) -> Index:
    """Lay out every page, ward and dataset by name."""
    index: Index = kept.keep(
        "search", now, lambda: lay_out(_list_hits(), also=ALSO), about=(), ages=False
    )
    return index


def _lay_out_service(service: Service, now: datetime) -> Index:
    """Lay out what one service holds, once for each change of it."""
    index: Index = kept.keep(
        ("search", service.name),
        now,
        lambda: lay_out(_list_findable(service)),
        about=(service.name,),
        ages=False,
    )
    return index


def _list_findable(service: Service) -> tuple[tuple[Hit, str], ...]:
    """Ask what one service holds; a fault in one is logged and leaves the others."""
    if service.list_findable is None:
        return ()
    try:
        return tuple(service.list_findable())
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.exception("search_failed", service=service.name)
        return ()


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
