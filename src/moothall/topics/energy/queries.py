"""Questions other code may ask about the region's electricity. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.registry import as_told
from moothall.topics.energy import rules
from moothall.topics.energy.feeds import carbon_intensity
from moothall.ui.formats import no_data_since, time_of_day
from moothall.values.facts import Card, Fact, Hit, State
from moothall.values.observations import Observation, Origin

WASH = timedelta(hours=2)
"""As long as most things one can put off take: a wash, a bath's hot water, a top-up charge."""
CLEAN = ("wind", "solar", "hydro", "nuclear")


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelShare:
    """One fuel's share of the region's electricity in the present half hour."""

    fuel: str
    name: str
    percent: float
    series: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCarbon:
    """The region's electricity now, and when it will carry least carbon.

    Units:   gCO2/kWh. `intensity_g_kwh` is the newest known, however old: `state` says whether
             it may speak for now.
    """

    region: int
    region_name: str
    source: str
    licence: str
    intensity_g_kwh: float | None
    index: str
    state: State
    words: str
    from_at: datetime | None
    until_at: datetime | None
    origin: Origin
    series: str
    raw: str
    fuels: tuple[FuelShare, ...]
    cleanest: rules.Window | None
    ahead: tuple[Observation, ...]
    """The forecast for the half hours ahead, soonest first."""
    ahead_series: str


def list_grids(*, now: datetime) -> tuple[GridCarbon, ...]:
    """Return the city's electricity regions, in the pack's order; most cities lie in one.

    Source:  `[[region]]` of the pack's energy.toml; energy.carbon_intensity in the lake.
    """
    rows = packs.current().section("energy").get("region", ())
    return tuple(_read_grid(row, now) for row in rows)


def _read_grid(row: Mapping[str, Any], now: datetime) -> GridCarbon:
    region = int(row["id"])
    key, index_key = rules.intensity_series(region), rules.index_series(region)
    fuel_keys = {rules.fuel_series(region, fuel): fuel for fuel in rules.FUELS}
    found = {
        latest.series.key: latest
        for latest in lake.current().list_latest(keys=(key, index_key, *fuel_keys))
    }
    latest = found.get(key)
    observation = latest.observation if latest else None
    until_at = (observation.until or observation.at) if observation else None
    current = rules.is_current(until_at, now)
    at = observation.at if observation else None
    # The word and the mix must be of the same half hour as the number they explain.
    same = {name: one for name, one in found.items() if one.observation.at == at}
    index = str(same[index_key].observation.result) if index_key in same else ""
    ahead_series = rules.intensity_series(region, ahead=True)
    ahead = lake.current().list_observations(
        ahead_series, from_at=now, until_at=now + timedelta(hours=25)
    )
    return GridCarbon(
        region=region,
        region_name=row["name"],
        source=row["source"],
        licence=row["licence"],
        intensity_g_kwh=_number(observation),
        index=index,
        state=rules.assess_index(index or None, current=current),
        words=say_index(index) if current else no_data_since(until_at, now),
        from_at=at,
        until_at=until_at,
        origin=observation.origin if observation else Origin.LIVE,
        series=key if latest else "",
        raw=latest.raw if latest else "",
        fuels=tuple(
            FuelShare(
                fuel=fuel,
                name=name_fuel(fuel),
                percent=_number(same[name].observation) or 0.0,
                series=name,
            )
            for name, fuel in fuel_keys.items()
            if name in same
        ),
        cleanest=rules.find_cleanest(
            [(one.at, float(one.result)) for one in ahead if not isinstance(one.result, str)],
            length=WASH,
            now=now,
        ),
        ahead=ahead,
        ahead_series=ahead_series,
    )


def _number(observation: Observation | None) -> float | None:
    if observation is None or isinstance(observation.result, str):
        return None
    return float(observation.result)


def say_index(index: str) -> str:
    """Say the publisher's word for an intensity."""
    return {
        "very low": _("very low carbon"),
        "low": _("low carbon"),
        "moderate": _("moderate carbon"),
        "high": _("high carbon"),
        "very high": _("very high carbon"),
    }.get(index, _("its publisher gives no word for it"))


