"""Our datasets as a catalogue describes them to other catalogues."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from moothall.civic.opendata.queries import datasets, quality
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.describing_others import describe_elsewhere
from moothall.civic.opendata.rules.quality import Score
from moothall.kernel import packs
from moothall.standards.dcat.model import (
    Agent,
    Catalogue,
    Distribution,
    Entry,
    Measurement,
    Service,
)
from moothall.standards.dcat.words import FORMS, THEMES
from moothall.standards.licences import LICENCES
from moothall.values.observations import Origin

GEOGRAPHY = "http://statistics.data.gov.uk/id/statistical-geography/"
PER_PAGE = 1000
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug_of(name: str) -> str:
    """Name an organisation or a theme in an address: lower case, no signs; "unknown" for none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_SLUG.sub("-", plain).strip("-")[:90] or "unknown"


def describe(one: Dataset, root: str, score: Score | None = None) -> Entry:
    """Describe one dataset; `root` is the address of the site, without a slash at its end."""
    if one.harvested is not None:
        listed = _("Listed by %(catalogue)s, and held elsewhere.")
        told = listed % {"catalogue": one.harvested.catalogue}
        provenance = " ".join(part for part in (told, _say_origins(one)) if part)
        return describe_elsewhere(one, one.harvested, root, provenance=provenance)
    publisher = one.publisher_names[0] if one.publisher_names else council()
    return Entry(
        identifier=one.name,
        title=one.title,
        description=" ".join(part for part in (one.summary, _say_origins(one)) if part),
        page=f"{root}{one.url}",
        publisher=Agent(name=publisher, uri=f"{root}/data/?publisher={slug_of(publisher)}"),
        creators=one.publisher_names,
        contact=contact(),
        licences=one.licences,
        licence_url=one.licence_url,
        attribution=one.attribution,
        provenance=_say_provenance(one),
        sources=tuple((f"{root}/data/feeds/{f.name}/", f.feed.title) for f in one.feeds),
        documentation=tuple(
            dict.fromkeys(f.feed.documentation for f in one.feeds if f.feed.documentation)
        ),
        theme=one.theme,
        keywords=(*one.keywords, datasets.city_name()),
        box=one.spatial,
        place=place() if one.spatial else "",
        first_at=one.first_at,
        last_at=one.last_at,
        promise=one.promise,
        issued_at=one.issued_at,
        modified_at=one.modified_at or one.last_at,
        language=one.language,
        version=one.version,
        rows=one.rows,
        origins=tuple(sorted(origin.name.lower() for origin in one.origins)),
        distributions=tuple(
            Distribution(
                url=f"{root}/data/{one.name}.{form}",
                form=form,
                title=f"{one.title} ({FORMS[form].words})",
            )
            for form in one.formats
        ),
        measurements=() if score is None else _measurements(score, root),
    )


def _measurements(score: Score, root: str) -> tuple[Measurement, ...]:
    metrics = f"{root}/data/portal.quality/"
    return (
        Measurement(
            metric=f"{metrics}#score",
            means=_("How good the dataset is, from 0 to 100"),
            value=score.points,
        ),
        Measurement(
            metric=f"{metrics}#stars",
            means=_("How many of the five stars of open data"),
            value=score.stars.count,
        ),
    )


def get_catalogue(
    now: datetime, *, root: str, at: str, page: int | None, services: tuple[Service, ...]
) -> Catalogue:
    """Describe a page of `PER_PAGE` datasets, or for None all; a page past the end has none.

    Shape:   `at` is the address of the first page; the others are asked for with `page`.
    """
    found = datasets.list_all(now)
    count = 1 if page is None else max(1, -(-len(found) // PER_PAGE))
    shown = found if page is None else found[(page - 1) * PER_PAGE : page * PER_PAGE]
    times = [one.modified_at for one in found if one.modified_at]
    city = datasets.city_name()
    return Catalogue(
        page=f"{root}/data/",
        title=_("Open data of %(city)s") % {"city": city},
        description=_(
            "Everything %(city)s reads by machine and may share, with who publishes it, under what"
            " licence, and how fresh it is."
        )
        % {"city": city},
        publisher=council_agent(),
        home=f"{root}/data/",
        language="en",
        licence_url=LICENCES["OGL-UK-3.0"],
        place=place(),
        box=packs.current().box,
        modified_at=max(times, default=None),
        services=services,
        entries=tuple(
            describe(one, root, score) for one, score in zip(shown, _judge(shown, now), strict=True)
        ),
        total=len(found),
        pages=(at, *(f"{at}?page={n}" for n in range(2, count + 1))),
        number=page or 1,
    )


def _judge(shown: Sequence[Dataset], now: datetime) -> Iterator[Score | None]:
    """Judge datasets, in their order: what others hold is theirs to judge."""
    scores = iter(quality.judge([one for one in shown if one.harvested is None], now))
    return (None if one.harvested else next(scores) for one in shown)


def say_themes(codes: Sequence[str]) -> tuple[str, ...]:
    """Say what datasets are about, in words."""
    return tuple(_(THEMES[code]) for code in codes if code in THEMES)


def council() -> str:
    """Name who runs this house."""
    return str(packs.current().city.get("council") or datasets.city_name())


def council_agent() -> Agent:
    """Describe who runs this house."""
    web = str(packs.current().city.get("contact", {}).get("web", ""))
    return Agent(name=council(), uri=web, web=web)


def contact() -> Agent:
    """Say whom to ask."""
    told = packs.current().city.get("contact", {})
    return Agent(name=council(), web=str(told.get("web", "")), email=str(told.get("email", "")))


def place() -> str:
    """Name the city in the national register of areas; "" where its pack states no code."""
    code = str(packs.current().city.get("gss", ""))
    return f"{GEOGRAPHY}{code}" if code else ""


def _say_origins(one: Dataset) -> str:
    if Origin.SIMULATED in one.origins:
        return _("What is here now is simulated: it says nothing about the city.")
    if Origin.REPLAYED in one.origins:
        return _("What is here now is a recording, played again.")
    return ""


def _say_provenance(one: Dataset) -> str:
    if not one.feeds:
        return ""
    titles = "; ".join(f"{f.feed.title} ({f.feed.publisher})" for f in one.feeds)
    said = _("Read by machine from: %(titles)s.") % {"titles": titles}
    return " ".join(part for part in (said, _say_origins(one)) if part)
