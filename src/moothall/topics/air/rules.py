"""The United Kingdom's Daily Air Quality Index. Plain values in, plain values out.

Source:   Defra, "Update on Implementation of the Daily Air Quality Index", April 2013.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import floor, fsum, isfinite

from moothall.values.facts import State
from moothall.values.observations import series_key

HOUR = timedelta(hours=1)
STALE_AFTER = timedelta(hours=6)
"""Stations publish late; an hour that ended longer ago than this says nothing about now."""


LEAST_UG_M3, MOST_UG_M3 = -20.0, 5_000.0
"""An analyser near nothing may read a little below it; no air of a city holds more than this."""


class Pollutant(StrEnum):
    """What the index is made of. NO and NOx are measured too, and are not in it."""

    OZONE = "o3"
    NITROGEN_DIOXIDE = "no2"
    SULPHUR_DIOXIDE = "so2"
    PM2_5 = "pm25"
    PM10 = "pm10"


class Band(StrEnum):
    """What an index means; each comes with the official advice."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very high"


class Missing(StrEnum):
    """Why a pollutant has no index."""

    NO_DATA = "no data"
    STALE = "stale"
    CAPTURE = "too few values"
    AVERAGING = "wrong averaging"


STATES = {
    Band.LOW: State.GOOD,
    Band.MODERATE: State.WATCH,
    Band.HIGH: State.BAD,
    Band.VERY_HIGH: State.BAD,
}
UPPER_EDGES: Mapping[Pollutant, tuple[int, ...]] = {
    Pollutant.OZONE: (33, 66, 100, 120, 140, 160, 187, 213, 240),
    Pollutant.NITROGEN_DIOXIDE: (67, 134, 200, 267, 334, 400, 467, 534, 600),
    Pollutant.SULPHUR_DIOXIDE: (88, 177, 266, 354, 443, 532, 710, 887, 1064),
    Pollutant.PM2_5: (11, 23, 35, 41, 47, 53, 58, 64, 70),
    Pollutant.PM10: (16, 33, 50, 58, 66, 75, 83, 91, 100),
}
"""The highest whole concentration of index 1 to 9, in µg/m³; above the last it is 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Averaging:
    """What the index is taken of: a mean over `span`, of values each `step` long."""

    span: timedelta
    step: timedelta

    @property
    def expected(self) -> int:
        """How many values the whole span has."""
        return self.span // self.step


AVERAGING: Mapping[Pollutant, Averaging] = {
    Pollutant.OZONE: Averaging(span=8 * HOUR, step=HOUR),
    Pollutant.NITROGEN_DIOXIDE: Averaging(span=HOUR, step=HOUR / 4),
    Pollutant.SULPHUR_DIOXIDE: Averaging(span=HOUR / 4, step=HOUR / 4),
    Pollutant.PM2_5: Averaging(span=24 * HOUR, step=HOUR),
    Pollutant.PM10: Averaging(span=24 * HOUR, step=HOUR),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PollutantIndex:
    """One pollutant's index now, or why there is none.

    Units:   `concentration_ug_m3` is the mean the index is taken of, not rounded;
             [from_at, until_at) is what it is the mean over.
    """

    pollutant: Pollutant
    index: int | None = None
    concentration_ug_m3: float | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    captured: int = 0
    expected: int = 0
    missing: Missing | None = None


def hourly_series(site: str, quantity: str) -> str:
    """Name the series of a site's hourly means."""
    return series_key("air", site, f"{quantity}_ug_m3")


def daily_series(site: str, quantity: str) -> str:
    """Name the series of a site's daily means; an hourly index cannot be made of it."""
    return series_key("air", site, f"{quantity}_daily_ug_m3")


def index_of(pollutant: Pollutant, concentration_ug_m3: float) -> int:
    """Return the index, 1 to 10, of a concentration over the pollutant's own averaging time.

    Units:   µg/m³, rounded to a whole number, halves up, before it is banded.
    Errors:  ValueError for a concentration that is not finite.
    """
    if not isfinite(concentration_ug_m3):
        raise ValueError("a concentration is a finite number")
    return 1 + bisect_left(UPPER_EDGES[pollutant], floor(concentration_ug_m3 + 0.5))


def band_of(index: int) -> Band:
    """Return the band of an index; errors: ValueError outside 1 to 10."""
    if not 1 <= index <= 10:
        raise ValueError(f"the index goes from 1 to 10: {index}")
    if index == 10:
        return Band.VERY_HIGH
    return (Band.LOW, Band.MODERATE, Band.HIGH)[(index - 1) // 3]


def captured_mean(values: Sequence[float], *, expected: int) -> float | None:
    """Return the mean of the values there are, if they are 75 % or more of those expected."""
    if not values or len(values) > expected or 4 * len(values) < 3 * expected:
        return None
    return fsum(values) / len(values)


def assess_hours(
    pollutant: Pollutant, hours: Iterable[tuple[datetime, float]], *, now: datetime
) -> PollutantIndex:
    """Take a pollutant's index from hourly means, over the span that ends with the newest hour.

    Shape:   hours as (start, mean), in any order, an hour at most once; those after now are
             not counted. An hourly mean of nitrogen dioxide is the index's own averaging: its
             publisher has seen to the three of four quarters.
    Errors:  none; `missing` says why there is no index. Sulphur dioxide has none ever, since
             its index is of 15-minute means and an hour's mean would hide a peak.
    """
    past = {start: mean for start, mean in hours if start + HOUR <= now}
    if not past:
        return PollutantIndex(pollutant=pollutant, missing=Missing.NO_DATA)
    until_at = max(past) + HOUR
    if now - until_at > STALE_AFTER:
        return PollutantIndex(pollutant=pollutant, until_at=until_at, missing=Missing.STALE)
    if pollutant is Pollutant.SULPHUR_DIOXIDE:
        return PollutantIndex(
            pollutant=pollutant,
            concentration_ug_m3=past[until_at - HOUR],
            from_at=until_at - HOUR,
            until_at=until_at,
            missing=Missing.AVERAGING,
        )
    span = AVERAGING[pollutant].span
    values = [mean for start, mean in past.items() if start >= until_at - span]
    expected = span // HOUR
    mean = captured_mean(values, expected=expected)
    return PollutantIndex(
        pollutant=pollutant,
        index=None if mean is None else index_of(pollutant, mean),
        concentration_ug_m3=mean,
        from_at=until_at - span,
        until_at=until_at,
        captured=len(values),
        expected=expected,
        missing=Missing.CAPTURE if mean is None else None,
    )


def overall_index(parts: Iterable[PollutantIndex]) -> int | None:
    """Return the highest index of the pollutants that have one; None if none has."""
    return max((part.index for part in parts if part.index is not None), default=None)
