"""What the air service tells the rest of the house: card, map, near a point, search."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from moothall.topics.air import rules
from moothall.topics.air.feeds import sensor_community, uk_air
from moothall.topics.air.queries import advice, sensors, sites
from moothall.values.facts import Card, Fact, Hit, State
from moothall.values.observations import Quality
from moothall.values.places import Point

NEAREST_SENSORS = 2


def get_air_card(now: datetime) -> Card | None:
    """Say how clean the city's air is now; None for a city without sites."""
    found = sites.list_sites(now=now)
    if not found:
        return None
    known = [one for one in found if one.index is not None]
    worst = max(known, key=lambda one: one.index or 0, default=None)
    return Card(
        id="air",
        title=_("Air"),
        lead=_say_lead(worst, len(known), len(found)),
        state=State.UNKNOWN if worst is None else worst.state,
        facts=tuple(site_as_fact(one) for one in found),
        url="/air/",
        datasets=(uk_air.FEED.name,),
        attribution=uk_air.FEED.attribution,
        more=sum(len(one.pollutants) for one in found),
    )


def _say_lead(worst: sites.SiteAir | None, known: int, of: int) -> str:
    if worst is None or worst.index is None or worst.band is None:
        return _("The air quality index is not known: too little has been measured lately")
    lead = _("Air pollution is %(band)s: index %(index)d of 10. %(advice)s") % {
        "band": sites.name_band(worst.band),
        "index": worst.index,
        "advice": advice.get_advice(worst.band).at_risk,
    }
    if known < of:
        lead += " " + _("%(silent)d of %(of)d sites has no index now.") % {
            "silent": of - known,
            "of": of,
        }
    return lead


def site_as_fact(one: sites.SiteAir, *, near: Point | None = None) -> Fact:
    """Say one site's index as a fact."""
    leading = max(
        (part for part in one.pollutants if part.reading.index is not None),
        key=lambda part: part.reading.index or 0,
        default=None,
    )
    return Fact(
        label=one.site.name,
        value="" if one.index is None else str(one.index),
        unit="" if one.index is None else _("of 10"),
        words=one.words,
        state=one.state,
        at=one.until_at,
        origin=one.origin,
        stale=one.index is None and one.until_at is not None,
        series=leading.series if leading else "",
        dataset=uk_air.FEED.name,
        point=one.site.point,
        distance_m=None if near is None else near.distance_m(one.site.point),
        url=one.site.url,
    )


def pollutant_as_fact(one: sites.PollutantNow) -> Fact:
    """Say one pollutant's mean and index as a fact."""
    mean = one.reading.concentration_ug_m3
    span = rules.AVERAGING[one.reading.pollutant].span // rules.HOUR or 1
    return Fact(
        label=_("%(name)s, mean of %(hours)d h") % {"name": one.name, "hours": span},
        value="" if mean is None else f"{mean:.0f}",
        unit="" if mean is None else "µg/m³",
        words=one.words,
        state=one.state,
        at=one.reading.until_at,
        origin=one.origin,
        stale=one.reading.missing is rules.Missing.STALE,
        series=one.series,
        dataset=one.feed,
    )


def sensor_as_fact(one: sensors.SensorAir, *, near: Point | None = None) -> Fact:
    """Say one low-cost sensor's fine particles as a fact; it never has an index."""
    value = one.pm25_ug_m3
    return Fact(
        label=_("%(name)s, fine particles") % {"name": one.name},
        value="" if value is None else f"{value:.0f}",
        unit="" if value is None else "µg/m³",
        words=_("indicative: a low-cost sensor") if one.current else _("has not reported lately"),
        state=State.NEUTRAL if one.current and value is not None else State.UNKNOWN,
        at=one.read_at,
        quality=Quality.SUSPECT if one.suspect else None,
        origin=one.origin,
        stale=not one.current,
        series=one.series,
        dataset=sensor_community.FEED.name,
        point=one.point,
        distance_m=None if near is None or one.point is None else near.distance_m(one.point),
    )


def list_site_features(now: datetime) -> tuple[Mapping[str, Any], ...]:
    """Return the monitoring sites as map points."""
    return tuple(
        {
            "type": "Feature",
            "id": f"air-{one.site.id}",
            "geometry": {
                "type": "Point",
                "coordinates": [one.site.point.lon, one.site.point.lat],
            },
            "properties": {
                "title": one.site.name,
                "words": one.words if one.index is None else sites.say_index(one.index),
                "state": str(one.state),
                "url": one.site.url,
            },
        }
        for one in sites.list_sites(now=now)
    )


def list_near(point: Point, now: datetime) -> tuple[Fact, ...]:
    """Return the nearest monitoring site, and the nearest of people's own sensors."""
    national = sorted(
        (site_as_fact(one, near=point) for one in sites.list_sites(now=now)), key=_distance
    )
    people = sorted(
        (
            sensor_as_fact(one, near=point)
            for one in sensors.list_sensors(now=now)
            if one.current and one.point
        ),
        key=_distance,
    )
    return (*national[:1], *people[:NEAREST_SENSORS])


def _distance(fact: Fact) -> float:
    return fact.distance_m or 0.0


def search(text: str, limit: int) -> tuple[Hit, ...]:
    """Find monitoring sites whose name, code or pollutants hold every word asked for."""
    words = text.casefold().split()
    hits = []
    for site in sites.list_places():
        measured = " ".join(sites.name_of(quantity) for quantity in site.measures)
        known = f"{site.name} {site.id} {site.kind} {measured} air quality pollution".casefold()
        if words and all(word in known for word in words):
            hits.append(
                Hit(
                    title=site.name,
                    url=site.url,
                    summary=_("Air quality now and over the last day"),
                    kind=_("Air quality site"),
                    score=sum(word in site.name.casefold() for word in words) / len(words),
                    point=site.point,
                )
            )
    return tuple(sorted(hits, key=lambda hit: -hit.score)[:limit])
