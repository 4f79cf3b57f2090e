"""What the air service tells the rest of the house: card, map, near a point, search."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel.registry import as_told
from moothall.topics.air import rules
from moothall.topics.air.feeds import sensor_community, uk_air
from moothall.topics.air.queries import advice, sensors, sites
from moothall.values.facts import Card, Fact, Hit, Mark, State, mark_facts
from moothall.values.observations import Quality


def get_air_card(now: datetime) -> Card | None:
    """Say how clean the city's air is now; None for a city without sites."""
    found = sites.list_sites(now=now)
    if not found:
        return None
    known = [one for one in found if one.index is not None]
    # The site that the sentence is about comes first, those that say nothing last.
    shown = sorted(found, key=lambda one: -(one.index or 0))
    worst = max(known, key=lambda one: one.index or 0, default=None)
    return Card(
        id="air",
        title=_("Air"),
        lead=_say_lead(worst, len(known), len(found)),
        state=State.UNKNOWN if worst is None else worst.state,
        facts=tuple(site_as_fact(one) for one in shown),
        url="/air/",
        datasets=(uk_air.FEED.name,),
        attribution=as_told(uk_air.FEED).attribution,
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
        lead += " " + ngettext(
            "%(silent)d of %(of)d sites has no index now.",
            "%(silent)d of %(of)d sites have no index now.",
            of - known,
        ) % {"silent": of - known, "of": of}
    return lead


def site_as_fact(one: sites.SiteAir) -> Fact:
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


def sensor_as_fact(one: sensors.SensorAir) -> Fact:
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
    )


def list_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the monitoring sites as map points."""
    return mark_facts(
        (f"air-{one.site.id}", site_as_fact(one)) for one in sites.list_sites(now=now)
    )


def list_site_facts(now: datetime) -> tuple[Fact, ...]:
    """Return every monitoring site's index as a fact."""
    return tuple(site_as_fact(one) for one in sites.list_sites(now=now))


def list_sensor_facts(now: datetime) -> tuple[Fact, ...]:
    """Return what people's own sensors say, those that have reported lately, as facts."""
    return tuple(sensor_as_fact(one) for one in sensors.list_sensors(now=now) if one.current)


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the monitoring sites to a search, each with its code and what it measures."""
    return (
        (
            Hit(
                title=site.name,
                url=site.url,
                summary=_("Air quality now and over the last day"),
                kind=_("Air quality site"),
                point=site.point,
            ),
            " ".join(
                (site.id, site.kind, *map(sites.name_of, site.measures), "air quality pollution")
            ),
        )
        for site in sites.list_places()
    )
