"""What places offer the house."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from moothall.kernel.places import queries
from moothall.kernel.places.feeds import ons_boundaries, ons_lookup, ons_postcodes
from moothall.kernel.registry import Service
from moothall.values.facts import Hit
from moothall.values.places import Place


def search(words: str, limit: int) -> tuple[Hit, ...]:
    """Find wards and public places by name."""
    wanted = words.casefold().split()
    wards = [
        Hit(
            title=ward.name,
            url=_near(ward),
            summary=str(_("A ward of the city")),
            kind=str(_("Ward")),
            score=_score(wanted, ward.name),
            point=ward.centre,
        )
        for ward in queries.list_wards()
    ]
    places = [
        Hit(
            title=place.name,
            url=_near(_ward_of(place)),
            summary=place.kind.replace("-", " ").capitalize(),
            kind=str(_("Place")),
            score=_score(wanted, place.name),
            point=place.point,
        )
        for place in queries.list_places()
    ]
    found = sorted((hit for hit in wards + places if hit.score), key=lambda hit: -hit.score)
    return tuple(found[:limit])


def _ward_of(place: Place) -> queries.Ward | None:
    answer = queries.ward_of(place.point)
    return answer.ward if answer else None


def _near(ward: queries.Ward | None) -> str:
    return f"/near/?ward={ward.gss}" if ward else "/near/"


def _score(wanted: list[str], name: str) -> float:
    """Share of the words asked for that the name holds; 0 unless it holds them all."""
    held = name.casefold()
    if not wanted or not all(word in held for word in wanted):
        return 0.0
    return min(1.0, sum(map(len, wanted)) / max(len(held), 1))


def check_pack(section: Mapping[str, Any]) -> Iterable[str]:
    """Say what is wrong with the pack's `places.toml`."""
    layers = section.get("feeds", {}).get("boundaries", {}).get("layers", [])
    for layer in layers:
        missing = [key for key in ("level", "url", "code", "name") if not layer.get(key)]
        if missing:
            yield f"a layer of boundaries lacks {', '.join(missing)}"
    levels = [layer.get("level") for layer in layers]
    for level in sorted({str(level) for level in levels if levels.count(level) > 1}):
        yield f"two layers of boundaries are both {level!r}"


SERVICE = Service(
    name="places",
    title="Places",
    summary="Wards, small census areas, postcodes and public places.",
    feeds=(ons_boundaries.FEED, ons_postcodes.FEED, ons_lookup.FEED),
    search=search,
    check_pack=check_pack,
    order=10,
)
