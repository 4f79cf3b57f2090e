"""What a range of time, a page of rows and a chart mean. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class UnableToAnswer(ValueError):
    """A question that cannot be answered as it is put: names the parameter and the mend."""

    def __init__(self, parameter: str, mend: str) -> None:
        super().__init__(f"{parameter}: {mend}")
        self.parameter = parameter
        self.mend = mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of time, open on either side where nothing is asked."""

    from_at: datetime | None = None
    until_at: datetime | None = None


def read_instant(parameter: str, text: str, zone: ZoneInfo) -> datetime | None:
    """Read an instant or a day as a person writes it in an address; a day begins in `zone`.

    Errors:  UnableToAnswer, for anything else and for years outside 1900 to 2199.
    """
    mend = "give a day like 2026-01-05, or an instant like 2026-01-05T09:15:00Z"
    text = text.strip()
    if not text:
        return None
    if len(text) > 40 or not text.isascii():
        raise UnableToAnswer(parameter, mend)
    try:
        if len(text) == 10:
            at = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            # In an address a plus sign reads as a space.
            at = datetime.fromisoformat(text.replace(" ", "+", 1) if "T" in text else text)
            at = at if at.tzinfo else at.replace(tzinfo=zone)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnableToAnswer(parameter, mend) from None
    if not EARLIEST <= at < LATEST:
        raise UnableToAnswer(parameter, "give a year from 1900 to 2199")
    return at


def read_window(from_text: str, until_text: str, zone: ZoneInfo) -> Window:
    """Read a span of time; errors: UnableToAnswer, also if it ends before it begins."""
    window = Window(
        from_at=read_instant("from", from_text, zone),
        until_at=read_instant("until", until_text, zone),
    )
    if window.from_at and window.until_at and window.until_at <= window.from_at:
        raise UnableToAnswer("until", "give a time after from")
    return window


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where it stands, and what it says."""

    position: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A line in a box of `width` by `height`, broken where there is no data."""

    width: int
    height: int
    paths: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    """Readings that stand alone, which a line would not show."""
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def draw(
    readings: Sequence[tuple[datetime, float]],
    *,
    zone: ZoneInfo,
    width: int = 720,
    height: int = 260,
    most: int = 720,
) -> Chart | None:
    """Lay readings out as a line; None for fewer than two.

    A gap of more than four usual steps breaks the line: what was not measured is not drawn.
    """
    if len(readings) < 2:
        return None
    kept = _thin(readings, most)
    low, high, step = scale(min(v for _, v in kept), max(v for _, v in kept))
    begin, span = kept[0][0], (kept[-1][0] - kept[0][0]).total_seconds() or 1.0

    def place(at: datetime, value: float) -> tuple[float, float]:
        x = (at - begin).total_seconds() / span * width
        return round(x, 1), round(height - (value - low) / (high - low) * height, 1)

    steps = sorted(b[0] - a[0] for a, b in pairwise(kept))
    gap = max(steps[len(steps) // 2] * 4, timedelta(seconds=1))
    runs: list[list[tuple[float, float]]] = [[place(*kept[0])]]
    for before, here in pairwise(kept):
        if here[0] - before[0] > gap:
            runs.append([])
        runs[-1].append(place(*here))
    decimals = max(0, -floor(log10(step)))
    count = round((high - low) / step)
    return Chart(
        width=width,
        height=height,
        paths=tuple("M" + "L".join(f"{x:g} {y:g}" for x, y in run) for run in runs if len(run) > 1),
        points=tuple(run[0] for run in runs if len(run) == 1),
        across=tuple(_times(begin, span, width, zone)),
        up=tuple(
            Tick(
                position=round(height - n / count * height, 1),
                words=f"{low + n * step:.{decimals}f}",
            )
            for n in range(count + 1)
        ),
    )


def _thin(
    readings: Sequence[tuple[datetime, float]], most: int
) -> Sequence[tuple[datetime, float]]:
    """Keep the lowest and the highest of each slice, so that no peak is lost."""
    if len(readings) <= most:
        return readings
    size = ceil(len(readings) / (most // 2))
    kept: list[tuple[datetime, float]] = []
    for start in range(0, len(readings), size):
        slice_ = readings[start : start + size]
        kept += sorted({min(slice_, key=_value), max(slice_, key=_value)})
    return kept


def _value(reading: tuple[datetime, float]) -> float:
    return reading[1]


def scale(low: float, high: float) -> tuple[float, float, float]:
    """Choose round ends and a round step of an axis that holds [low, high]."""
    size = high - low
    if not size > max(abs(low), abs(high)) * 1e-9:
        size = max(abs(high) * 0.1, 1e-6)
        low, high = low - size / 2, high + size / 2
    rough = size / 4
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    return floor(low / step) * step, ceil(high / step) * step, step


def _times(begin: datetime, span_s: float, width: int, zone: ZoneInfo) -> list[Tick]:
    pattern = "%d %b %H:%M" if span_s < 3 * 86400 else "%d %b" if span_s < 400 * 86400 else "%b %Y"
    ticks = []
    for n in range(5):
        at = (begin + timedelta(seconds=span_s * n / 4)).astimezone(zone)
        ticks.append(Tick(position=round(width * n / 4, 1), words=at.strftime(pattern)))
    return ticks
