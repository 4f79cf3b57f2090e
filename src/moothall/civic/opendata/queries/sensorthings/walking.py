"""A page of observations read stream by stream, in pieces of time: dear to nobody, however many.

For what asks nothing that the time and the stream do not answer. All else is asked of the lake.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moothall.civic.opendata.queries.sensorthings import told
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.filters import Call, Expression, Literal, Order, Path
from moothall.standards.sensorthings.query import Query
from moothall.values.observations import Observation

if TYPE_CHECKING:
    import pyarrow as pa

WHEN = Path(("phenomenonTime",))
_STEP = timedelta(microseconds=1)
LATEST = datetime.max.replace(tzinfo=UTC)
_FIRST_WINDOW = timedelta(days=1)
MOST_WALKED = 50
"""Streams that are read one by one for one page; of more, the lake is asked as a whole."""

MOST_SKIPPED = 10_000


def by_time(orderby: Sequence[Order]) -> bool | None:
    """Say whether the newest come first, where the order is that of time; None where it is not."""
    return orderby[0].descending if len(orderby) == 1 and orderby[0].by == WHEN else None


@dataclass(frozen=True, slots=True)
class Walk:
    """Which streams are read, over what span, from which end."""

    streams: Sequence[str]
    from_at: datetime | None
    until_at: datetime | None
    newest_first: bool
    after: tuple[str, datetime] | None
    moment: Moment
    bounded: bool
    """Whether the span is all that a question asks."""

    def take(self, wanted: int) -> list[Observation] | None:
        """Return the first rows; None where they cannot be had this way."""
        rows: list[Observation] = []
        walked = 0
        for key in self.streams:
            span = self._span(key)
            if span is None:
                continue
            walked += 1
            if walked > MOST_WALKED:
                return None
            for found in _windows(key, *span, newest_first=self.newest_first):
                if self.bounded and found["until"].null_count < len(found):
                    # Of an interval the bounds say less than the question does.
                    return None
                rows += told.rows_of(found.slice(0, wanted - len(rows)), self.moment, key)
                if len(rows) >= wanted:
                    return rows
        return rows

    def _span(self, key: str) -> tuple[datetime, datetime] | None:
        """Narrow the span to what there is of a stream, and to what earlier pages left."""
        newest = self.moment.latest.get(key)
        if newest is None:
            return None
        begins, ends = [newest.first_at], [newest.observation.at + _STEP]
        if self.from_at is not None:
            begins.append(self.from_at)
        if self.until_at is not None:
            ends.append(self.until_at)
        if self.after is not None and key == self.after[0]:
            if self.newest_first:
                ends.append(self.after[1])
            else:
                begins.append(self.after[1] + _STEP)
        begin, end = max(begins), min(ends)
        return (begin, end) if begin < end else None


def plan(
    keys: Sequence[str] | None, query: Query, after: tuple[str, datetime] | None, moment: Moment
) -> Walk | None:
    """Say how a page can be read stream by stream; None of a page that cannot."""
    alone = keys is not None and len(keys) == 1
    newest_first = by_time(query.orderby)
    if query.orderby and (newest_first is None or not alone):
        return None
    if query.skip > MOST_SKIPPED or moment.as_of is not None or told.is_detailed(moment, keys):
        return None
    bounds: tuple[datetime | None, datetime | None] | None = (None, None)
    if query.filter is not None:
        bounds = _bounds(query.filter) if alone else None
    if bounds is None:
        return None
    streams = moment.index.list_series() if keys is None else sorted(keys)
    if after is not None:
        streams = [key for key in streams if key >= after[0]]
    bounded = query.filter is not None
    return Walk(streams, *bounds, bool(newest_first), after, moment, bounded)


def _bounds(expression: Expression) -> tuple[datetime | None, datetime | None] | None:
    """Return [from, until) where a question bounds the time and says nothing else."""
    if not isinstance(expression, Call):
        return None
    if expression.name == "and":
        parts = [_bounds(part) for part in expression.arguments]
        if any(part is None for part in parts):
            return None
        begins = [part[0] for part in parts if part and part[0]]
        ends = [part[1] for part in parts if part and part[1]]
        return max(begins, default=None), min(ends, default=None)
    left, *rest = expression.arguments or (None,)
    if left != WHEN or len(rest) != 1 or not isinstance(rest[0], Literal):
        return None
    if rest[0].kind != "time":
        return None
    at = evaluation.read_literal(rest[0]).start
    if at == LATEST:
        return None
    found: Mapping[str, tuple[datetime | None, datetime | None]] = {
        "ge": (at, None),
        "gt": (at + _STEP, None),
        "after": (at + _STEP, None),
        "lt": (None, at),
        "before": (None, at),
        "le": (None, at + _STEP),
    }
    return found.get(expression.name)


def _windows(
    key: str, begin: datetime, end: datetime, *, newest_first: bool
) -> "Iterator[pa.Table]":
    """Read a stream in spans, each twice as long as the one before, from whichever end."""
    lake, width = current(), _FIRST_WINDOW
    while begin < end:
        if newest_first:
            start = max(begin, end - width)
            rows = lake.read_series(key, from_at=start, until_at=end)
            yield rows.take(list(range(len(rows) - 1, -1, -1)))
            end = start
        else:
            stop = min(end, begin + width)
            yield lake.read_series(key, from_at=begin, until_at=stop)
            begin = stop
        width *= 2
