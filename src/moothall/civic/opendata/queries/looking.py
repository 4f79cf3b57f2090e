"""What one column of a dataset holds, and what two come to when they are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from moothall.civic.opendata.queries.datasets import Dataset, city_zone
from moothall.civic.opendata.queries.rows import ROW, Asking, read_rows
from moothall.civic.opendata.queries.sources import list_columns
from moothall.civic.opendata.rules.charting import (
    MOST_BARS,
    MOST_DOTS,
    MOST_GROUPS,
    Ask,
    Datum,
    choose_width,
    list_offsets,
)
from moothall.civic.opendata.rules.filtering import Filter, Question
from moothall.kernel.observations.lake import current
from moothall.values.observations import Column

NUMBERS = frozenset({"integer", "number"})
TIMES = frozenset({"date", "datetime"})
MOST_VALUES = 20
BINS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """How many numbers lie in [low, high); the last bin holds its end too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the rows asked for say in one column."""

    column: Column
    rows: int
    missing: int
    distinct: int
    exact: bool
    """Whether `distinct` was counted; else it is a close estimate."""
    least: Any = None
    most: Any = None
    mean: float | None = None
    median: float | None = None
    values: tuple[tuple[Any, int], ...] = ()
    """The most frequent values with how often they stand there."""
    bins: tuple[Bin, ...] = ()

    @property
    def present(self) -> int:
        """How many rows say something."""
        return self.rows - self.missing


FEW = 100_000
"""Of so many rows, different values are counted; of more, estimated."""


def summarise(dataset: Dataset, question: Question, name: str) -> Summary:
    """Say what a column holds over the rows asked for; errors: KeyError, UnableToAnswer."""
    asking = Asking(dataset, question)
    column, said = asking.source.column(name), asking.sql(name)
    many = (asking.source.known_total or dataset.rows) > FEW
    distinct = f"approx_count_distinct({said})" if many else f"count(DISTINCT {said})"
    numbers = column.type in NUMBERS
    ends = numbers or column.type in TIMES
    parts = [
        "count(*) AS n",
        f"count(*) - count({said}) AS missing",
        f"{distinct} AS different",
        f"min({said}) AS least" if ends else "NULL AS least",
        f"max({said}) AS most" if ends else "NULL AS most",
        f"avg({said}) AS mean" if numbers else "NULL AS mean",
        (f"approx_quantile({said}, 0.5)" if many else f"median({said})") + " AS middle"
        if numbers
        else "NULL AS middle",
    ]
    (row,) = asking.run(f"SELECT {', '.join(parts)} FROM {asking.rows(of=(name,))}").to_pylist()
    bins: tuple[Bin, ...] = ()
    values: tuple[tuple[Any, int], ...] = ()
    if numbers and row["different"] > MOST_VALUES and row["least"] < row["most"]:
        bins = _bin(asking, name, float(row["least"]), float(row["most"]))
    elif column.name != "geometry":
        values = _frequent(asking, name)
    return Summary(
        column=column,
        rows=row["n"],
        missing=row["missing"],
        distinct=row["different"],
        exact=not many,
        least=row["least"],
        most=row["most"],
        mean=row["mean"],
        median=row["middle"],
        values=values,
        bins=bins,
    )


def _frequent(asking: Asking, name: str) -> tuple[tuple[Any, int], ...]:
    said = asking.sql(name)
    there = asking.rows(f"{said} IS NOT NULL", of=(name,))
    found = asking.run(
        f"SELECT {said} AS value, count(*) AS n FROM {there}"
        f" GROUP BY 1 ORDER BY n DESC, value LIMIT {MOST_VALUES}"
    )
    return tuple((row["value"], row["n"]) for row in found.to_pylist())


def _bin(asking: Asking, name: str, least: float, most: float) -> tuple[Bin, ...]:
    bind, said = asking.binding.bind, asking.sql(name)
    low, wide = bind(least, "DOUBLE"), bind((most - least) / BINS, "DOUBLE")
    found = asking.run(
        f"SELECT least(CAST(floor(({said} - {low}) / {wide}) AS BIGINT), {BINS - 1}) AS bin,"
        f" count(*) AS n FROM {asking.rows(f'{said} IS NOT NULL', of=(name,))} GROUP BY 1"
    ).to_pylist()
    counts = {row["bin"]: row["n"] for row in found}
    width = (most - least) / BINS
    return tuple(
        Bin(low=least + n * width, high=least + (n + 1) * width, count=counts.get(n, 0))
        for n in range(BINS)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a chart shows: its points by group, and what it leaves out."""

    data: tuple[Datum, ...]
    width: timedelta | None = None
    """The span of time that each point stands for, where the x-axis is of time."""
    missing: int = 0
    """Rows without a value to draw."""
    left_out: int = 0
    """Groups, bars or dots that there was no room for."""


