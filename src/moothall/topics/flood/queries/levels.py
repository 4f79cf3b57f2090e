"""River levels and rainfall: what each gauge says now, and said over the last day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest
from moothall.topics.flood import rules
from moothall.ui.formats import no_data_since
from moothall.values.facts import State
from moothall.values.observations import Observation, Origin, Quality
from moothall.values.places import Point

HISTORY = timedelta(hours=24)


class UnableToFindGauge(LookupError):
    """There is no such gauge in this city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One river gauge of the city, as its pack states it."""

    id: str
    name: str
    river: str
    point: Point
    datum: str
    rloi: str
    source: str
    licence: str
    moveable_weir: bool
    flooding_likely_m: float | None
    record_m: float | None
    record_on: date | None

    @property
    def page(self) -> str:
        """The gauge's page at Check for flooding, "" if it has none."""
        if not self.rloi:
            return ""
        return f"https://check-for-flooding.service.gov.uk/station/{self.rloi}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRange:
    """The levels a gauge is usually between, and who says so."""

    low_m: float | None = None
    high_m: float | None = None
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeLevel:
    """One gauge's newest level: of a weir, on one of its sides.

    Units:   metres above the gauge's datum. `level_m` is the last one read, however old:
             `state` says whether it may speak for now.
    """

    gauge: Gauge
    downstream: bool
    usual: UsualRange
    level_m: float | None
    read_at: datetime | None
    state: rules.LevelState
    words: str
    quality: Quality | None
    origin: Origin
    series: str
    feed: str
    raw: str

    @property
    def side(self) -> str:
        """Which side of the weir, in words; "" where there is only one."""
        if not self.gauge.moveable_weir:
            return ""
        return _("below the weir") if self.downstream else _("above the weir")

    @property
    def show_as(self) -> State:
        """The state as a page shows it."""
        return rules.STATES[self.state]

    @property
    def url(self) -> str:
        """The gauge's page here."""
        return f"/flood/gauges/{self.gauge.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugePage:
    """Everything one gauge's page shows."""

    gauge: Gauge
    levels: tuple[GaugeLevel, ...]
    trend: rules.Trend
    readings: tuple[tuple[GaugeLevel, tuple[Observation, ...]], ...]
    """For each side the last day's readings, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rainfall:
    """One rain gauge: its newest quarter hour, and the sum of those kept of the last day."""

    id: str
    name: str
    point: Point
    source: str
    last_mm: float | None
    read_at: datetime | None
    words: str
    origin: Origin
    series: str
    current: bool


def list_gauges() -> tuple[Gauge, ...]:
    """Return the city's gauges, in the pack's order.

    Source:  `[[gauge]]` of the pack's flood.toml.
    """
    return tuple(_read_gauge(row) for row in packs.current().section("flood").get("gauge", ()))


def _read_gauge(row: Mapping[str, Any]) -> Gauge:
    return Gauge(
        id=row["id"],
        name=row["name"],
        river=row["river"],
        point=Point(lon=row["lon"], lat=row["lat"]),
        datum=row.get("datum", "gauge"),
        rloi=row.get("rloi", ""),
        source=row["source"],
        licence=row["licence"],
        moveable_weir=row.get("weir") == "moveable",
        flooding_likely_m=row.get("flooding_likely_m"),
        record_m=row.get("record_m"),
        record_on=row.get("record_on"),
    )


def list_levels(*, now: datetime) -> tuple[GaugeLevel, ...]:
    """Return every gauge's newest level, in the pack's order; a weir with two sides twice.

    Source:  the pack; flood.readings and flood.levels in the lake, whichever is nearer the
             truth: live before replayed before simulated, then the newer.
    """
    rows = packs.current().section("flood").get("gauge", ())
    wanted = {key for row in rows for side in (False, True) for key in _keys(row, side)}
    latest = {found.series.key: found for found in lake.current().list_latest(keys=tuple(wanted))}
    published = _list_published_ranges() if _wants_ranges(rows) else {}
    return tuple(
        _read_level(row, downstream, _best(latest, _keys(row, downstream)), published, now)
        for row in rows
        for downstream in _sides(row, latest)
    )


def _keys(row: Mapping[str, Any], downstream: bool) -> tuple[str, ...]:
    keys = [rules.level_series(row["id"], downstream=downstream)]
    if row.get("rloi"):
        keys.append(rules.listed_level_series(row["rloi"], downstream=downstream))
    return tuple(keys)


def _sides(row: Mapping[str, Any], latest: Mapping[str, Latest]) -> tuple[bool, ...]:
    """Name the sides to show: the lower one where the pack or a reading knows of it."""
    known = "downstream_measure" in row or row.get("weir") or _best(latest, _keys(row, True))
    return (False, True) if known else (False,)


def _best(latest: Mapping[str, Latest], keys: Iterable[str]) -> Latest | None:
    found = [latest[key] for key in keys if key in latest]
    return min(found, key=_nearness_to_truth, default=None)


def _nearness_to_truth(latest: Latest) -> tuple[Origin, float]:
    return latest.observation.origin, -latest.observation.at.timestamp()


def _wants_ranges(rows: Iterable[Mapping[str, Any]]) -> bool:
    return any("typical_high_m" not in row for row in rows)


def _list_published_ranges() -> dict[tuple[str, bool], UsualRange]:
    """Return the ranges the feeds brought, by gauge and side: the Agency's own scale first."""
    found: dict[tuple[str, bool], UsualRange] = {}
    for entry in lake.current().list_records("flood.usual_range"):
        fields = entry.record.fields
        found[str(fields["station_reference"]), fields["side"] == "downstream"] = UsualRange(
            low_m=_metres(fields["typical_low_m"]),
            high_m=_metres(fields["typical_high_m"]),
            source=str(fields["source_url"]),
        )
    for entry in lake.current().list_records("flood.station"):
        fields = entry.record.fields
        for downstream, prefix in ((False, ""), (True, "downstream_")):
            high_m = _metres(fields.get(f"{prefix}typical_high_m"))
            if high_m is not None:
                found[entry.record.id, downstream] = UsualRange(
                    low_m=_metres(fields.get(f"{prefix}typical_low_m")),
                    high_m=high_m,
                    source=str(fields["source_url"]),
                )
    return found


