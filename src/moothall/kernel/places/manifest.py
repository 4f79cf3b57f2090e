"""What places offer the house."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from django.utils.translation import gettext_lazy as _

from moothall.kernel.places import queries
from moothall.kernel.places.feeds import ons_boundaries, ons_lookup, ons_postcodes
from moothall.kernel.registry import Service
from moothall.values.facts import Hit
from moothall.values.places import Place


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the wards and public places to a search."""
    wards = (
        Hit(
            title=ward.name,
            url=_near(ward),
            summary=str(_("A ward of the city")),
            kind=str(_("Ward")),
            point=ward.centre,
        )
        for ward in queries.list_wards()
    )
    places = (
        Hit(
            title=place.name,
            url=_near(_ward_of(place)),
            summary=_kind_of(place),
            kind=str(_("Place")),
            point=place.point,
        )
        for place in queries.list_places()
    )
    return ((hit, "") for hit in chain(wards, places))


def _kind_of(place: Place) -> str:
    """Say what a place is, and if its position is only that of its postcode."""
    kind = place.kind.replace("-", " ").capitalize()
    if place.approximate:
        return str(_("%(kind)s; position approximate, from its postcode")) % {"kind": kind}
    return kind


def _ward_of(place: Place) -> queries.Ward | None:
    answer = queries.ward_of(place.point)
    return answer.ward if answer else None


def _near(ward: queries.Ward | None) -> str:
    return f"/near/?ward={ward.gss}" if ward else "/near/"


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
    theme="REGI",
    summary="Wards, small census areas, postcodes and public places.",
    feeds=(ons_boundaries.FEED, ons_postcodes.FEED, ons_lookup.FEED),
    list_findable=list_findable,
    check_pack=check_pack,
    in_every_city=True,
    order=10,
)
