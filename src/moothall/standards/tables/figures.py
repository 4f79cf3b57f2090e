"""Numbers as people write them: with thousands, decimal commas, currencies and per cents."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_POINT = r"^[+-]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?$"
_COMMA = r"^[+-]?(?:\d+|\d{1,3}(?:[. ']\d{3})+),\d+$"
_COMMA_ONLY = r",\d{1,2}$|,\d{4,}$|\..*,"
"""A comma that cannot divide thousands."""
_POINT_ONLY = r",\d{3}[.,]|\.\d{1,2}$|\.\d{4,}$"
_CURRENCIES = (("£", "GBP"), ("€", "EUR"), ("$", "USD"))
EXACT = 2.0**53
"""Whole numbers beyond this are not kept exactly by a double."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values as doubles, null where a text is none; which are written unlike the others."""

    values: pa.Array
    unit: str
    odd: "np.ndarray[Any, Any]"


def read(texts: pa.Array) -> Numbers:
    """Read texts as numbers; the column as a whole says whether its commas are decimal."""
    bare = pc.replace_substring_regex(texts, "[\u2212\u2012\u2013]", "-")
    bare = pc.replace_substring_regex(bare, "[\u00a0\u2009\u202f]", " ")
    accounting = pc.match_substring_regex(bare, r"^\([^()-]+\)$")
    bare = pc.if_else(accounting, pc.replace_substring_regex(bare, r"^\((.*)\)$", r"-\1"), bare)
    money = pc.match_substring_regex(bare, "[£€$]")
    bare = pc.replace_substring_regex(bare, r"^([+-]?)\s*[£€$]\s*", r"\1")
    bare = pc.replace_substring_regex(bare, r"\s*[£€$]$", "")
    cents = pc.match_substring_regex(bare, "%$")
    bare = pc.replace_substring_regex(bare, r"\s*%$", "")

    plain = pc.match_substring_regex(bare, _PLAIN)
    comma = _commas_are_decimal(bare)
    grouped = pc.match_substring_regex(bare, _COMMA if comma else _POINT)
    other = pc.match_substring_regex(bare, _POINT if comma else _COMMA)
    if comma:
        # "1.234" among decimal commas is a thousand and some.
        thousands = pc.match_substring_regex(bare, r"^[+-]?\d{1,3}(?:\.\d{3})+$")
        plain, grouped = pc.and_not(plain, thousands), pc.or_(grouped, thousands)
    as_comma = pc.replace_substring(pc.replace_substring_regex(bare, "[. ']", ""), ",", ".")
    as_point = pc.replace_substring_regex(bare, "[,' ]", "")
    mine, theirs = (as_comma, as_point) if comma else (as_point, as_comma)
    # What only the other style can mean is read in it, and told.
    odd = pc.and_(other, pc.invert(pc.or_(plain, grouped)))
    said = pc.if_else(plain, bare, pc.if_else(grouped, mine, pc.if_else(odd, theirs, None)))
    values = pc.cast(said, pa.float64(), safe=False)
    values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
    return Numbers(values, _unit(texts, money, cents), odd.to_numpy(zero_copy_only=False))


def whole(values: pa.Array) -> pa.Array:
    """Keep the whole ones, as integers; null for the others."""
    fits = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), EXACT))
    return pc.cast(pc.if_else(fits, values, None), pa.int64())


def _commas_are_decimal(bare: pa.Array) -> bool:
    for_comma = pc.sum(pc.match_substring_regex(bare, _COMMA_ONLY)).as_py() or 0
    for_point = pc.sum(pc.match_substring_regex(bare, _POINT_ONLY)).as_py() or 0
    return bool(for_comma > for_point)


def _unit(texts: pa.Array, money: pa.Array, cents: pa.Array) -> str:
    """Name the unit most values carry themselves, "" if most carry none."""
    most = len(texts) / 2
    if (pc.sum(cents).as_py() or 0) > most:
        return "%"
    if (pc.sum(money).as_py() or 0) > most:
        for sign, code in _CURRENCIES:
            if (pc.sum(pc.match_substring(texts, sign)).as_py() or 0) > most:
                return code
    return ""
