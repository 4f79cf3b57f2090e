"""What a carbon intensity means, and which hours ahead are cleanest. Plain values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum

from moothall.values.facts import State
from moothall.values.observations import series_key

HALF_HOUR = timedelta(minutes=30)
STALE_AFTER = timedelta(hours=1)
"""Past the end of the newest half hour by this much, nothing is known about now."""

MOST_G_KWH = 1_500.0
"""Electricity of nothing but brown coal is some 1,200."""
MOST_PERCENT = 100.5
"""Shares are rounded: one that is all of it may stand a little above."""

REGIONS = {
    1: "North Scotland",
    2: "South Scotland",
    3: "North West England",
    4: "North East England",
    5: "Yorkshire",
    6: "North Wales",
    7: "South Wales",
    8: "West Midlands",
    9: "East Midlands",
    10: "East England",
    11: "South West England",
    12: "South England",
    13: "London",
    14: "South East England",
    15: "England",
    16: "Scotland",
    17: "Wales",
}
"""The regions of the Carbon Intensity API."""
FUELS = (
    "wind",
    "solar",
    "hydro",
    "nuclear",
    "biomass",
    "storage",
    "imports",
    "gas",
    "coal",
    "other",
)
STATES = {
    "very low": State.GOOD,
    "low": State.GOOD,
    "moderate": State.NEUTRAL,
    "high": State.WATCH,
    "very high": State.WATCH,
}
"""The publisher's own words for an intensity; where they begin changes every year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of half hours, and the mean intensity over it, in gCO2/kWh."""

    from_at: datetime
    until_at: datetime
    mean_g_kwh: float


def intensity_series(region: int, *, ahead: bool = False) -> str:
    """Name the series of a region's intensity: of half hours begun, or of those still ahead."""
    quantity = "intensity_forecast_g_kwh" if ahead else "intensity_g_kwh"
    return series_key("energy", f"region_{region}", quantity)


def index_series(region: int) -> str:
    """Name the series of the publisher's word for a region's intensity."""
    return series_key("energy", f"region_{region}", "intensity_index")


def fuel_series(region: int, fuel: str) -> str:
    """Name the series of one fuel's share of a region's electricity."""
    return series_key("energy", f"region_{region}", f"{fuel}_percent")


def is_current(until_at: datetime | None, now: datetime) -> bool:
    """Test whether a half hour that ends at `until_at` may speak for now."""
    return until_at is not None and now - until_at <= STALE_AFTER


def assess_index(index: str | None, *, current: bool) -> State:
    """Judge the publisher's word; a missing, stale or unheard-of one is UNKNOWN."""
    if not current or index is None:
        return State.UNKNOWN
    return STATES.get(index, State.UNKNOWN)


def find_cleanest(
    half_hours: Sequence[tuple[datetime, float]], *, length: timedelta, now: datetime
) -> Window | None:
    """Find the span of `length`, not begun before now, with the lowest mean intensity.

    Shape:   half_hours as (from_at, gCO2/kWh), oldest first.
    Errors:  none; None if no unbroken span of that length lies ahead. Of equals, the earliest.
    """
    ahead = [one for one in half_hours if one[0] >= now]
    count = length // HALF_HOUR
    best: Window | None = None
    for start in range(len(ahead) - count + 1):
        span = ahead[start : start + count]
        if span[-1][0] - span[0][0] != HALF_HOUR * (count - 1):
            continue
        mean = fsum(value for _, value in span) / count
        if best is None or mean < best.mean_g_kwh:
            best = Window(from_at=span[0][0], until_at=span[-1][0] + HALF_HOUR, mean_g_kwh=mean)
    return best
