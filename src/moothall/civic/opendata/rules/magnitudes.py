"""Whether a sum tells what somebody put into it: they are few, or one is too large. Pure.

A table of magnitudes (turnover, rent, energy used) names nobody, and still tells a firm's figure
to its rival where only they two stand behind a row, or to everybody where it stands nearly alone.
The rules are the two that statistical offices use: a least number of contributors, and dominance
(n, k). Their bounds are ours, and for whoever publishes to set.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from moothall.values.observations import Column

FEWEST = 3
"""A sum over fewer contributors tells each of them the others' parts."""
DOMINANCE = {1: 75.0, 2: 90.0}
"""For the n largest contributors, the share of a sum in percent (k) that they may make up."""
_CONTRIBUTORS = re.compile(
    r"(.* )?(firms|businesses|companies|enterprises|employers|traders|shops|retailers|farms"
    r"|holdings|landlords|suppliers|operators|providers|premises|contributors|respondents|units|sites"
    r"|establishments|customers|accounts|meters)( .*)?"
)
_MAGNITUDE = re.compile(
    r"(.* )?(turnover|sales|income|revenue|rents?|wages|pay|earnings|profit|output|production"
    r"|consumption|kwh|mwh|emissions?|tonnes|spend|spending|value|amount|cost|average|mean|median"
    r"|sum|gva|floor ?space|area|stock|debt|claims?)( .*)?"
)
_LARGEST = (
    (
        2,
        re.compile(
            r"(.* )?((two|2) (largest|biggest|highest)|(largest|top|biggest) (two|2))( .*)?"
        ),
    ),
    (1, re.compile(r"(.* )?(largest|biggest|highest|maximum|max|top)( .*)?")),
)
_SHARE = re.compile(r"(.* )?(share|percent|percentage|pct|pc|proportion|fraction)( .*)?")
_WHOLE = re.compile(r"(.* )?(total|sum|all|overall)( .*)?")
Plain = Callable[[str], str]
"""Writes a heading as words."""
Found = Iterator[tuple[str, Any]]
"""A column, and in which rows it is found."""


def find_few(table: pa.Table, columns: Sequence[Column], plain: Plain) -> Found:
    """Find where fewer than `FEWEST` contributors stand behind a magnitude."""
    numbers = _numbers(columns, plain)
    magnitudes = {name for name, heading in numbers.items() if _MAGNITUDE.fullmatch(heading)}
    for column in columns:
        heading = numbers.get(column.name, "")
        counts = column.type == "integer" and _CONTRIBUTORS.fullmatch(heading)
        if counts and magnitudes - {column.name}:
            values = table[column.name].combine_chunks()
            yield column.name, pc.and_(pc.greater(values, 0), pc.less(values, FEWEST))


def find_dominated(table: pa.Table, columns: Sequence[Column], plain: Plain) -> Found:
    """Find where the largest contributors make up more of a sum than they may.

    Shape:   by a column of their share, or by one of their part beside one of the whole.
    """
    numbers = _numbers(columns, plain)
    for name, heading in numbers.items():
        n = next((n for n, pattern in _LARGEST if pattern.fullmatch(heading)), 0)
        if not n:
            continue
        part = table[name].combine_chunks().cast(pa.float64())
        if _SHARE.fullmatch(heading):
            # Shares are written of 1 or of 100.
            of = 1.0 if (pc.max(part).as_py() or 0.0) <= 1.0 else 100.0
            yield name, pc.greater(part, DOMINANCE[n] / 100 * of)
            continue
        wholes = [
            other
            for other, said in numbers.items()
            if other != name and _WHOLE.fullmatch(said) and not _CONTRIBUTORS.fullmatch(said)
        ]
        for whole in wholes[:1]:
            most = pc.multiply(table[whole].combine_chunks().cast(pa.float64()), DOMINANCE[n] / 100)
            yield name, pc.and_(pc.greater(part, most), pc.greater(most, 0.0))


def _numbers(columns: Sequence[Column], plain: Plain) -> dict[str, str]:
    return {one.name: plain(one.name) for one in columns if one.type in {"integer", "number"}}
