"""What the indices of deprivation mean, and what they do not. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

LSOAS_IN_ENGLAND = 33_755
"""How many 2021 small areas the indices of 2025 rank: rank 1 is the most deprived."""
DOMAINS = (
    "overall",
    "income",
    "employment",
    "education",
    "health",
    "crime",
    "housing",
    "environment",
)
"""The index itself, and the seven domains it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one small area stands among all of England's in one domain."""

    domain: str
    rank: int | None
    decile: int | None
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WardStanding:
    """How a ward's small areas stand, each counting once whatever its population."""

    areas: int
    known: int
    in_most_deprived_tenth: int
    in_most_deprived_fifth: int
    median_rank: int | None


def sum_up(standings: Iterable[Standing | None]) -> WardStanding:
    """Sum up a ward's small areas; one whose standing is not known counts as an area only."""
    all_of_them = tuple(standings)
    known = [one for one in all_of_them if one is not None and one.decile is not None]
    ranks = [one.rank for one in known if one.rank is not None]
    return WardStanding(
        areas=len(all_of_them),
        known=len(known),
        in_most_deprived_tenth=sum(one.decile == 1 for one in known),
        in_most_deprived_fifth=sum((one.decile or 10) <= 2 for one in known),
        median_rank=round(median(ranks)) if ranks else None,
    )
