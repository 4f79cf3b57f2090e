"""The rows of what the portal publishes about itself, as they are at one instant."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries import datasets, own, quality, tables, usage
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.kernel.feeds import issues
from moothall.kernel.tables import versions
from moothall.kernel.tables.versions import Version
from moothall.standards.tables.faults import SORTS

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 20_000
LOOK_BACK = 12
"""In how many versions before the newest a fault is looked for."""
Row = tuple[Any, ...]


def read(dataset: Dataset) -> "pa.Table":
    """Make the rows of one of the portal's own datasets, as of `as_of`.

    Shape:   the dataset's columns, and `_n`, which counts the rows from 1.
    """
    import pyarrow as pa

    if dataset.as_of is None:
        raise ValueError(f"{dataset.name} does not say of when it is")
    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "datetime": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(column.name, types[column.type]) for column in dataset.columns])
    rows, pieces = _ROWS[dataset.name](dataset.as_of), []
    while piece := list(islice(rows, PIECE)):
        columns = zip(zip(*piece, strict=True), schema, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        pieces.append(pa.record_batch(arrays, schema=schema))
    made = pa.Table.from_batches(pieces, schema=schema)
    return made.append_column("_n", pa.array(range(1, made.num_rows + 1), pa.int64()))


def _quality(now: datetime) -> Iterator[Row]:
    listed = datasets.list_datasets(now)
    for one, score in zip(listed, quality.judge(listed, now), strict=True):
        for part in score.parts:
            yield (
                one.name,
                one.title,
                score.points,
                score.stars.count,
                part.rule,
                part.points,
                part.lost,
                quality.say_reason(part),
                part.mender.value if part.mender else "",
                now,
            )


def _issues(now: datetime) -> Iterator[Row]:
    for entry in tables.list_published():
        if entry.version is not None:
            yield from _faults(entry.version)
    for one in issues.list_standing(feed.name for feed in datasets.list_open_feeds(now)):
        yield (
            one.feed,
            "feed",
            None,
            "",
            one.where,
            "",
            one.what,
            one.severity.value,
            one.mender.value,
            one.first_at,
            one.last_at,
        )


def _faults(newest: Version) -> Iterator[Row]:
    """Give the faults of a table, each since the first version in a line that has it."""
    before = [
        one
        for one in versions.list_versions(newest.name)
        if one.number < newest.number and not one.gone
    ][-LOOK_BACK:]
    faults = versions.read_faults(newest).to_pylist()
    since = dict.fromkeys(map(_same, faults), newest.at)
    waiting = set(since)
    for version in reversed(before):
        waiting &= {_same(fault) for fault in versions.read_faults(version).to_pylist()}
        if not waiting:
            break
        since.update(dict.fromkeys(waiting, version.at))
    for fault in faults:
        sort = SORTS[fault["sort"]]
        yield (
            newest.name,
            "table",
            fault["row"],
            fault["column"],
            "",
            fault["sort"],
            sort.words,
            sort.severity.value,
            sort.mender.value,
            since[_same(fault)],
            newest.at,
        )


def _same(fault: Mapping[str, Any]) -> tuple[Any, ...]:
    """Tell by what a fault of one version is that of another: rows may have moved."""
    return fault["sort"], fault["column"], fault["value"] or fault["row"]


def _usage(now: datetime) -> Iterator[Row]:
    for one in usage.list_uses():
        yield one.dataset, one.month, one.form, one.downloads


_ROWS: Mapping[str, Callable[[datetime], Iterator[Row]]] = {
    own.QUALITY: _quality,
    own.ISSUES: _issues,
    own.USAGE: _usage,
}
