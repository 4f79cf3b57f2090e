"""How good each dataset is: what can be counted of it, and what its rules make of that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.civic.opendata.queries.datasets import Dataset, Freshness
from moothall.civic.opendata.rules import quality
from moothall.civic.opendata.rules.quality import Measured, Part, Score, Standing
from moothall.kernel import packs
from moothall.kernel.feeds import issues
from moothall.kernel.feeds.health import FeedHealth
from moothall.kernel.feeds.issues import Counted
from moothall.kernel.observations import lake
from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version
from moothall.standards.licences import LICENCES
from moothall.standards.registers import find_register
from moothall.standards.tables.faults import SORTS
from moothall.values.observations import Kind, Mender, Origin

LOOKED_AT = 300
"""How many records of a kind, or rows of a table, are looked at where not all are."""
SHORTEST_SUMMARY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What was counted in rows."""

    missing: int | None
    cells: int
    codes: int | None
    links: int | None
    places: int | None = None
    bad_places: int | None = None
    faults: Counted | None = None


_UNKNOWN = Cells(missing=None, cells=0, codes=None, links=None)


def judge(datasets: Iterable[Dataset], now: datetime) -> tuple[Score, ...]:
    """Judge datasets, in their order."""
    faults = issues.count_last()
    return tuple(quality.score(_measure(one, faults, now)) for one in datasets)


def get_score(dataset: Dataset, now: datetime) -> Score:
    """Judge one dataset."""
    return judge((dataset,), now)[0]


def _measure(one: Dataset, faults: Mapping[str, Counted], now: datetime) -> Measured:
    cells, found, looked_at = _cells(one, now), None, one.rows
    if one.feeds:
        found = _together(faults.get(feed.name, {}) for feed in one.feeds)
        looked_at = sum(map(_brought, one.feeds))
    elif one.table is not None or one.source == "portal":
        found = cells.faults
    ours = Mender.US if one.feeds or one.source == "portal" else Mender.PUBLISHER
    late = [feed.mender for feed in one.feeds if feed.mender is not None]
    return Measured(
        told=_told(one),
        by=ours,
        open_licence=all(name in LICENCES for name in one.licences) if one.licences else None,
        standing=_standing(one),
        late_by=late[0] if late else Mender.PUBLISHER,
        rows=one.rows,
        missing=cells.missing,
        cells=cells.cells,
        faults=found,
        looked_at=looked_at,
        columns=len(one.columns),
        columns_told=sum(bool(column.meaning) for column in one.columns),
        forms=frozenset(one.formats),
        codes=cells.codes,
        links=cells.links,
        # Each record and each series has a page of its own; a row of a table has none.
        addressed=bool(one.feeds),
        places=cells.places,
        bad_places=cells.bad_places,
    )


def _told(one: Dataset) -> dict[str, bool]:
    contact = packs.current().city.get("contact", {}) if one.table is None else one.table.contact
    told = {
        "title": bool(one.title.strip()),
        "summary": len(one.summary.strip()) >= SHORTEST_SUMMARY,
        "publisher": any(one.publisher_names),
        "contact": bool(contact),
        "theme": bool(one.theme),
        "attribution": bool(one.attribution),
    }
    if one.feeds:
        told["documentation"] = all(feed.feed.documentation for feed in one.feeds)
    return told


def _standing(one: Dataset) -> Standing:
    if Origin.SIMULATED in one.origins:
        return Standing.SIMULATED
    if one.promise is None:
        return Standing.UNPROMISED
    return {
        Freshness.KEPT: Standing.KEPT,
        Freshness.LATE: Standing.LATE,
        Freshness.UNKNOWN: Standing.UNKNOWN,
    }[one.freshness]


def _brought(feed: FeedHealth) -> int:
    """Count the items a feed's last run read, with those that were nothing new or at fault."""
    run = feed.last
    if run is None:
        return 0
    read = run.observations + run.records + run.duplicates + run.unchanged
    return read + run.issues


def _together(counts: Iterable[Counted]) -> Counted:
    total: Counter[Any] = Counter()
    for one in counts:
        total.update(one)
    return total


def _cells(one: Dataset, now: datetime) -> Cells:
    if one.table is not None and one.table.version is not None:
        try:
            return _of_version(one.table.version)
        except OSError:
            # Its file is away: what is in it is not known now.
            return _UNKNOWN
    if one.kind is not None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        return _of_records(lake.current(), one.kind, hour) if one.rows else _UNKNOWN
    if one.source == "feed":
        # An observation without a result is none, and each says its series, unit and instant.
        return Cells(missing=0, cells=one.rows, codes=0, links=0)
    if one.source == "portal":
        # They are made as they are asked for: nothing stands in them that could be counted first.
        return Cells(missing=None, cells=0, codes=0, links=0, faults={})
    return _UNKNOWN


@lru_cache(maxsize=4096)
def _of_version(version: Version) -> Cells:
    """Count in a version of a table, which never changes; errors: OSError."""
    names = [column.name for column in version.columns]
    missing = versions.count_missing(version)
    first = next(versions.stream(version), None)
    sorts = versions.read_faults(version)["sort"].value_counts().to_pylist()
    faults: Counter[Any] = Counter()
    for sort in sorts:
        known = SORTS[sort["values"]]
        faults[known.severity, known.mender] += sort["counts"]
    held = {} if first is None else first.slice(0, LOOKED_AT).select(names).to_pydict()
    codes, links = _registers(held)
    placed = version.geometry is not None
    return Cells(
        missing=sum(missing[name] for name in names),
        cells=version.rows * len(names),
        codes=codes,
        links=links,
        places=version.rows if placed else None,
        bad_places=missing.get("geometry", 0) if placed else None,
        faults=faults,
    )


