"""A city's own corrections of what its sources say: `corrections.csv`. Pure.

Shape:   feed, item, field, was, becomes, why, who, when. `item` is a record's id, a series key, or
         `<series key>@<instant>` for one observation; `field` is a column of the record, `lon` or
         `lat`, `result` of an observation, or a field of a series such as `title`. An empty `was`
         or `becomes` means missing: an observation whose result becomes missing is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import pyarrow as pa

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
        table=None if batch.table is None else sitting.table(batch.table),
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
    always: dict[str, list[Correction]] = field(default_factory=dict)
    once: dict[tuple[str, datetime], list[Correction]] = field(default_factory=dict)

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
        if not self.always and not self.once:
            return observations
        kept = []
        for observation in observations:
            result = self._becomes(observation.series, observation.at, observation.result)
            if result is observation.result:
                kept.append(observation)
            elif result is not None:
                kept.append(replace(observation, result=result))
        return tuple(kept)

    def table(self, table: "pa.Table") -> "pa.Table":
        """Correct results in columns: of millions of rows only those of corrected series."""
        import pyarrow as pa
        import pyarrow.compute as pc

        named = sorted({*self.always, *(key for key, _ in self.once)})
        if not named or not table.num_rows:
            return table
        series = table["series"].cast(pa.string())
        places = pc.indices_nonzero(pc.is_in(series, pa.array(named, pa.string())))
        columns = [name for name in ("series", "at", "value", "text") if name in table.column_names]
        changed: dict[int, Result | None] = {}
        rows = table.select(columns).take(places).to_pylist()
        for place, row in zip(places.to_pylist(), rows, strict=True):
            told = row.get("text")
            held: Result | None = row.get("value") if told is None else told
            result = self._becomes(row["series"], row["at"], held)
            if result is not held:
                changed[place] = result
        return _rewritten(table, changed) if changed else table

    def _becomes(self, key: str, at: datetime, result: Result | None) -> Result | None:
        """Say what a result becomes; the very same one if no correction is of it."""
        for correction in self.always.get(key, ()):
            # A rule for every result of a series: most do not match, and that is no news.
            if _text(result) == correction.was:
                self.applied.append(correction)
                result = _result(correction.becomes)
        for correction in self.once.get((key, at), ()):
            if self._fits(correction, result):
                result = _result(correction.becomes)
        return result

    def __post_init__(self) -> None:
        """Tell corrections of every result of a series from those of one observation."""
        for item, corrections in self.by_item.items():
            key, _, at = item.partition("@")
            wanted = [correction for correction in corrections if correction.field == "result"]
            if wanted and not at:
                self.always[key] = wanted
            elif wanted:
                try:
                    self.once[key, parse_instant(at)] = wanted
                except ValueError as fault:
                    self._note(wanted[0], str(fault))

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


def _rewritten(table: "pa.Table", changed: Mapping[int, Result | None]) -> "pa.Table":
    """Write results in the place of others; a row whose result becomes missing is left out."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    touched = np.zeros(table.num_rows, dtype=bool)
    touched[list(changed)] = True
    mask = pa.array(touched)
    becoming = [changed[place] for place in sorted(changed)]
    columns: tuple[tuple[str, type | tuple[type, ...], pa.DataType], ...] = (
        ("value", (int, float), pa.float64()),
        ("text", str, pa.string()),
    )
    for name, type_, stored in columns:
        new = pa.array([one if isinstance(one, type_) else None for one in becoming], stored)
        if name in table.column_names:
            held = table[name].cast(stored).combine_chunks()
            whole = pc.replace_with_mask(held, mask, new)
            table = table.set_column(table.column_names.index(name), name, whole)
        elif new.null_count < len(new):
            held = pa.nulls(table.num_rows, stored)
            table = table.append_column(name, pc.replace_with_mask(held, mask, new))
    gone = np.zeros(table.num_rows, dtype=bool)
    gone[[place for place, result in changed.items() if result is None]] = True
    return table.filter(pa.array(~gone)) if gone.any() else table


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
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text
