"""An open table: a row a thing, or a row a thing and time, in whatever columns its publisher chose.

Source:   whichever the pack names.
Licence:  the publisher's; the pack says which.
Cadence:  as the pack says; every 15 minutes where it is silent.
Params:   the pack's tables.toml, [feeds.<name>]: what docs/guide/any-table.md lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from moothall.civic.tables.rules.mapping import SERVICE, Measure, Table, read_table
from moothall.kernel.registry import Arrival, Feed, Params
from moothall.standards.localtime import LocalClock
from moothall.standards.opentable import Cell, read_number, read_one, read_rows
from moothall.standards.zipped import unpack
from moothall.values.issues import Issues
from moothall.values.observations import (
    Batch,
    Observation,
    Quality,
    Record,
    Series,
    Severity,
    series_key,
)
from moothall.values.requests import Payload, Request

MOST_BYTES = 256 * 1024 * 1024
"""How much a packed file may unpack to."""
SLACK = timedelta(minutes=2)
"""How far a publisher's clock may be ahead of ours."""


def make_feed(table: Table) -> Feed:
    """Make the feed of one table as the pack states it."""
    return Feed(
        name=table.feed,
        title=table.title,
        summary=table.summary,
        publisher=table.publisher,
        documentation=table.source,
        licence=table.licence,
        attribution=table.attribution,
        every=table.every,
        stale_after=table.stale_after,
        parse=partial(parse, name=table.name),
        requests=requests,
        arrives=Arrival.PULL if table.url else Arrival.DROP,
        kinds=(table.kind,),
        observes=bool(table.measures),
    )


def requests(params: Params) -> Iterator[Request]:
    """Ask for the file the pack names; none if it is dropped or pushed."""
    if params.get("url"):
        yield Request(url=str(params["url"]), secret_headers=dict(params.get("secret_headers", {})))


def parse(payload: Payload, params: Params, *, name: str) -> Batch:
    """Read every row by the pack's mapping; a value that cannot be is kept as suspect.

    Units:   as the pack says of each measure, after its factor.
    Errors:  ValueError if it is not of that format, or lacks a column that the mapping names.
    """
    table = read_table(name, params, zone=str(params["city"]["time_zone"]))
    body = unpack(payload.body, max_bytes=MOST_BYTES)
    reader = _Reader(table, body=body, fetched_at=payload.fetched_at, box=params["city"].get("box"))
    for where, row in read_rows(body, table.layout, table.columns):
        try:
            reader.read(where, row)
        except ValueError as fault:
            reader.say(where, str(fault), row)
    return reader.batch()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """What one row is about: which thing, when, and where that is."""

    id: str
    name: str
    at: datetime
    lon: float | None
    lat: float | None


