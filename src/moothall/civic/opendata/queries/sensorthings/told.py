"""Observations told of with a key: the same rows, and what is said of them besides the result.

What an observation says besides is a record beside it, and only where there is something to say:
most are a row in columns like any other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from moothall.civic.opendata.feeds.sensed import DETAIL
from moothall.civic.opendata.queries.sensorthings.kept import TIMED
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.kernel.observations.entries import observe
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.times import write_instant, write_span
from moothall.values.observations import Observation, Quality

if TYPE_CHECKING:
    import pyarrow as pa

    from moothall.civic.opendata.queries.sensorthings.conditions import Binding

COLUMNS = 'series, "at", until, value, text, quality, origin'
MORE = "kept_at, made, valid_from, valid_until, rated, parameters, result"
_NOTHING = (
    "CAST(NULL AS TIMESTAMPTZ) AS valid_from, CAST(NULL AS TIMESTAMPTZ) AS valid_until,"
    " CAST(NULL AS VARCHAR) AS rated, CAST(NULL AS VARCHAR) AS parameters,"
    " CAST(NULL AS VARCHAR) AS result"
)
_KNOWN = "quality, origin"
_EXACT = 2**53


class More(NamedTuple):
    """What is told of an observation as its sender had it."""

    id: str
    result: Any
    made: str | None
    valid: str | None
    quality: Any
    parameters: Any
    detailed: bool
    """Whether its series has observations that are kept under another instant than their own."""


class Told(Observation):
    """An observation sent with a key."""

    __slots__ = ("more",)
    more: More


def reaches(moment: Moment, keys: Sequence[str] | None) -> bool:
    """Test whether some of these series were told of with a key; None is all."""
    owners = moment.index.owners
    return bool(owners) if keys is None else any(key in owners for key in keys)


def is_detailed(moment: Moment, keys: Sequence[str] | None) -> bool:
    """Test whether more than results is said of some of these series."""
    detailed = moment.index.detailed
    return bool(detailed) if keys is None else any(key in detailed for key in keys)


def source(moment: Moment, keys: Sequence[str] | None, binding: "Binding") -> str:
    """Name where observations are read from, as SQL: with `MORE` beside where it is told."""
    bound, rows = "", "observations"
    if moment.as_of is not None:
        last = current().last_change(at=moment.as_of)
        bound, rows = f"segment <= {binding.bind(last, 'BIGINT')}", "arrivals"
    if not reaches(moment, keys):
        return rows if not bound else f"(SELECT * FROM {rows} WHERE {bound}) AS told"
    made = (
        f"CASE WHEN o.series NOT IN (SELECT unnest({binding.bind(_untimed(moment), 'VARCHAR[]')}))"
        ' THEN coalesce(o.until, o."at") END'
    )
    if not is_detailed(moment, keys):
        where = f" WHERE {bound}" if bound else ""
        return (
            f'(SELECT o.series, o."at", until, value, text, {_KNOWN}, feed, o."at" AS kept_at,'
            f" {made} AS made, {_NOTHING} FROM {rows} o{where}) AS told"
        )
    details = DETAIL.name.replace(".", "_")
    if moment.as_of is not None:
        at = binding.bind(moment.as_of, "TIMESTAMPTZ")
        details = (
            f"(SELECT * FROM {details}_versions WHERE from_at <= {at}"
            f" AND (until_at IS NULL OR until_at > {at}) AND NOT gone)"
        )
        bound = f" AND ({bound} OR d.id IS NOT NULL)"
    ours = "WHEN d.id IS NOT NULL THEN d"
    return (
        f'(SELECT o.series, coalesce(d."at", o."at") AS "at",'
        f" CASE {ours}.until ELSE o.until END AS until,"
        f" CASE {ours}.value ELSE o.value END AS value,"
        f" CASE {ours}.text ELSE o.text END AS text, o.quality, o.origin, o.feed,"
        f' o."at" AS kept_at, CASE {ours}.made_at ELSE {made} END AS made,'
        " d.valid_from, d.valid_until, d.quality AS rated, d.parameters, d.result"
        f' FROM {rows} o LEFT JOIN {details} d ON d.series = o.series AND d.kept_at = o."at"'
        f" WHERE d.deleted IS NOT TRUE{bound}) AS told"
    )


def _untimed(moment: Moment) -> list[str]:
    return [key for key in moment.index.owners if not key.endswith(TIMED)]


def rows_of(table: "pa.Table", moment: Moment, key: str | None = None) -> list[Observation]:
    """Read rows as observations: of one series, or of those that the rows name."""
    names = ("at", "until", "value", "text", "quality", "origin")
    at, until, values, texts, quality, origin = (table[name].to_pylist() for name in names)
    keys = [key] * len(table) if key is not None else table["series"].to_pylist()
    told = zip(values, texts, strict=True)
    results = [value if text is None else text for value, text in told]
    rows = observe(series=keys, at=at, until=until, result=results, quality=quality, origin=origin)
    owners = moment.index.owners
    if not owners or not any(key in owners for key in set(keys)):
        return rows
    more: list[tuple[Any, ...]] = [(None,) * 7] * len(rows)
    if "kept_at" in table.column_names:
        columns = [table[name.strip()].to_pylist() for name in MORE.split(",")]
        more = list(zip(*columns, strict=True))
    return [
        _told(row, said, moment) if row.series in owners else row
        for row, said in zip(rows, more, strict=True)
    ]


def _told(row: Observation, said: tuple[Any, ...], moment: Moment) -> Told:
    kept_at, made, valid_from, valid_until, rated, parameters, result = said
    if kept_at is None and row.series.endswith(TIMED):
        made = row.until or row.at
    told = Told.__new__(Told)
    for name in ("series", "at", "until", "result", "quality", "origin"):
        object.__setattr__(told, name, getattr(row, name))
    quality = None if row.quality is Quality.UNCHECKED else row.quality.name.lower()
    more = More(
        id=f"{row.series}@{write_instant(kept_at or row.at)}",
        result=_result(row, result, moment),
        made=None if made is None else write_instant(made),
        valid=None if valid_from is None else _interval(valid_from, valid_until),
        quality=quality if rated is None else orjson.loads(rated),
        parameters=None if parameters is None else orjson.loads(parameters),
        detailed=row.series in moment.index.detailed,
    )
    object.__setattr__(told, "more", more)
    return told


def plain(row: Observation, moment: Moment) -> Told:
    """Tell of an observation of which nothing is said besides its result."""
    return _told(row, (None,) * 7, moment)


def _interval(start: datetime, end: datetime) -> str:
    return f"{write_instant(start)}/{write_instant(end)}"


def _result(row: Observation, result: str | None, moment: Moment) -> Any:
    """Say a result as it was sent: a number without a fraction as a whole one."""
    if result is not None:
        return orjson.loads(result)
    value = row.result
    if isinstance(value, str):
        return value
    stream = moment.get("Datastreams", moment.index.owner(row.series, "Datastream"))
    if stream and str(stream.values.get("observationType")).endswith("OM_TruthObservation"):
        return bool(value)
    return int(value) if value == int(value) and abs(value) < _EXACT else value


def observed(row: Told, name: str) -> Any:
    """Return one property of an observation."""
    if name == "phenomenonTime":
        return write_span(row.at, row.until)
    more = row.more
    return {
        "id": more.id,
        "result": more.result,
        "resultTime": more.made,
        "resultQuality": more.quality,
        "validTime": more.valid,
        "parameters": more.parameters,
    }.get(name)