def _metres(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _read_level(
    row: Mapping[str, Any],
    downstream: bool,
    latest: Latest | None,
    published: Mapping[tuple[str, bool], UsualRange],
    now: datetime,
) -> GaugeLevel:
    gauge = _read_gauge(row)
    prefix = "downstream_" if downstream else ""
    usual = published.get((gauge.id, downstream), UsualRange())
    if f"{prefix}typical_high_m" in row:
        usual = UsualRange(
            low_m=row.get(f"{prefix}typical_low_m"),
            high_m=row[f"{prefix}typical_high_m"],
            source=row.get("range_source", ""),
            as_of=row.get("range_as_of"),
        )
    observation = latest.observation if latest else None
    level_m = observation.result if observation else None
    level_m = level_m if isinstance(level_m, int | float) else None
    read_at = observation.at if observation else None
    state = rules.assess_level(
        level_m,
        read_at=read_at,
        now=now,
        typical_low_m=usual.low_m,
        typical_high_m=usual.high_m,
        flooding_likely_m=None if downstream else gauge.flooding_likely_m,
    )
    return GaugeLevel(
        gauge=gauge,
        downstream=downstream,
        usual=usual,
        level_m=level_m,
        read_at=read_at,
        state=state,
        words=_say_state(state, usual=usual, gauge=gauge, read_at=read_at, now=now),
        quality=observation.quality if observation else None,
        origin=observation.origin if observation else Origin.LIVE,
        series=latest.series.key if latest else "",
        feed=latest.feed if latest else "",
        raw=latest.raw if latest else "",
    )


def _say_state(
    state: rules.LevelState,
    *,
    usual: UsualRange,
    gauge: Gauge,
    read_at: datetime | None,
    now: datetime,
) -> str:
    if state is rules.LevelState.UNKNOWN:
        if read_at is not None and read_at > now + rules.AHEAD:
            return _("unknown: its reading is dated in the future")
        return no_data_since(read_at, now)
    if state is rules.LevelState.FLOODING_LIKELY:
        return _("high: flooding is likely from %(level).2f m") % {"level": gauge.flooding_likely_m}
    if state is rules.LevelState.HIGH:
        return _("high: usually below %(level).2f m") % {"level": usual.high_m}
    if state is rules.LevelState.LOW:
        return _("low: usually above %(level).2f m") % {"level": usual.low_m}
    if state is rules.LevelState.NORMAL:
        return _("normal: usually below %(level).2f m") % {"level": usual.high_m}
    return _("no usual range is published for this gauge")


def get_gauge(gauge_id: str, *, now: datetime) -> GaugePage:
    """Return one gauge with its last day of readings.

    Errors:  UnableToFindGauge.
    """
    levels = tuple(
        level for level in list_levels(now=now) if level.gauge.id.lower() == gauge_id.lower()
    )
    if not levels:
        raise UnableToFindGauge(_("There is no river gauge %(id)s here.") % {"id": gauge_id})
    readings = tuple((level, _list_readings(level, now)) for level in levels)
    rising = tuple(
        (o.at, float(o.result)) for o in reversed(readings[0][1]) if not isinstance(o.result, str)
    )
    return GaugePage(
        gauge=levels[0].gauge,
        levels=levels,
        trend=rules.assess_trend(rising, now=now),
        readings=readings,
    )


def _list_readings(level: GaugeLevel, now: datetime) -> tuple[Observation, ...]:
    """Return a level's readings of the day that ends with its newest one, newest first."""
    if not level.series or level.read_at is None:
        return ()
    until_at = min(level.read_at, now + rules.AHEAD) + timedelta(seconds=1)
    found = lake.current().list_observations(
        level.series, from_at=until_at - HISTORY, until_at=until_at
    )
    return tuple(reversed(found))


def list_rainfall(*, now: datetime) -> tuple[Rainfall, ...]:
    """Return each rain gauge's newest quarter hour, in the pack's order.

    Source:  `[[rain_gauge]]` of the pack; flood.readings in the lake.
    """
    rows = packs.current().section("flood").get("rain_gauge", ())
    keys = {row["id"]: rules.rainfall_series(row["id"]) for row in rows}
    latest = {
        found.series.key: found for found in lake.current().list_latest(keys=tuple(keys.values()))
    }
    return tuple(_read_rain(row, latest.get(keys[row["id"]]), now) for row in rows)


def _read_rain(row: Mapping[str, Any], latest: Latest | None, now: datetime) -> Rainfall:
    observation = latest.observation if latest else None
    read_at = observation.at if observation else None
    current = rules.is_current(read_at, now)
    result = observation.result if observation else None
    if not current:
        words = no_data_since(read_at, now)
    else:
        words = _("rain in the last quarter hour read") if result else _("no rain when last read")
    return Rainfall(
        id=row["id"],
        name=row["name"],
        point=Point(lon=row["lon"], lat=row["lat"]),
        source=row["source"],
        last_mm=float(result) if isinstance(result, int | float) else None,
        read_at=read_at,
        words=words,
        origin=observation.origin if observation else Origin.LIVE,
        series=latest.series.key if latest else "",
        current=current,
    )
