"""A city's own corrections of what its sources say: `corrections.csv`. Pure.

Shape:   feed, item, field, was, becomes, why, who, when. `item` is a record's id, a series key, or
         `<series key>@<instant>` for one observation; `field` is a column of the record, `lon` or
         `lat`, `result` of an observation, or a field of a series such as `title`. An empty `was`
         or `becomes` means missing: an observation whose result becomes missing is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from moothall.values.issues import Issues
from moothall.values.observations import (
    Batch,
    Kind,
    Mender,
    Observation,
    Record,
    Result,
    Scalar,
    Series,
    Severity,
)
from moothall.values.times import parse_instant

COLUMNS = ("feed", "item", "field", "was", "becomes", "why", "who", "when")
_OF_SERIES = frozenset({"title", "unit", "observed_property", "thing", "procedure", "source_url"})
_OF_POINTS = frozenset({"lon", "lat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One row: what was wrong, what it becomes, and who says so."""

    feed: str
    item: str
    field: str
    was: str
    becomes: str
    why: str
    who: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A batch after its corrections, and which were applied."""

    batch: Batch
    applied: tuple[Correction, ...] = ()


def read(rows: Iterable[Mapping[str, str]]) -> tuple[Correction, ...]:
    """Read the rows of a pack's `corrections.csv`.

    Errors:  ValueError naming the row that lacks a reason, a person, or what it applies to.
    """
    found = []
    for number, row in enumerate(rows, start=2):
        values = {column: (row.get(column) or "").strip() for column in COLUMNS}
        for column in ("feed", "item", "field", "why", "who", "when"):
            if not values[column]:
                raise ValueError(f"corrections.csv line {number}: {column} is empty")
        found.append(Correction(**values))
    return tuple(found)


def apply(
    batch: Batch, corrections: Iterable[Correction], *, kinds: Iterable[Kind] = ()
) -> Corrected:
    """Apply a feed's corrections to a batch; one that no longer fits becomes an issue."""
    by_item: dict[str, list[Correction]] = {}
    for correction in corrections:
        by_item.setdefault(correction.item, []).append(correction)
    if not by_item:
        return Corrected(batch=batch)
    types = {(kind.name, column.name): column.type for kind in kinds for column in kind.columns}
    sitting = _Sitting(by_item=by_item, types=types)
    changed = replace(
        batch,
        records=tuple(map(sitting.record, batch.records)),
        series=tuple(map(sitting.series, batch.series)),
        observations=sitting.observations(batch.observations),
    )
    return Corrected(
        batch=replace(changed, issues=(*batch.issues, *sitting.issues)),
        applied=tuple(sitting.applied),
    )


@dataclass(slots=True)
class _Sitting:
    """One batch's corrections, and what became of each."""

    by_item: Mapping[str, list[Correction]]
    types: Mapping[tuple[str, str], str]
    applied: list[Correction] = field(default_factory=list)
    issues: Issues = field(default_factory=Issues)

    def record(self, record: Record) -> Record:
        """Correct one record."""
        for correction in self.by_item.get(record.id, ()):
            try:
                record = self._field(record, correction)
            except ValueError as fault:
                self._note(correction, str(fault))
        return record

    def series(self, series: Series) -> Series:
        """Correct what is said of one series."""
        for correction in self.by_item.get(series.key, ()):
            name = correction.field
            try:
                if name not in _OF_SERIES | _OF_POINTS:
                    continue
                becomes: Any = correction.becomes
                if name in _OF_POINTS:
                    becomes = float(becomes)
                if self._fits(correction, getattr(series, name)):
                    series = replace(series, **{name: becomes})
            except ValueError as fault:
                self._note(correction, str(fault))
        return series

    def observations(self, observations: tuple[Observation, ...]) -> tuple[Observation, ...]:
        """Correct results; one that becomes missing is left out."""
        always, once = self._of_results()
        if not always and not once:
            return observations
        kept = []
        for observation in observations:
            key = observation.series
            result: Result | None = observation.result
            for correction in always.get(key, ()):
                # A rule for every result of a series: most do not match, and that is no news.
                if _text(result) == correction.was:
                    self.applied.append(correction)
                    result = _result(correction.becomes)
            for correction in once.get((key, observation.at), ()):
                if self._fits(correction, result):
                    result = _result(correction.becomes)
            if result is observation.result:
                kept.append(observation)
            elif result is not None:
                kept.append(replace(observation, result=result))
        return tuple(kept)

    def _of_results(
        self,
    ) -> tuple[dict[str, list[Correction]], dict[tuple[str, datetime], list[Correction]]]:
        """Tell corrections of every result of a series from those of one observation."""
        always: dict[str, list[Correction]] = {}
        once: dict[tuple[str, datetime], list[Correction]] = {}
        for item, corrections in self.by_item.items():
            key, _, at = item.partition("@")
            wanted = [correction for correction in corrections if correction.field == "result"]
            if wanted and not at:
                always[key] = wanted
            elif wanted:
                try:
                    once[key, parse_instant(at)] = wanted
                except ValueError as fault:
                    self._note(wanted[0], str(fault))
        return always, once

    def _field(self, record: Record, correction: Correction) -> Record:
        name = correction.field
        if name in _OF_POINTS and name not in record.fields:
            return self._position(record, correction)
        held = record.fields.get(name)
        becomes = _typed(correction.becomes, self.types.get((record.kind, name), ""), held)
        if not self._fits(correction, held):
            return record
        return replace(record, fields={**record.fields, name: becomes})

    def _position(self, record: Record, correction: Correction) -> Record:
        geometry = record.geometry or {"type": "Point", "coordinates": (None, None)}
        if geometry.get("type") != "Point":
            raise ValueError("only the position of a point can be corrected")
        at = 0 if correction.field == "lon" else 1
        coordinates = list(geometry["coordinates"])
        becomes = float(correction.becomes)
        if not self._fits(correction, coordinates[at]):
            return record
        coordinates[at] = becomes
        return replace(record, geometry={**geometry, "coordinates": coordinates})

    def _fits(self, correction: Correction, held: object) -> bool:
        """Note whether a correction fits what the source says now."""
        text = _text(held)
        if text == correction.was:
            self.applied.append(correction)
            return True
        if text != correction.becomes:
            self._note(
                correction,
                f"the correction of {correction.when} expects {correction.was!r}"
                f" but the source now says {text!r}",
            )
        return False

    def _note(self, correction: Correction, what: str) -> None:
        self.issues.note(
            where=f"{correction.item} {correction.field}",
            what=what,
            mender=Mender.US,
            severity=Severity.INFO,
        )


def _text(value: object) -> str:
    """Write a value as a row of the file would: a whole number without its decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _typed(text: str, type_: str, held: object) -> Scalar:
    if text == "":
        return None
    if type_ == "integer":
        return int(text)
    if type_ == "number" or (not type_ and isinstance(held, float)):
        return float(text)
    if type_ == "boolean":
        if text not in {"true", "false"}:
            raise ValueError(f"{text!r} is neither true nor false")
        return text == "true"
    return text


def _result(text: str) -> Result | None:
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text
