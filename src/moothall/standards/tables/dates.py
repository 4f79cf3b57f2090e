"""Dates and instants as people write them. A day that does not exist is not one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = (
    r"(?P<w>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TIME = (
    r"(?:[t ]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<p>am|pm)?\s*(?P<z>z|utc|gmt|[+-]\d{2}:?\d{2})?)"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_STYLES = (
    # Year first; a day of figures, in either order; a day with its month in words, either order.
    r"(?P<a>\d{4})(?P<g>[-/.])(?P<b>\d{1,2})[-/.](?P<c>\d{1,2})",
    r"(?P<a>\d{1,2})(?P<g>[-/.])(?P<b>\d{1,2})[-/.](?P<c>\d{4}|\d{2})",
    _WEEKDAY + r"(?P<a>\d{1,2})(?:st|nd|rd|th)?[ -]" + _WORD + r",?[ -](?P<c>\d{4}|\d{2})",
    _WORD + r"\.? (?P<b>\d{1,2})(?:st|nd|rd|th)?,? (?P<c>\d{4})",
)
_CENTURY_TURNS = 69
"""Two figures of a year: 69 and more are of the twentieth century (POSIX)."""
_EARLIEST, _LATEST = 1000, 2999
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Days:
    """Values, null where a text is no date; which are written unlike the others; what is to be
    said of the column."""

    values: pa.Array
    odd: "np.ndarray[Any, Any]"
    about: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parsed:
    days: "np.ndarray[Any, Any]"
    """Since 1970."""
    style: "np.ndarray[Any, Any]"
    """Which of the styles it is in; -1 for none."""
    about: tuple[str, ...]
    micros: "np.ndarray[Any, Any]"
    """Into the day, its offset from UTC taken off."""
    zoned: "np.ndarray[Any, Any]"


def read_dates(texts: pa.Array) -> Days:
    """Read texts as days."""
    parsed = _parse(texts, timed=False)
    values = pa.array(parsed.days.astype("int32"), mask=parsed.style < 0).cast(pa.date32())
    return Days(values, _unlike(parsed.style), parsed.about)


def read_datetimes(texts: pa.Array) -> Days:
    """Read texts as instants: in UTC where they all say their zone, else as they stand."""
    parsed = _parse(texts, timed=True)
    known = parsed.style >= 0
    zoned = bool(known.any() and parsed.zoned[known].all())
    kind = pa.timestamp("us", tz="UTC") if zoned else pa.timestamp("us")
    values = pa.array(parsed.days * _DAY_US + parsed.micros, mask=~known).cast(kind)
    about = parsed.about if zoned or not known.any() else (*parsed.about, "no-time-zone")
    return Days(values, _unlike(parsed.style), about)


def _unlike(style: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Tell which are not written in the style most are."""
    known = style[style >= 0]
    if not len(known):
        return np.zeros(len(style), bool)
    return np.asarray((style >= 0) & (style != np.bincount(known).argmax()))


def _parse(texts: pa.Array, *, timed: bool) -> _Parsed:
    low = pc.utf8_lower(texts)
    size = len(texts)
    found = _Parsed(
        np.zeros(size, np.int64),
        np.full(size, -1),
        (),
        np.zeros(size, np.int64),
        np.zeros(size, bool),
    )
    for number, style in enumerate(_STYLES):
        # A day at midnight is how a spreadsheet writes a day.
        pattern = f"^{style}{_TIME + '?' if timed else '(?:[t ]00:00(?::00(?:[.]0+)?)?)?'}$"
        groups = pc.extract_regex(low, pattern)
        where = np.flatnonzero(
            pc.is_valid(groups).to_numpy(zero_copy_only=False) & (found.style < 0)
        )
        if len(where):
            taken = groups.take(pa.array(where))
            names = [field.name for field in taken.type]
            parts = {name: pc.struct_field(taken, name) for name in names}
            _read_days(found, where, parts, number)
            if timed:
                _read_times(found, where, parts)
    return found