def read_chart(dataset: Dataset, question: Question, ask: Ask) -> Drawn:
    """Return what a chart of a dataset's rows is drawn of; errors: KeyError, UnableToAnswer."""
    if ask.kind == "histogram":
        return _histogram(summarise(dataset, question, ask.x))
    asking = Asking(dataset, question)
    x, y = asking.sql(ask.x), asking.sql(ask.y) if ask.y else ""
    used = tuple(name for name in (ask.x, ask.y, ask.group) if name)
    timed = asking.source.column(ask.x).type in TIMES
    ends = f"min({x}) AS first, max({x}) AS last" if timed else "NULL AS first, NULL AS last"
    no_y = f" OR {y} IS NULL" if y else ""
    (row,) = asking.run(
        f"SELECT {ends}, count(*) FILTER (WHERE {x} IS NULL{no_y}) AS missing"
        f" FROM {asking.rows(of=used)}"
    ).to_pylist()
    if timed and row["first"] is None:
        return Drawn(data=(), missing=row["missing"])
    kept, others = _groups(asking, ask)
    there = (kept, f"{x} IS NOT NULL", f"{y} IS NOT NULL" if y else "")
    group = f"CAST({asking.sql(ask.group)} AS VARCHAR)" if ask.group else "''"
    if ask.kind == "scatter":
        found = asking.run(
            f"SELECT {x} AS x, {y} AS total, {group} AS part, count(*) OVER () AS n"
            f" FROM {asking.rows(*there, of=(*used, ROW))}"
            f" ORDER BY hash({asking.source.row}) LIMIT {MOST_DOTS}"
        ).to_pylist()
        data = _data(found)
        others += found[0]["n"] - len(found) if found else 0
        return Drawn(data=data, missing=row["missing"], left_out=others)
    width = choose_width(_at(row["first"]), _at(row["last"])) if timed else None
    place = _span_of(asking, ask.x, width, row) if width else x
    found = asking.run(
        f"SELECT {place} AS x, {group} AS part, {_total(ask, y)} AS total"
        f" FROM {asking.rows(*there, of=used)} GROUP BY 1, 2"
        f" ORDER BY {'x' if width else 'total DESC NULLS LAST, x'} LIMIT {MOST_MADE}"
    ).to_pylist()
    data = _data(found)
    if width is None and ask.kind == "bar":
        names = list(dict.fromkeys(one.x for one in data))
        others += max(len(names) - MOST_BARS, 0)
        shown = set(names[:MOST_BARS])
        data = tuple(one for one in data if one.x in shown)
    return Drawn(data=data, width=width, missing=row["missing"], left_out=others)


MOST_MADE = 5_000


def _data(found: list[dict[str, Any]]) -> tuple[Datum, ...]:
    return tuple(Datum(x=row["x"], y=row["total"], group=row["part"] or "") for row in found)


def _at(value: date | datetime | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time())


def _histogram(held: Summary) -> Drawn:
    bins = held.bins or tuple(
        Bin(low=float(value), high=float(value), count=count)
        for value, count in sorted(held.values)
    )
    data = tuple(Datum(x=(one.low, one.high), y=one.count) for one in bins)
    return Drawn(data=data, missing=held.missing)


