"""Parameters of a question as an address writes them: box, time, limit, reference system, form.

Errors:   UnableToRead names the parameter and what would mend it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite

from moothall.standards.ogcapi import crs
from moothall.standards.ogcapi.crs import Crs

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class UnableToRead(ValueError):
    """A parameter that says nothing that can be answered."""

    def __init__(self, parameter: str, mend: str) -> None:
        super().__init__(f"{parameter}: {mend}")
        self.parameter = parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A box in some reference system; its west lies east of its east where it crosses 180°."""

    west: float
    south: float
    east: float
    north: float
    crs: Crs

    @property
    def parts(self) -> tuple[tuple[float, float, float, float], ...]:
        """The boxes that it is made of: two where it crosses 180°."""
        if self.west <= self.east:
            return ((self.west, self.south, self.east, self.north),)
        return (
            (self.west, self.south, 180.0, self.north),
            (-180.0, self.south, self.east, self.north),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A span of time with both of its ends in it; None for an end that is open."""

    from_at: datetime | None
    until_at: datetime | None


def read_crs(parameter: str, text: str) -> Crs:
    """Read the name of a reference system."""
    found = crs.find(text)
    if found is None:
        named = ", ".join(one.uri for one in crs.SYSTEMS)
        raise UnableToRead(parameter, f"give one of {named}")
    return found


def read_bounds(text: str, system: Crs, parameter: str = "bbox") -> Bounds:
    """Read a box of four numbers, or of six with heights, which nothing here has."""
    parts = text.split(",")
    if len(parts) not in {4, 6}:
        raise UnableToRead(parameter, "give four numbers with commas between, or six with heights")
    numbers = [read_number(parameter, part) for part in parts]
    if len(numbers) == 6:
        if numbers[2] > numbers[5]:
            raise UnableToRead(parameter, "its lowest height is above its highest")
        del numbers[5], numbers[2]
    if system.north_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    west, south, east, north = numbers
    if south > north:
        raise UnableToRead(parameter, "its south is north of its north: are the axes in order?")
    if west > east and not system.degrees:
        raise UnableToRead(parameter, "its west is east of its east: are the axes in order?")
    _check_reach(parameter, system, (west, east), (south, north))
    return Bounds(west=west, south=south, east=east, north=north, crs=system)


def _check_reach(parameter: str, system: Crs, x: Sequence[float], y: Sequence[float]) -> None:
    west, south, east, north = system.edges
    if not all(west <= one <= east for one in x) or not all(south <= one <= north for one in y):
        raise UnableToRead(
            parameter,
            f"it reaches beyond what {system.title}, can say: {west:,g} to {east:,g} eastward,"
            f" {south:,g} to {north:,g} northward",
        )


def read_number(parameter: str, text: str) -> float:
    """Read a number as JSON and people write it."""
    # In an address a plus sign reads as a space.
    text = text.strip()
    if len(text) > 40 or not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        raise UnableToRead(parameter, f"{text[:40]!r} is not a number")
    return float(text)


def read_limit(text: str, *, most: int, parameter: str = "limit") -> int:
    """Read how many are wanted: more than are given at a time is as many as are given."""
    if not (text.isascii() and text.isdigit()) or int(text[:12]) < 1:
        raise UnableToRead(parameter, f"give a whole number from 1 to {most:,}")
    return min(int(text[:12]), most)


def read_interval(text: str, parameter: str = "datetime") -> Interval:
    """Read an instant, a day, or a span between two, either of which may be open (`..`)."""
    parts = text.split("/")
    if len(parts) == 1:
        begin, end = _read_time(parameter, text)
        return Interval(from_at=begin, until_at=end)
    if len(parts) != 2 or all(part in {"", ".."} for part in parts):
        raise UnableToRead(
            parameter, "give an instant, or two with / between, one of them .. if open"
        )
    first, last = parts
    from_at = None if first in {"", ".."} else _read_time(parameter, first)[0]
    until_at = None if last in {"", ".."} else _read_time(parameter, last)[1]
    if from_at and until_at and until_at < from_at:
        raise UnableToRead(parameter, "it ends before it begins")
    return Interval(from_at=from_at, until_at=until_at)


def _read_time(parameter: str, text: str) -> tuple[datetime, datetime]:
    """Return the first and the last instant of what is written: an instant, or a day in UTC."""
    found = read_instant(text) or _read_day(text)
    if found is None:
        mend = "write an instant like 2026-01-05T09:15:00Z, or a day like 2026-01-05"
        raise UnableToRead(parameter, mend)
    return found if isinstance(found, tuple) else (found, found)


def read_instant(text: str) -> datetime | None:
    """Read an instant of RFC 3339, to the microsecond; None for anything else."""
    # In an address a plus sign reads as a space.
    match = _INSTANT.fullmatch(text.replace(" ", "+"))
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone.upper()}")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_day(text: str) -> date | None:
    """Read a day; None for anything else."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _read_day(text: str) -> tuple[datetime, datetime] | None:
    day = read_day(text)
    if day is None:
        return None
    begin = datetime.combine(day, time(), UTC)
    try:
        return begin, begin + timedelta(days=1, microseconds=-1)
    except OverflowError:
        return None


def choose_form(asked: str | None, accept: str, forms: Sequence[tuple[str, str]]) -> str | None:
    """Choose the form of an answer: as `f` asks, else as the header Accept prefers.

    Shape:   `forms` are names with their media types, the usual one first.
    Errors:  UnableToRead for an `f` that there is not; None where Accept takes none of them.
    """
    if asked is not None:
        for name, media_type in forms:
            if asked in {name, media_type}:
                return name
        raise UnableToRead("f", f"give one of {', '.join(name for name, _ in forms)}")
    ranges = [_media_range(part) for part in accept[:2000].split(",") if part.strip()]
    if not ranges:
        return forms[0][0]
    best, name = max(
        (
            (_weigh(media_type, ranges), -place, name)
            for place, (name, media_type) in enumerate(forms)
        )
    )[::2]
    return name if best > 0 else None


def _media_range(text: str) -> tuple[str, float]:
    media_type, *options = text.split(";")
    weight = 1.0
    for option in options:
        key, _, value = option.partition("=")
        if key.strip().lower() == "q":
            value = value.strip()
            weight = float(value) if _NUMBER.fullmatch(value) else 0.0
    return media_type.strip().lower(), weight if 0 <= weight <= 1 else 0.0


def _weigh(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much a form is wanted: what names it most closely says so.

    Who takes JSON takes what is written in it.
    """
    plain = media_type.partition(";")[0]
    family = plain.partition("/")[0]
    written_in = ("application/json",) if plain.endswith("+json") else ()
    for wanted in (plain, *written_in, f"{family}/*", "*/*"):
        found = [weight for name, weight in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
