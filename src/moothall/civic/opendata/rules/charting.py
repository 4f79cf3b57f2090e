"""What a chart of a dataset's rows is: what may be asked for, and where its marks stand. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from moothall.civic.opendata.rules import Tick, UnableToAnswer, scale
from moothall.values.observations import Column

KINDS = ("line", "bar", "scatter", "histogram")
SUMS = ("count", "sum", "mean", "min", "max", "median")
MOST_GROUPS, MOST_BARS, MOST_DOTS = 6, 24, 1_000
MOST_POINTS = 150
"""Spans of time that a chart has room for."""
NUMBERS = frozenset({"integer", "number"})
TIMES = frozenset({"date", "datetime"})
WIDTHS = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 60, 180, 360, 1440, 7 * 1440, 28 * 1440, 365 * 1440)
)
"""The spans of time that a chart is drawn in, each by its shortest; a month is 28 days or more."""
WIDTH, HEIGHT = 720, 320
BAR, GAP = 22, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to draw: a kind of chart, what stands where, summed up how, apart by what."""

    x: str
    y: str = ""
    sum: str = "count"
    group: str = ""
    kind: str = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One point: for a histogram `x` is from and to, for time the beginning of its span."""

    x: Any
    y: Any
    group: str = ""


def read_ask(given: Mapping[str, str], columns: Sequence[Column]) -> Ask:
    """Read what to draw; what is not said is chosen so that something can be seen.

    Errors:  UnableToAnswer for a column or a way to sum up that there is not.
    """
    known = {one.name: one for one in columns if one.name != "geometry"}
    for name in ("_x", "_y", "_group"):
        if given.get(name) and given[name] not in known:
            raise UnableToAnswer(name, f"there is no such column; there are {', '.join(known)}")
    numbers = [one.name for one in columns if one.type in NUMBERS and not _of_place(one)]
    times = [one.name for one in columns if one.type in TIMES]
    texts = [one.name for one in columns if one.type in {"string", "boolean"}]
    x = given.get("_x") or next(iter([*times, *_without_id(texts), *texts, *known]), "")
    y = given.get("_y", "") if "_y" in given else next((n for n in numbers if n != x), "")
    if y and known[y].type not in NUMBERS:
        raise UnableToAnswer("_y", "draw a column of numbers, or none to count the rows")
    sum_ = given.get("_sum") or ("mean" if y else "count")
    kind = given.get("_kind") or _usual_kind(known.get(x))
    if sum_ not in SUMS:
        raise UnableToAnswer("_sum", f"sum up by one of {', '.join(SUMS)}")
    if kind not in KINDS:
        raise UnableToAnswer("_kind", f"draw one of {', '.join(KINDS)}")
    if kind == "histogram" and known[x].type not in NUMBERS:
        raise UnableToAnswer("_kind", "a histogram is of a column of numbers: choose one for _x")
    if kind == "scatter" and not (y and known[x].type in NUMBERS | TIMES):
        raise UnableToAnswer("_kind", "dots need a number or a time for _x and a number for _y")
    if kind == "line" and known[x].type not in NUMBERS | TIMES:
        raise UnableToAnswer("_kind", "a line needs a time or a number for _x: choose bars instead")
    return Ask(x=x, y=y, sum=sum_ if y else "count", group=given.get("_group", ""), kind=kind)


def _of_place(column: Column) -> bool:
    return column.unit == "deg" and column.name in {"lon", "lat"}


def _without_id(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in {"id", "series"}]


def _usual_kind(column: Column | None) -> str:
    if column is not None and column.type in TIMES:
        return "line"
    return "histogram" if column is not None and column.type in NUMBERS else "bar"


def choose_width(first: datetime | None, last: datetime | None) -> timedelta:
    """Choose the span of time that each point stands for."""
    if first is None or last is None:
        return WIDTHS[0]
    return next((one for one in WIDTHS if (last - first) / one <= MOST_POINTS), WIDTHS[-1])


def list_offsets(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """Return how far a zone's clock is ahead of UTC between two instants.

    Shape:   (until, ahead) in microseconds, the last until for ever.
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    begin, end = (at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) for at in (first, last))
    found: list[tuple[int, int]] = []
    at = begin
    while at < end:
        after = min(at + timedelta(days=30), end)
        if _ahead(zone, at) != _ahead(zone, after):
            low, high = at, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                low, high = (
                    (middle, high) if _ahead(zone, middle) == _ahead(zone, at) else (low, middle)
                )
            # Clocks change on a whole minute.
            turn = high.replace(second=0, microsecond=0)
            found.append(((turn - epoch) // timedelta(microseconds=1), _ahead(zone, at)))
        at = after
    return [*found, (2**62, _ahead(zone, end))]


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    ahead = at.astimezone(zone).utcoffset() or timedelta(0)
    return ahead // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One group's part of a picture; `number` chooses its colour, dash, sign and hatching."""

    name: str
    number: int
    paths: tuple[str, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()
    bars: tuple[tuple[float, float, float, float], ...] = ()
    """x, y, width, height."""
    label: tuple[float, float] | None = None
    """Where its name stands, beside the end of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart laid out in a box of `width` by `height`."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    across: tuple[Tick, ...] = ()
    up: tuple[Tick, ...] = ()
    beside: float = 64
    """Room at the left, for words."""
    after: float = 120
    """Room at the right."""


def draw(kind: str, data: Sequence[Datum], *, step: timedelta | None = None) -> Picture | None:
    """Lay a chart out; None where there is nothing to draw."""
    shown = [one for one in data if one.y is not None]
    if not shown:
        return None
    if kind == "bar":
        return _bars(shown)
    if kind == "histogram":
        return _histogram(shown)
    return _points(kind, shown, step)


def _points(kind: str, data: Sequence[Datum], step: timedelta | None) -> Picture:
    xs = [_number(one.x) for one in data]
    low, high, up = _axis([float(one.y) for one in data])
    left, right = min(xs), max(xs)
    wide = right - left or 1.0

    def place(one: Datum) -> tuple[float, float]:
        return (
            round((_number(one.x) - left) / wide * WIDTH, 1),
            round(HEIGHT - (float(one.y) - low) / (high - low) * HEIGHT, 1),
        )

    marks = []
    gap = None if step is None else step.total_seconds() * 1.5 * (1.1 if step.days >= 28 else 1)
    for number, name in enumerate(_names(data)):
        own = sorted((one for one in data if one.group == name), key=lambda one: _number(one.x))
        dots = tuple(map(place, own))
        paths: tuple[str, ...] = ()
        if kind == "line":
            paths = tuple(_runs(own, dots, gap))
            dots = dots if len(dots) <= 40 else ()
        marks.append(Mark(name=name, number=number, paths=paths, dots=dots, label=place(own[-1])))
    times = isinstance(data[0].x, date)
    across = _time_ticks(left, right) if times else _number_ticks(left, right)
    return Picture(width=WIDTH, height=HEIGHT, marks=tuple(_apart(marks)), across=across, up=up)


def _runs(
    own: Sequence[Datum], dots: Sequence[tuple[float, float]], gap: float | None
) -> Iterable[str]:
    """Draw a line, broken where nothing was measured."""
    run: list[tuple[float, float]] = []
    for index, dot in enumerate(dots):
        far = gap is not None and index and _number(own[index].x) - _number(own[index - 1].x) > gap
        if far and run:
            yield _path(run)
            run = []
        run.append(dot)
    yield _path(run)


def _path(run: Sequence[tuple[float, float]]) -> str:
    # A line to where it begins is a dot, where the ends of lines are round.
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in (run if len(run) > 1 else [*run, *run]))


def _apart(marks: Sequence[Mark]) -> Iterable[Mark]:
    """Move names apart that would stand on each other."""
    taken: list[float] = []
    for mark in sorted(marks, key=lambda one: one.label[1] if one.label else 0):
        assert mark.label is not None  # noqa: S101 - every line ends somewhere
        at = max([mark.label[1], *(y + 16 for y in taken[-1:])])
        taken.append(at)
        yield replace(mark, label=(WIDTH + 10.0, at))


def _bars(data: Sequence[Datum]) -> Picture:
    """Lay bars out from the left, a name before each: long names are read, not turned."""
    rows = list(dict.fromkeys(one.x for one in data))
    names = _names(data)
    low, high, up = _axis([0.0, *(float(one.y) for one in data)])
    thick = max(BAR / len(names), 8)
    tall = thick * len(names) + GAP

    def across(value: float) -> float:
        return (value - low) / (high - low) * WIDTH

    zero = across(0.0)
    marks = []
    for number, name in enumerate(names):
        bars = []
        for one in (one for one in data if one.group == name):
            end = across(float(one.y))
            y = rows.index(one.x) * tall + number * thick
            bars.append(
                (
                    round(min(zero, end), 1),
                    round(y, 1),
                    round(abs(end - zero), 1),
                    round(thick - 1, 1),
                )
            )
        marks.append(Mark(name=name, number=number, bars=tuple(bars)))
    height = tall * len(rows)
    ticks = tuple(
        Tick(position=round(index * tall + thick * len(names) / 2, 1), words=str(one))
        for index, one in enumerate(rows)
    )
    values = tuple(
        Tick(position=round(WIDTH - t.position / HEIGHT * WIDTH, 1), words=t.words) for t in up
    )
    return Picture(
        width=WIDTH,
        height=height,
        marks=tuple(marks),
        across=values,
        up=ticks,
        beside=210,
        after=24,
    )


def _histogram(data: Sequence[Datum]) -> Picture:
    left, right = data[0].x[0], data[-1].x[1]
    wide = (right - left) or 1.0
    _low, high, up = _axis([0.0, *(float(one.y) for one in data)])
    bars = []
    for one in data:
        x = (one.x[0] - left) / wide * WIDTH
        width = max((one.x[1] - one.x[0]) / wide * WIDTH - 1, 4)
        tall = float(one.y) / high * HEIGHT
        bars.append((round(x, 1), round(HEIGHT - tall, 1), round(width, 1), round(tall, 1)))
    return Picture(
        width=WIDTH,
        height=HEIGHT,
        marks=(Mark(name="", number=0, bars=tuple(bars)),),
        across=_number_ticks(left, right),
        up=up,
        after=40,
    )


def _names(data: Sequence[Datum]) -> list[str]:
    return list(dict.fromkeys(sorted(one.group for one in data)))


def _axis(values: Sequence[float]) -> tuple[float, float, tuple[Tick, ...]]:
    low, high, step = scale(min(values), max(values))
    decimals = max(0, -floor(log10(step)))
    count = round((high - low) / step)
    ticks = tuple(
        Tick(
            position=round(HEIGHT - n / count * HEIGHT, 1),
            words=f"{low + n * step:,.{decimals}f}",
        )
        for n in range(count + 1)
    )
    return low, high, ticks


def _number(value: Any) -> float:
    """Say where a value stands on an axis: instants in seconds."""
    if isinstance(value, datetime):
        return (value.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001
    if isinstance(value, date):
        return _number(datetime.combine(value, time()))
    return float(value)


def _number_ticks(left: float, right: float) -> tuple[Tick, ...]:
    places = [left + (right - left) * n / 4 for n in range(5)] if right > left else [left]
    return tuple(
        Tick(position=round(WIDTH * n / max(len(places) - 1, 1), 1), words=f"{at:,.4g}")
        for n, at in enumerate(places)
    )


def _time_ticks(left: float, right: float) -> tuple[Tick, ...]:
    span = right - left
    pattern = "%d %b %H:%M" if span < 3 * 86400 else "%d %b" if span < 300 * 86400 else "%b %Y"
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - the city's own clock, as it shows
    places = [left + span * n / 4 for n in range(5)] if span else [left]
    return tuple(
        Tick(
            position=round(WIDTH * n / max(len(places) - 1, 1), 1),
            words=(epoch + timedelta(seconds=at)).strftime(pattern),
        )
        for n, at in enumerate(places)
    )
