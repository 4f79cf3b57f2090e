"""What an examination finds: how bad it is, what it is, and the mend in words."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How bad a finding is."""

    UNSAFE = "unsafe"
    """Production must not run like this: `moothall doctor` ends with 1."""
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and how to mend it."""

    weight: Weight
    what: str
    mend: str


def unsafe(what: str, mend: str) -> Finding:
    """Name something production must not run with."""
    return Finding(Weight.UNSAFE, what, mend)


def advice(what: str, mend: str) -> Finding:
    """Name something worth mending."""
    return Finding(Weight.ADVICE, what, mend)