class _Reader:
    """What the rows read so far come to."""

    def __init__(self, table: Table, *, body: bytes, fetched_at: datetime, box: Any) -> None:
        self._table = table
        self._box = box if table.only_in_box else None
        self._not_after = fetched_at + SLACK
        zone = ZoneInfo(table.zone)
        self._clock = LocalClock(zone, pattern=table.time if "%" in table.time else "")
        self._as_of = self._read_as_of(body, fetched_at)
        self._records: dict[str, Record] = {}
        self._series: dict[str, Series] = {}
        self._observations: dict[tuple[str, datetime], Observation] = {}
        self._last: dict[str, datetime] = {}
        self._issues = Issues()
        self._keys: dict[tuple[str, str], str] = {}

    def _read_as_of(self, body: bytes, fetched_at: datetime) -> datetime:
        """Say for when the file speaks: as it says itself, or else when it was fetched."""
        way = self._table.as_of
        said = read_one(body, self._table.layout, way) if way else None
        return fetched_at if said is None else min(self._time(str(said), ""), fetched_at)

    def say(
        self, where: str, what: str, row: Any = "", severity: Severity = Severity.WARNING
    ) -> None:
        """Report one thing wrong with one row."""
        self._issues.note(where, what, row, severity=severity)

    def read(self, where: str, row: dict[str, Cell]) -> None:
        """Take one row; errors: ValueError if it cannot be read at all."""
        if "" in row:  # The file itself is broken from here on.
            self.say(where, str(row[""]), severity=Severity.ERROR)
            return
        id = self._words(row.get(self._table.id))
        if not id:
            raise ValueError(f'nothing stands under "{self._table.id}"')
        lon, lat = self._position(row)
        if not self._is_wanted(lon, lat):
            return
        name = (self._words(row.get(self._table.label)) if self._table.label else "") or id
        at = self._when(row, id)
        if at > self._not_after:
            raise ValueError("a time in the future")
        here = _Here(id=id, name=name, at=at, lon=lon, lat=lat)
        self._describe(here, row)
        for measure in self._table.measures:
            if all(self._words(row.get(key)) == value for key, value in measure.where):
                try:
                    self._observe(measure, where, row, here)
                except ValueError as fault:
                    self.say(where, f"{measure.column}: {fault}", row)
        self._last[id] = max(at, self._last.get(id, at))

    def _words(self, said: Cell) -> str:
        text = "" if said is None else str(said).strip()
        return "" if text in self._table.missing else text

    def _number(self, said: Cell) -> float | None:
        if isinstance(said, str) and said.strip() in self._table.missing:
            return None
        return read_number(said, decimal=self._table.decimal)

    def _position(self, row: dict[str, Cell]) -> tuple[float | None, float | None]:
        if not self._table.lat:
            return None, None
        lon, lat = self._number(row.get(self._table.lon)), self._number(row.get(self._table.lat))
        if lon is None or lat is None:
            return None, None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise ValueError(f"not a position in degrees: {lat}, {lon}")
        return lon, lat

    def _is_wanted(self, lon: float | None, lat: float | None) -> bool:
        if self._box is None:
            return True
        if lon is None or lat is None:
            return False
        box = self._box
        return bool(box["west"] <= lon <= box["east"] and box["south"] <= lat <= box["north"])

    def _when(self, row: dict[str, Cell], id: str) -> datetime:
        parts = [self._words(row.get(column)) for column in self._table.at]
        if not any(parts):
            if self._table.at:
                raise ValueError("a row without its time")
            return self._as_of
        return self._time(" ".join(parts), id)

    def _time(self, text: str, id: str) -> datetime:
        if self._table.time in ("unix", "unix-ms"):
            seconds = float(text) / (1000 if self._table.time == "unix-ms" else 1)
            try:
                return datetime.fromtimestamp(seconds, UTC)
            except (OverflowError, OSError) as fault:
                raise ValueError(f"not a time: {text[:60]!r}") from fault
        try:
            return self._clock.read(text, after=self._last.get(id) if id else None)[0]
        except ValueError as fault:
            raise ValueError(f"not a time as the pack says it is written: {text[:60]!r}") from fault

    def _describe(self, here: "_Here", row: dict[str, Cell]) -> None:
        id, at, lon, lat = here.id, here.at, here.lon, here.lat
        fields: dict[str, Cell] = {"name": here.name}
        for one in self._table.told:
            said = row.get(one.column)
            fields[one.key] = self._number(said) if one.number else self._words(said) or None
        known = self._records.get(id)
        if known is not None and (known.fields == fields or at < known.from_at):
            return
        self._records[id] = Record(
            kind=self._table.kind.name,
            id=id,
            from_at=at,
            fields=fields,
            geometry=None
            if lon is None or lat is None
            else {"type": "Point", "coordinates": [lon, lat]},
        )

    def _observe(self, measure: Measure, where: str, row: dict[str, Cell], here: "_Here") -> None:
        id, at = here.id, here.at
        said = row.get(measure.column)
        quality = Quality.UNCHECKED
        result: float | str
        if measure.text:
            words = self._words(said)
            if not words:
                return
            result = dict(measure.words).get(words, words)
        else:
            number = self._number(said)
            if number is None:
                return
            result = number * measure.factor
            most = measure.most
            if measure.most_column:
                most = self._number(row.get(measure.most_column))
            if (measure.least is not None and result < measure.least) or (
                most is not None and result > most
            ):
                quality = Quality.SUSPECT
                self.say(where, f"{measure.title}: {result:g} cannot be", row)
        key = self._keys.get((id, measure.key))
        if key is None:
            key = series_key(SERVICE, f"{self._table.name}_{id}", measure.key)
            self._keys[id, measure.key] = key
        declared = self._series.get(key)
        if declared is None:
            self._series[key] = Series(
                key=key,
                title=f"{here.name}: {measure.title}",
                unit=measure.unit,
                observed_property=measure.title,
                thing=here.name,
                thing_id=id,
                lon=here.lon,
                lat=here.lat,
                source_url=self._table.source,
            )
        elif declared.thing_id != id:
            raise ValueError(f"its id differs from {declared.thing_id!r} by signs alone")
        before = self._observations.get((key, at))
        if before is not None and before.result != result:
            quality = Quality.SUSPECT
            self.say(where, f"{measure.title}: the same time again, with another value", row)
        self._observations[key, at] = Observation(series=key, at=at, result=result, quality=quality)

    def batch(self) -> Batch:
        """Say what all the rows came to."""
        kind = self._table.kind.name
        return Batch(
            records=tuple(self._records.values()),
            series=tuple(self._series.values()),
            observations=tuple(self._observations.values()),
            issues=tuple(self._issues),
            as_of=max(self._last.values(), default=self._as_of),
            # A list in which every row could be read says also what is no more.
            complete=frozenset({kind} if self._records and not self._issues else ()),
        )