def _groups(asking: Asking, ask: Ask) -> tuple[str, int]:
    """Return what keeps the largest groups, as SQL, and how many others there are."""
    if not ask.group:
        return "", 0
    said = asking.sql(ask.group)
    found = asking.run(
        f"SELECT {said} AS part, count(*) AS n, count(*) OVER () AS groups"
        f" FROM {asking.rows(f'{said} IS NOT NULL', of=(ask.group,))} GROUP BY 1"
        f" ORDER BY n DESC, part LIMIT {MOST_GROUPS}"
    ).to_pylist()
    listed = Filter(ask.group, "in", tuple(row["part"] for row in found))
    others = found[0]["groups"] - len(found) if found else 0
    return asking.condition(listed), others


def _span_of(asking: Asking, name: str, width: timedelta, ends: dict[str, Any]) -> str:
    """Say in SQL in which span of time something lies, as the city's clock shows it."""
    said, day = asking.sql(name), 86_400_000_000
    if asking.source.column(name).type == "date":
        micros = f"epoch_us(CAST({said} AS TIMESTAMP))"
    else:
        micros = _on_the_clock(f"epoch_us({said})", ends["first"], ends["last"])
    for days, unit in ((365, "year"), (28, "month")):
        if width.days >= days:
            return f"date_trunc('{unit}', make_timestamp({micros}))"
    wide = width // timedelta(microseconds=1)
    # The first day of 1970 was a Thursday: weeks begin on Mondays.
    ahead = 3 * day if width.days == 7 else 0
    return f"make_timestamp(({micros} + {ahead}) // {wide} * {wide} - {ahead})"


def _on_the_clock(micros: str, first: datetime, last: datetime) -> str:
    """Turn instants into the city's own time by arithmetic, which costs a hundredth of asking."""
    cases = list_offsets(ZoneInfo(city_zone()), first, last)
    said = " ".join(f"WHEN {micros} < {until} THEN {offset}" for until, offset in cases[:-1])
    return (
        f"({micros} + CASE {said} ELSE {cases[-1][1]} END)"
        if said
        else f"({micros} + {cases[-1][1]})"
    )


def _total(ask: Ask, y: str) -> str:
    names = {"sum": "sum", "mean": "avg", "min": "min", "max": "max", "median": "median"}
    return f"{names[ask.sum]}({y})" if y and ask.sum in names else "count(*)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a feed measures: of how many things, and which quantities, the most frequent first."""

    things: int
    properties: tuple[tuple[str, str], ...]
    """Quantity and unit."""


MOST_PROPERTIES = 5
SAMPLED = 20


def get_measured(dataset: Dataset) -> Measured:
    """Say what the observations of a dataset are of."""
    asked = "FROM series WHERE feed = $1"
    lake = current()
    counted = lake.query(f"SELECT count(DISTINCT thing) AS n {asked}", (dataset.name,))
    found = lake.query(
        f"SELECT observed_property, unit {asked} GROUP BY ALL ORDER BY count(*) DESC, 1, 2"
        f" LIMIT {MOST_PROPERTIES}",
        (dataset.name,),
    )
    names, units = (found[name].to_pylist() for name in ("observed_property", "unit"))
    return Measured(
        things=int(counted["n"][0].as_py()), properties=tuple(zip(names, units, strict=True))
    )


def list_examples(dataset: Dataset) -> Mapping[str, tuple[Any, ...]]:
    """Return up to two different values of each column, out of the first rows."""
    names = [one.name for one in list_columns(dataset) if one.name != "geometry"]
    if not names:
        return {}
    found = read_rows(dataset, limit=SAMPLED, columns=names, count=False).table
    return {
        name: tuple(dict.fromkeys(value for value in found[name].to_pylist() if value is not None))[
            :2
        ]
        for name in names
    }