@lru_cache(maxsize=128)
def _of_records(held: lake.Lake, kind: Kind, hour: datetime) -> Cells:
    """Count in some records of a kind, those that come first by their ids; again each hour."""
    records = [entry.record for entry in held.list_records(kind.name, limit=LOOKED_AT)]
    columns = {
        column.name: [record.fields.get(column.name) for record in records]
        for column in kind.columns
    }
    codes, links = _registers(columns)
    bad = sum(not _is_place(record.geometry) for record in records) if kind.geometry else None
    return Cells(
        missing=sum(value is None for values in columns.values() for value in values),
        cells=len(records) * len(columns),
        codes=codes,
        links=links,
        places=len(records) if kind.geometry else None,
        bad_places=bad,
    )


def _registers(columns: Mapping[str, list[Any]]) -> tuple[int, int]:
    """Count the columns that hold identifiers of registers, and those that hold web addresses."""
    found = [find_register(name, values) for name, values in columns.items()]
    return sum(one is not None for one in found), sum(
        one is not None and one.code == "web" for one in found
    )


def _is_place(geometry: Mapping[str, Any] | None) -> bool:
    import shapely
    from shapely.geometry import shape

    if geometry is None:
        return False
    try:
        found = shape(geometry)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.GEOSException):
        return False
    return not found.is_empty and bool(found.is_valid)


# --- in words ------------------------------------------------------------------------------------
def say_rule(code: str) -> str:
    """Say what a rule looks at."""
    return {
        "described": _("It is described"),
        "licence": _("Its licence lets anybody use it"),
        "fresh": _("It is as new as promised"),
        "filled": _("Its cells are filled"),
        "sound": _("Its rows are free of faults"),
        "columns": _("Its columns are explained"),
        "form": _("It comes in a form that any program reads"),
        "codes": _("It can be joined to other data by codes of public registers"),
        "places": _("Its places can be drawn"),
    }[code]


def say_reason(part: Part) -> str:
    """Say why points were lost; "" where there is nothing to mend."""
    if part.reason == "not-told":
        named = {
            "title": _("title"),
            "summary": _("summary"),
            "publisher": _("publisher"),
            "contact": _("contact"),
            "theme": _("theme"),
            "attribution": _("attribution"),
            "documentation": _("documentation"),
        }
        return _("Not said: %(names)s.") % {"names": ", ".join(named[name] for name in part.names)}
    if part.reason in {"missing-cells", "faults", "columns-untold", "bad-places"}:
        return _counted(part)
    return {
        "": "",
        "unknown": _("Nobody has counted this here, so it is not known."),
        "no-licence": _("It names no licence."),
        "not-open": _("Its licence does not let everybody use it for everything."),
        "late": _("It is later than promised."),
        "simulated": _("Nothing has come from the source: what is here is simulated."),
        "unpromised": _("Nobody has promised how often it is new."),
        "no-rows": _("There are no rows."),
        "owned-form": _("It comes only in a form that belongs to one maker."),
        "no-form": _("It comes in no form that a program reads as a table."),
        "no-codes": _("No column holds codes of a public register."),
    }[part.reason]


def _counted(part: Part) -> str:
    numbers = {"num": f"{part.count:,}", "of": f"{part.of:,}"}
    return {
        "missing-cells": ngettext(
            "%(num)s of %(of)s cells has no value.",
            "%(num)s of %(of)s cells have no value.",
            part.count,
        ),
        "faults": ngettext(
            "%(num)s fault in %(of)s rows.", "%(num)s faults in %(of)s rows.", part.count
        ),
        "columns-untold": ngettext(
            "%(num)s of %(of)s columns has no explanation.",
            "%(num)s of %(of)s columns have no explanation.",
            part.count,
        ),
        "bad-places": ngettext(
            "%(num)s of %(of)s places cannot be drawn.",
            "%(num)s of %(of)s places cannot be drawn.",
            part.count,
        ),
    }[part.reason] % numbers


def say_mender(mender: Mender | None) -> str:
    """Say who can mend it."""
    if mender is None:
        return ""
    return _("we") if mender is Mender.US else _("the publisher")


def say_wanted(wanted: str) -> str:
    """Say what would earn the next of the five stars."""
    return {
        "licence": _("An open licence would earn the first star."),
        "structure": _("Rows that a program reads would earn the next star."),
        "open-form": _("A form of file that nobody owns, such as CSV, would earn the next star."),
        "addresses": _(
            "A web address of its own for each thing it tells of would earn the next star."
        ),
        "links": _("Links to other people's data, as web addresses, would earn the next star."),
        "": _("It has every star there is."),
    }[wanted]


def say_band(name: str) -> str:
    """Say a band of scores."""
    return {
        "90": _("90 or more of 100"),
        "75": _("75 to 89 of 100"),
        "50": _("50 to 74 of 100"),
        "0": _("below 50 of 100"),
    }[name]
