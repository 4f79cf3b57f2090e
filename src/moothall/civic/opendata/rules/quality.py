"""How good a dataset is, of 100, with a reason for each point it loses, and its stars. Pure.

The rules are data: each looks at one thing that can be counted, and names who can mend it. What is
not known is neither good nor bad: it loses half.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from moothall.values.observations import Mender, Severity

OPEN_FORMS = frozenset(
    {"csv", "tsv", "json", "geojson", "parquet", "geoparquet", "gpkg", "ods", "xml", "kml", "gml"}
    | {"rdf", "ttl", "jsonld"}
)
"""Forms of file that a program reads and nobody owns."""
STRUCTURED = OPEN_FORMS | {"xlsx", "xls", "xlsm", "shp", "accdb", "mdb"}
"""Forms of file that a program reads."""
WEIGHTS = {Severity.ERROR: 1000, Severity.WARNING: 300, Severity.INFO: 20}
"""What a fault weighs, in thousandths of an error."""
RUINED = 100
"""Errors in a thousand rows with which nothing is left of what faults can lose."""


class Standing(StrEnum):
    """How a dataset stands with what is promised of it."""

    KEPT = "kept"
    LATE = "late"
    SIMULATED = "simulated"
    """What is here is made up by a stand-in: nothing has come from the source."""
    UNPROMISED = "unpromised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What can be counted of a dataset. None is not known, and never nothing."""

    told: Mapping[str, bool]
    """What a description should say, by name, and whether it does."""
    by: Mender
    """Who describes it, its columns and its codes."""
    open_licence: bool | None
    standing: Standing
    late_by: Mender = Mender.PUBLISHER
    """Who must do something, where it is late."""
    rows: int
    missing: int | None
    """Cells without a value, of `cells`."""
    cells: int
    faults: Mapping[tuple[Severity, Mender], int] | None
    looked_at: int
    """Rows the faults were found in."""
    columns: int
    columns_told: int
    forms: frozenset[str]
    codes: int | None
    """Columns that hold identifiers of registers other people use."""
    links: int | None = None
    """Of these, those that hold whole web addresses."""
    addressed: bool = False
    """Whether each thing it tells of has an address of its own."""
    places: int | None = None
    """Rows that should have a place; None where none is promised."""
    bad_places: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one rule found: the points it can take, those it took, and why."""

    rule: str
    points: int
    lost: int = 0
    reason: str = ""
    """A code; "" where there is nothing to mend."""
    mender: Mender | None = None
    count: int = 0
    of: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars:
    """How many of the five stars of open data it has, and what would earn the next.

    Source:   https://5stardata.info/
    """

    count: int
    wanted: str
    """"licence", "structure", "open-form", "addresses", "links"; "" where it has all five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good a dataset is."""

    points: int
    """From 0 to 100."""
    parts: tuple[Part, ...]
    stars: Stars

    @property
    def reasons(self) -> tuple[Part, ...]:
        """What may be mended, the costliest first."""
        told = (part for part in self.parts if part.reason)
        return tuple(sorted(told, key=lambda part: -part.lost))


def score(measured: Measured) -> Score:
    """Judge a dataset by every rule."""
    parts = tuple(look(measured, rule, points) for rule, points, look in RULES)
    return Score(points=100 - sum(part.lost for part in parts), parts=parts, stars=_stars(measured))


def band(points: int) -> str:
    """Name the quarter of the scale that people search by."""
    return next(name for least, name in BANDS if points >= least)


BANDS = ((90, "90"), (75, "75"), (50, "50"), (0, "0"))
"""From how many points on each band counts, and its name in an address."""
Look = Callable[[Measured, str, int], Part]


def _share(points: int, bad: int, of: int) -> int:
    """Take a share of the points, rounded to the nearest; never more than there are."""
    return min(points, (2 * points * bad + of) // (2 * of)) if of else 0


def _unknown(rule: str, points: int) -> Part:
    return Part(rule=rule, points=points, lost=-(-points // 2), reason="unknown", mender=Mender.US)


def _described(one: Measured, rule: str, points: int) -> Part:
    wanting = tuple(name for name, said in one.told.items() if not said)
    return Part(
        rule=rule,
        points=points,
        lost=_share(points, len(wanting), len(one.told)),
        reason="not-told" if wanting else "",
        mender=one.by if wanting else None,
        count=len(wanting),
        of=len(one.told),
        names=wanting,
    )


def _licence(one: Measured, rule: str, points: int) -> Part:
    if one.open_licence is None:
        return Part(
            rule=rule, points=points, lost=points, reason="no-licence", mender=Mender.PUBLISHER
        )
    if not one.open_licence:
        return Part(
            rule=rule, points=points, lost=points, reason="not-open", mender=Mender.PUBLISHER
        )
    return Part(rule=rule, points=points)


def _fresh(one: Measured, rule: str, points: int) -> Part:
    lost, mender = {
        Standing.KEPT: (0, None),
        Standing.LATE: (points, one.late_by),
        Standing.SIMULATED: (points, Mender.US),
        Standing.UNPROMISED: (points * 3 // 8, one.by),
        Standing.UNKNOWN: (-(-points // 2), Mender.US),
    }[one.standing]
    reason = "" if one.standing is Standing.KEPT else one.standing.value
    return Part(rule=rule, points=points, lost=lost, reason=reason, mender=mender)


def _filled(one: Measured, rule: str, points: int) -> Part:
    if not one.rows:
        return Part(rule=rule, points=points, lost=points, reason="no-rows", mender=one.late_by)
    if one.missing is None:
        return _unknown(rule, points)
    return Part(
        rule=rule,
        points=points,
        lost=_share(points, one.missing, one.cells),
        reason="missing-cells" if one.missing else "",
        mender=Mender.PUBLISHER if one.missing else None,
        count=one.missing,
        of=one.cells,
    )


def _sound(one: Measured, rule: str, points: int) -> Part:
    if one.faults is None:
        return _unknown(rule, points)
    by = {mender: 0 for mender in Mender}
    for (severity, mender), count in one.faults.items():
        by[mender] += count * WEIGHTS[severity]
    count, rows = sum(one.faults.values()), max(1, one.looked_at)
    return Part(
        rule=rule,
        points=points,
        lost=_share(points, sum(by.values()), rows * RUINED),
        reason="faults" if count else "",
        mender=max(Mender, key=lambda mender: by[mender]) if count else None,
        count=count,
        of=one.looked_at,
    )


def _columns(one: Measured, rule: str, points: int) -> Part:
    if not one.columns:
        return _unknown(rule, points)
    untold = one.columns - one.columns_told
    return Part(
        rule=rule,
        points=points,
        lost=_share(points, untold, one.columns),
        reason="columns-untold" if untold else "",
        mender=one.by if untold else None,
        count=untold,
        of=one.columns,
    )


def _form(one: Measured, rule: str, points: int) -> Part:
    if one.forms & OPEN_FORMS:
        return Part(rule=rule, points=points)
    owned = bool(one.forms & STRUCTURED)
    return Part(
        rule=rule,
        points=points,
        lost=-(-points // 2) if owned else points,
        reason="owned-form" if owned else "no-form",
        mender=one.by,
    )


def _codes(one: Measured, rule: str, points: int) -> Part:
    if one.codes is None:
        return _unknown(rule, points)
    if one.codes:
        return Part(rule=rule, points=points)
    return Part(rule=rule, points=points, lost=points, reason="no-codes", mender=one.by)


def _places(one: Measured, rule: str, points: int) -> Part:
    if one.places is None:
        return Part(rule=rule, points=points)
    if one.bad_places is None:
        return _unknown(rule, points)
    return Part(
        rule=rule,
        points=points,
        lost=_share(points, one.bad_places, one.places),
        reason="bad-places" if one.bad_places else "",
        mender=Mender.PUBLISHER if one.bad_places else None,
        count=one.bad_places,
        of=one.places,
    )


RULES: tuple[tuple[str, int, Look], ...] = (
    ("described", 12, _described),
    ("licence", 12, _licence),
    ("fresh", 16, _fresh),
    ("filled", 12, _filled),
    ("sound", 16, _sound),
    ("columns", 10, _columns),
    ("form", 10, _form),
    ("codes", 6, _codes),
    ("places", 6, _places),
)
"""Each rule's code, the points it can take, together 100, and how it looks."""


def _stars(one: Measured) -> Stars:
    earned = 0
    for wanted, has in _ladder(one):
        if not has:
            return Stars(count=earned, wanted=wanted)
        earned += 1
    return Stars(count=earned, wanted="")


def _ladder(one: Measured) -> Iterator[tuple[str, bool]]:
    yield "licence", bool(one.open_licence)
    yield "structure", bool(one.forms & STRUCTURED)
    yield "open-form", bool(one.forms & OPEN_FORMS)
    yield "addresses", one.addressed
    yield "links", bool(one.links)
