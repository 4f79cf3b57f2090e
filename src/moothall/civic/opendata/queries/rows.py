"""A dataset's rows, in pieces small enough for memory however many there are.

Each piece is a table whose columns are ready to be written: instants as instants, quality and
origin in words. Nothing is held open between pieces, so a slow reader costs nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.rules import EARLIEST, LATEST, Window
from moothall.kernel.observations.lake import current
from moothall.kernel.tables import versions
from moothall.values.observations import Kind, Origin, Quality

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=10)
_STEPS = f"""
SELECT CAST(floor(epoch("at") / {_STEP.seconds}) AS BIGINT) AS step, count(*) AS rows
FROM observations WHERE feed = ? AND "at" >= ? AND "at" < ? GROUP BY 1 ORDER BY 1
"""


def _words(column: str, names: type[Origin] | type[Quality]) -> str:
    cases = " ".join(f"WHEN {int(one)} THEN '{one.name.lower()}'" for one in names)
    return f"CASE {column} {cases} END"


_OBSERVED = f"""
SELECT o.series, s.thing, s.observed_property AS property, o."at", o.until, o.value, o.text, s.unit,
  {_words("o.quality", Quality)} AS quality, {_words("o.origin", Origin)} AS origin, s.lon, s.lat
FROM observations o JOIN series s ON s.key = o.series
WHERE o.feed = ? AND o."at" >= ? AND o."at" < ? ORDER BY o."at", o.series
"""


def list_pieces(dataset: Dataset, window: Window) -> "Iterator[pa.Table]":
    """Give a dataset's rows over a span, oldest first; records are those that hold now.

    Shape:   the dataset's columns in order, then `lon` and `lat` or `geometry` (GeoJSON text).
             For records the span is of `from_at`, the instant their newest version began.
    """
    if dataset.table is not None and dataset.table.version is not None:
        yield from versions.stream(dataset.table.version)
        return
    from_at, until_at = window.from_at or EARLIEST, window.until_at or LATEST
    if dataset.kind is not None:
        yield from _records(dataset.kind, from_at, until_at)
        return
    for begin, end in _spans(dataset.name, from_at, until_at):
        table = current().query(_OBSERVED, (dataset.name, begin, end))
        for start in range(0, table.num_rows, PIECE):
            yield table.slice(start, PIECE)


def _spans(feed: str, from_at: datetime, until_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Name runs of whole steps that each hold about a piece of rows: of a busy day, minutes."""
    steps = current().query(_STEPS, (feed, from_at, until_at)).to_pylist()
    begin: datetime | None = None
    rows = 0
    for number, step in enumerate(steps):
        starts = _EPOCH + step["step"] * _STEP
        begin = max(starts, from_at) if begin is None else begin
        rows += step["rows"]
        if rows >= PIECE or number == len(steps) - 1:
            yield begin, min(starts + _STEP, until_at)
            begin, rows = None, 0


def _records(kind: Kind, from_at: datetime, until_at: datetime) -> "Iterator[pa.Table]":
    lake = current()
    if kind.name not in lake.list_kinds():
        return
    own = "".join(f'"{column.name}", ' for column in kind.columns if column.name not in FIXED)
    sql = (
        f"SELECT id, {own}from_at, {_words('origin', Origin)} AS origin, geometry"
        f" FROM {kind.name.replace('.', '_')} WHERE from_at >= ? AND from_at < ? ORDER BY id"
    )
    table = lake.query(sql, (from_at, until_at))
    for start in range(0, table.num_rows, PIECE):
        yield table.slice(start, PIECE)


FIXED = frozenset({"id", "from_at", "until_at", "geometry", "gone", "origin"})