def name_fuel(fuel: str) -> str:
    """Name a fuel for people."""
    return {
        "wind": _("Wind"),
        "solar": _("Solar"),
        "hydro": _("Hydro"),
        "nuclear": _("Nuclear"),
        "biomass": _("Biomass"),
        "storage": _("Storage"),
        "imports": _("Imports"),
        "gas": _("Gas"),
        "coal": _("Coal"),
        "other": _("Other"),
    }[fuel]


def say_cleanest(window: rules.Window, now: datetime) -> str:
    """Say when electricity will be cleanest: "2:00am to 4:00am tomorrow"."""
    zone = packs.current().zone
    start, end = (at.astimezone(zone) for at in (window.from_at, window.until_at))
    today = now.astimezone(zone).date()
    words = (
        _("%(start)s to %(end)s today")
        if start.date() == today
        else _("%(start)s to %(end)s tomorrow")
    )
    return words % {"start": time_of_day(start), "end": time_of_day(end)}


def grid_as_fact(grid: GridCarbon) -> Fact:
    """Say a region's intensity as a fact."""
    value = grid.intensity_g_kwh
    return Fact(
        label=_("Carbon in electricity, %(region)s") % {"region": grid.region_name},
        value="" if value is None else f"{value:.0f}",
        unit="" if value is None else "gCO₂/kWh",
        words=grid.words,
        state=grid.state,
        at=grid.from_at,
        until=grid.until_at,
        origin=grid.origin,
        stale=value is not None and grid.state is State.UNKNOWN,
        series=grid.series,
        dataset=carbon_intensity.FEED.name,
        url="/energy/",
    )


def get_energy_card(now: datetime) -> Card | None:
    """Say how clean the region's electricity is now; None for a city without a region."""
    grids = list_grids(now=now)
    if not grids:
        return None
    grid = grids[0]
    facts = [grid_as_fact(grid)]
    if grid.state is not State.UNKNOWN and grid.fuels:
        clean = sum(share.percent for share in grid.fuels if share.fuel in CLEAN)
        facts.append(
            Fact(
                label=_("From wind, sun, water and nuclear"),
                value=f"{clean:.0f}",
                unit="%",
                at=grid.from_at,
                until=grid.until_at,
                origin=grid.origin,
                dataset=carbon_intensity.FEED.name,
                url="/energy/",
            )
        )
    if grid.cleanest is not None:
        facts.append(
            Fact(
                label=_("Cleanest two hours ahead"),
                value=say_cleanest(grid.cleanest, now),
                words=_("about %(mean).0f gCO₂/kWh") % {"mean": grid.cleanest.mean_g_kwh},
                origin=grid.origin,
                series=grid.ahead_series,
                url="/energy/forecast/",
            )
        )
    return Card(
        id="energy",
        title=_("Electricity"),
        lead=_say_lead(grid, now),
        state=grid.state,
        facts=tuple(facts),
        url="/energy/",
        datasets=(carbon_intensity.FEED.name,),
        attribution=as_told(carbon_intensity.FEED).attribution,
    )


def _say_lead(grid: GridCarbon, now: datetime) -> str:
    if grid.state is State.UNKNOWN:
        return _("How much carbon the region's electricity carries is not known: %(words)s") % {
            "words": grid.words
        }
    said = _("Electricity in %(region)s is %(words)s now") % {
        "region": grid.region_name,
        "words": grid.words,
    }
    if grid.cleanest is None:
        return said
    ahead = _("it is forecast to carry least carbon from %(when)s")
    return f"{said}; {ahead % {'when': say_cleanest(grid.cleanest, now)}}"


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return the intensity of the region's electricity: the same all over the city."""
    return tuple(grid_as_fact(grid) for grid in list_grids(now=now))


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the energy pages to a search, each with the words people use for it."""
    return (
        (
            Hit(
                title=_("Carbon in electricity now"),
                url="/energy/",
                summary=_("How clean the region's electricity is, and what it is made from"),
                kind=_("Energy"),
            ),
            "electricity energy carbon grid power wind solar gas nuclear fuel now",
        ),
        (
            Hit(
                title=_("When electricity will be cleanest"),
                url="/energy/forecast/",
                summary=_("The next day by half hour"),
                kind=_("Energy"),
            ),
            "electricity energy carbon grid forecast cleanest greenest wash charge tomorrow",
        ),
    )
