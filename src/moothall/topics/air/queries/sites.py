"""The national monitoring sites: each one's index now, its hours, and its daily means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest
from moothall.topics.air import rules
from moothall.ui.formats import no_data_since
from moothall.values.facts import State
from moothall.values.observations import Observation, Origin
from moothall.values.places import Point

WINDOW = timedelta(hours=31)
"""A day of hours, and as long as an index may be old."""
MEASURES = {
    "o3": "O₃",
    "no2": "NO₂",
    "so2": "SO₂",
    "pm25": "PM₂.₅",
    "pm10": "PM₁₀",
    "no": "NO",
    "nox": "NOₓ",
}


class UnableToFindSite(LookupError):
    """There is no such monitoring site in this city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One monitoring site of the city, as its pack states it."""

    id: str
    name: str
    kind: str
    point: Point
    measures: tuple[str, ...]
    source: str
    licence: str

    @property
    def url(self) -> str:
        """The site's page here."""
        return f"/air/sites/{self.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollutantNow:
    """One pollutant's index at one site now, in words, and the way to its evidence."""

    reading: rules.PollutantIndex
    name: str
    sign: str
    words: str
    state: State
    origin: Origin
    series: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAir:
    """One site's air now. `index` is the highest of those its pollutants have, if any has one."""

    site: Site
    index: int | None
    band: rules.Band | None
    words: str
    state: State
    until_at: datetime | None
    origin: Origin
    pollutants: tuple[PollutantNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMean:
    """One pollutant's newest daily mean at one site; no index is made of it."""

    name: str
    sign: str
    value_ug_m3: float | None
    day: datetime | None
    origin: Origin
    series: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """Everything one site's page shows."""

    air: SiteAir
    columns: tuple[tuple[str, str], ...]
    """Of the table of hours: each quantity's sign and its series' key."""
    hours: tuple[tuple[datetime, tuple[Observation | None, ...]], ...]
    """When each hour began, newest first, and its means in the order of `columns`."""
    daily: tuple[DailyMean, ...]


def list_places() -> tuple[Site, ...]:
    """Return the city's monitoring sites, in the pack's order.

    Source:  `[[site]]` of the pack's air.toml.
    """
    return tuple(_read_site(row) for row in packs.current().section("air").get("site", ()))


def _read_site(row: Mapping[str, Any]) -> Site:
    return Site(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        point=Point(lon=row["lon"], lat=row["lat"]),
        measures=tuple(row["measures"]),
        source=row["source"],
        licence=row["licence"],
    )


def list_sites(*, now: datetime) -> tuple[SiteAir, ...]:
    """Return each site's index now, in the pack's order.

    Source:  the pack; air.uk_air in the lake.
    """
    return tuple(_assess_site(site, now) for site in list_places())


def _assess_site(site: Site, now: datetime) -> SiteAir:
    pollutants = tuple(
        _assess_pollutant(site, pollutant, now)
        for pollutant in rules.Pollutant
        if str(pollutant) in site.measures
    )
    index = rules.overall_index(one.reading for one in pollutants)
    band = None if index is None else rules.band_of(index)
    ends = [one.reading.until_at for one in pollutants if one.reading.until_at]
    return SiteAir(
        site=site,
        index=index,
        band=band,
        words=_say_site(index, band, pollutants, max(ends, default=None), now),
        state=State.UNKNOWN if band is None else rules.STATES[band],
        until_at=max(
            (one.reading.until_at for one in pollutants if one.reading.until_at and _has(one)),
            default=max(ends, default=None),
        ),
        origin=max((one.origin for one in pollutants), default=Origin.LIVE),
        pollutants=pollutants,
    )


def _has(one: PollutantNow) -> bool:
    return one.reading.index is not None


def _assess_pollutant(site: Site, pollutant: rules.Pollutant, now: datetime) -> PollutantNow:
    key = rules.hourly_series(site.id, str(pollutant))
    found = _list_hours(key, now)
    reading = rules.assess_hours(
        pollutant,
        ((one.at, float(one.result)) for one in found if not isinstance(one.result, str)),
        now=now,
    )
    return PollutantNow(
        reading=reading,
        name=name_of(str(pollutant)),
        sign=MEASURES[str(pollutant)],
        words=_say_reading(reading, now),
        state=State.UNKNOWN
        if reading.index is None
        else rules.STATES[rules.band_of(reading.index)],
        origin=found[-1].origin if found else Origin.LIVE,
        series=key if found else "",
        feed="air.uk_air" if found else "",
    )


def _list_hours(key: str, now: datetime) -> tuple[Observation, ...]:
    """Return a series' newest hours; those of this very state of the lake are kept at hand."""
    the_lake = lake.current()
    hour = now.replace(minute=0, second=0, microsecond=0)
    return _read_hours(the_lake, the_lake.last_change(), key, hour)


@lru_cache(maxsize=256)
def _read_hours(
    the_lake: lake.Lake, last_change: int, key: str, hour: datetime
) -> tuple[Observation, ...]:
    found = the_lake.list_observations(
        key, from_at=hour - WINDOW, until_at=hour + timedelta(hours=1)
    )
    if found:
        return found
    # Silent for long: its newest hour still tells since when.
    latest = the_lake.find_latest(key)
    return (latest.observation,) if latest else ()


def _say_reading(reading: rules.PollutantIndex, now: datetime) -> str:
    if reading.index is not None:
        return say_index(reading.index)
    if reading.missing is rules.Missing.CAPTURE:
        return _("no index: only %(got)d of %(all)d hours have a value, %(need)d are needed") % {
            "got": reading.captured,
            "all": reading.expected,
            "need": -(-3 * reading.expected // 4),
        }
    if reading.missing is rules.Missing.AVERAGING:
        return _("no index: it is made of 15-minute means, and this is a mean of the hour")
    return no_data_since(reading.until_at, now)


def say_index(index: int) -> str:
    """Say an index with its band: "3, low"."""
    return _("%(index)d, %(band)s") % {"index": index, "band": name_band(rules.band_of(index))}


def name_band(band: rules.Band) -> str:
    """Name a band as the index does."""
    return {
        rules.Band.LOW: _("low"),
        rules.Band.MODERATE: _("moderate"),
        rules.Band.HIGH: _("high"),
        rules.Band.VERY_HIGH: _("very high"),
    }[band]


def name_of(quantity: str) -> str:
    """Name what is measured, for people."""
    return {
        "o3": _("Ozone"),
        "no2": _("Nitrogen dioxide"),
        "so2": _("Sulphur dioxide"),
        "pm25": _("Fine particles, PM2.5"),
        "pm10": _("Particles, PM10"),
        "no": _("Nitric oxide"),
        "nox": _("Nitrogen oxides, stated as nitrogen dioxide"),
    }[quantity]


def _say_site(
    index: int | None,
    band: rules.Band | None,
    pollutants: tuple[PollutantNow, ...],
    until_at: datetime | None,
    now: datetime,
) -> str:
    if index is None or band is None:
        if any(one.reading.missing is rules.Missing.CAPTURE for one in pollutants):
            return _("no index: too few of the hours it is made of have a value")
        return no_data_since(until_at, now)
    unknown = [one.sign for one in pollutants if not _has(one)]
    if not unknown:
        return name_band(band)
    return _("%(band)s; not counting %(unknown)s, whose index is not known") % {
        "band": name_band(band),
        "unknown": ", ".join(unknown),
    }


def get_site(site_id: str, *, now: datetime) -> SitePage:
    """Return one site with its last day of hours and its newest daily means.

    Errors:  UnableToFindSite.
    """
    for site in list_places():
        if site.id.lower() == site_id.lower():
            break
    else:
        raise UnableToFindSite(_("There is no monitoring site %(id)s here.") % {"id": site_id})
    columns = tuple(
        (MEASURES[quantity], rules.hourly_series(site.id, quantity)) for quantity in site.measures
    )
    by_hour: dict[datetime, dict[str, Observation]] = {}
    for _sign, key in columns:
        for one in _list_hours(key, now):
            by_hour.setdefault(one.at, {})[key] = one
    newest = sorted(by_hour, reverse=True)[:24]
    return SitePage(
        air=_assess_site(site, now),
        columns=columns,
        hours=tuple((at, tuple(by_hour[at].get(key) for _sign, key in columns)) for at in newest),
        daily=_list_daily(site),
    )


def _list_daily(site: Site) -> tuple[DailyMean, ...]:
    keys = {rules.daily_series(site.id, quantity): quantity for quantity in site.measures}
    latest = lake.current().list_latest(keys=tuple(keys))
    return tuple(_read_daily(found, keys[found.series.key]) for found in latest)


def _read_daily(found: Latest, quantity: str) -> DailyMean:
    result = found.observation.result
    return DailyMean(
        name=name_of(quantity),
        sign=MEASURES[quantity],
        value_ug_m3=None if isinstance(result, str) else float(result),
        day=found.observation.at,
        origin=found.observation.origin,
        series=found.series.key,
        feed=found.feed,
    )
