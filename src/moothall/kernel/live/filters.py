"""What a listener asks to hear: checked, capped, and one value for all who ask alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, hypot, radians

from moothall.kernel.observations.entries import Latest
from moothall.values.observations import KEY
from moothall.values.places import Point

MAX_SERIES = 400
MAX_RADIUS_M = 50_000
KNOWN = frozenset({"series", "prefix", "feed", "near", "after", "within_m"})
_PREFIX = re.compile(r"[a-z][a-z0-9_.-]{0,99}")
_FEED = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_METRES_PER_DEGREE = 111_195


class UnableToListen(ValueError):
    """A listener asked for something that cannot be heard; names the parameter and the mend."""

    def __init__(self, parameter: str, mend: str) -> None:
        super().__init__(f"{parameter}: {mend}")
        self.parameter = parameter
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to hear; everything open, if nothing is asked. All that is asked must hold."""

    series: frozenset[str] = frozenset()
    prefix: str = ""
    feed: str = ""
    near: Point | None = None
    within_m: float = 1000

    def admits(self, entry: Latest) -> bool:
        """Test whether a value is one the listener asked for."""
        if self.series and entry.series.key not in self.series:
            return False
        if self.prefix and not entry.series.key.startswith(self.prefix):
            return False
        if self.feed and entry.feed != self.feed:
            return False
        return self.near is None or _within(entry, self.near, self.within_m)


def _within(entry: Latest, near: Point, within_m: float) -> bool:
    lon, lat = entry.series.lon, entry.series.lat
    if lon is None or lat is None:
        return False
    east = (lon - near.lon) * cos(radians(near.lat))
    return hypot(east, lat - near.lat) * _METRES_PER_DEGREE <= within_m


def parse_filter(query: Mapping[str, str]) -> Filter:
    """Read a filter from a query.

    Shape:   series=a,b  prefix=service.  feed=service.source  near=lon,lat  within_m=1000
    Errors:  UnableToListen naming the parameter and what would mend it.
    """
    unknown = sorted(set(query) - KNOWN)
    if unknown:
        raise UnableToListen(unknown[0][:40], f"ask with {', '.join(sorted(KNOWN))}")
    series = frozenset(key for key in query.get("series", "").split(",") if key)
    if len(series) > MAX_SERIES:
        raise UnableToListen("series", f"name at most {MAX_SERIES} series, or use prefix")
    for key in series:
        if len(key) > 200 or not KEY.fullmatch(key):
            raise UnableToListen("series", "give keys like service.thing.quantity, by commas")
    prefix = query.get("prefix", "")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise UnableToListen("prefix", "give the beginning of a key, like service.")
    feed = query.get("feed", "")
    if feed and (len(feed) > 100 or not _FEED.fullmatch(feed)):
        raise UnableToListen("feed", "give a feed's name, like service.source")
    return Filter(
        series=series,
        prefix=prefix,
        feed=feed,
        near=_point(query.get("near", "")),
        within_m=_number(query, "within_m", 1000.0, 1.0, MAX_RADIUS_M),
    )


def _point(text: str) -> Point | None:
    if not text:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
        return Point(lon=lon, lat=lat)
    except ValueError:
        raise UnableToListen("near", "give longitude,latitude in degrees") from None


def _number(
    query: Mapping[str, str], name: str, default: float, least: float, most: float
) -> float:
    try:
        number = float(query.get(name, "") or default)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise UnableToListen(name, f"give a number from {least:g} to {most:g}")
    return number


def parse_bookmark(text: str) -> int | None:
    """Read the id of the last event heard; None if none was given.

    Errors:  UnableToListen if it is not a whole number from 0 up.
    """
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UnableToListen("after", "give the id of the last event heard, a whole number")
    return int(text)