def _figures(texts: pa.Array) -> "np.ndarray[Any, Any]":
    filled = pc.if_else(pc.equal(texts, ""), "0", texts)
    return np.asarray(pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False))


def _read_days(
    found: _Parsed, where: "np.ndarray[Any, Any]", parts: dict[str, pa.Array], number: int
) -> None:
    style = np.full(len(where), number * 10)
    if number == 0:
        year, month, day = (_figures(parts[name]) for name in "abc")
    elif number == 1:
        first, second, year = (_figures(parts[name]) for name in "abc")
        swapped = _month_first(first, second)
        # What only the other order can mean is read in it; its style tells it apart.
        other = np.where(swapped, first > 12, second > 12)
        month_first = swapped ^ other
        month = np.where(month_first, first, second)
        day = np.where(month_first, second, first)
        style = style + other + 2 * (pc.utf8_length(parts["c"]).to_numpy(zero_copy_only=False) == 2)
        if not ((first > 12).any() or (second > 12).any()):
            found.about = (*found.about, "date-ambiguous")
    else:
        words = pc.utf8_slice_codeunits(parts["w"], 0, 3)
        month = pc.index_in(words, pa.array(_MONTHS)).to_numpy(zero_copy_only=False) + 1
        day, year = _figures(parts["a" if number == 2 else "b"]), _figures(parts["c"])
    year = np.where(year < 100, np.where(year < _CENTURY_TURNS, year + 2000, year + 1900), year)
    sound = (month >= 1) & (month <= 12) & (year >= _EARLIEST) & (year <= _LATEST)
    months = ((year - 1970) * 12 + np.where(sound, month, 1) - 1).astype("datetime64[M]")
    dated = months.astype("datetime64[D]") + (day - 1)
    exists = sound & (day >= 1) & (dated.astype("datetime64[M]") == months)
    found.days[where] = dated.astype(np.int64)
    found.style[where] = np.where(exists, style, -1)


def _month_first(first: "np.ndarray[Any, Any]", second: "np.ndarray[Any, Any]") -> bool:
    """Tell whether most dates that leave no doubt name the month first, as in the United States."""
    return bool((second > 12).sum() > (first > 12).sum())


def _read_times(found: _Parsed, where: "np.ndarray[Any, Any]", parts: dict[str, pa.Array]) -> None:
    hour, minute, second = (_figures(parts[name]) for name in "hms")
    half = parts["p"]
    pm = pc.equal(half, "pm").to_numpy(zero_copy_only=False)
    am = pc.equal(half, "am").to_numpy(zero_copy_only=False)
    sound = (
        (hour <= 23) & (minute <= 59) & (second <= 60) & ~((am | pm) & ((hour > 12) | (hour < 1)))
    )
    hour = np.where(pm & (hour < 12), hour + 12, np.where(am & (hour == 12), 0, hour))
    micros = _figures(pc.utf8_slice_codeunits(pc.utf8_rpad(parts["f"], 6, "0"), 0, 6))
    zone = pc.replace_substring(parts["z"], ":", "")
    offset = pc.match_substring_regex(zone, r"^[+-]\d{4}$").to_numpy(zero_copy_only=False)
    figures = _figures(
        pc.if_else(pa.array(offset), pc.utf8_slice_codeunits(zone, 1, 5), pa.scalar("0"))
    )
    minutes = figures // 100 * 60 + figures % 100
    minutes = np.where(pc.starts_with(zone, "-").to_numpy(zero_copy_only=False), -minutes, minutes)
    found.micros[where] = (((hour * 60 + minute - minutes) * 60) + second) * 1_000_000 + micros
    found.zoned[where] = pc.not_equal(zone, "").to_numpy(zero_copy_only=False)
    found.style[where] = np.where(sound, found.style[where], -1)
