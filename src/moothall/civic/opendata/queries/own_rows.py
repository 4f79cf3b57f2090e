"""The rows of what the portal publishes about itself, as they are at one instant."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries import datasets, own, quality, tables, usage
from moothall.civic.opendata.queries.datasets import Dataset
from moothall.kernel.feeds import issues
from moothall.kernel.feeds.issues import StandingIssue
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
    parts = [part.cast(schema) for part in _PARTS[dataset.name](dataset.as_of, schema)]
    made = pa.concat_tables([schema.empty_table(), *parts])
    return made.append_column("_n", pa.array(range(1, made.num_rows + 1), pa.int64()))


def _laid_out(rows: Iterator[Row], schema: "pa.Schema") -> "Iterator[pa.Table]":
    """Lay rows out in columns, some thousands at a time."""
    import pyarrow as pa

    while piece := list(islice(rows, PIECE)):
        columns = zip(zip(*piece, strict=True), schema, strict=True)
        yield pa.table([pa.array(values, field.type) for values, field in columns], schema=schema)


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


def _issues(now: datetime, schema: "pa.Schema") -> "Iterator[pa.Table]":
    for entry in tables.list_published():
        if entry.version is not None:
            # A table whose file is away keeps nobody from the faults of the others.
            with suppress(OSError):
                yield _faults(entry.version, schema)
    feeds = (feed.name for feed in datasets.list_open_feeds(now))
    yield from _laid_out(map(_issue, issues.list_standing(feeds)), schema)


def _issue(one: StandingIssue) -> Row:
    return (
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


def _faults(newest: Version, schema: "pa.Schema") -> "pa.Table":
    """Lay out the faults of a table, each since the first version in a line that has it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    faults = versions.read_faults(newest).combine_chunks()
    if not faults.num_rows:
        return schema.empty_table()
    same, instant = _same(faults), schema.field("first_at").type
    stands, since = pc.is_valid(same), pa.repeat(pa.scalar(newest.at, instant), len(same))
    before = [
        one
        for one in versions.list_versions(newest.name)
        if one.number < newest.number and not one.gone
    ]
    for version in reversed(before[-LOOK_BACK:]):
        stands = pc.and_(stands, pc.is_in(same, _same(versions.read_faults(version))))
        if not pc.any(stands).as_py():
            break
        since = pc.if_else(stands, pa.scalar(version.at, instant), since)
    told = faults["sort"].combine_chunks()
    place = pc.index_in(told, pa.array(list(SORTS)))
    empty = pa.repeat(pa.scalar(""), faults.num_rows)

    def say(words: Iterable[str]) -> Any:
        return pa.array(list(words)).take(place)

    return pa.table(
        [
            pa.repeat(pa.scalar(newest.name), faults.num_rows),
            pa.repeat(pa.scalar("table"), faults.num_rows),
            faults["row"],
            faults["column"],
            empty,
            told,
            say(sort.words for sort in SORTS.values()),
            say(sort.severity.value for sort in SORTS.values()),
            say(sort.mender.value for sort in SORTS.values()),
            since,
            pa.repeat(pa.scalar(newest.at, instant), faults.num_rows),
        ],
        schema=schema,
    )


def _same(faults: "pa.Table") -> Any:
    """Tell by what a fault of one version is that of another: rows may have moved."""
    import pyarrow as pa
    import pyarrow.compute as pc

    row = pc.fill_null(pc.cast(faults["row"], pa.string()), "")
    value = faults["value"]
    said = pc.if_else(pc.equal(value, ""), row, value)
    joined = pc.binary_join_element_wise(faults["sort"], faults["column"], said, "\x1f")
    return joined.combine_chunks()


def _usage() -> Iterator[Row]:
    for one in usage.list_uses():
        yield one.dataset, one.month, one.form, one.downloads


_PARTS: "Mapping[str, Callable[[datetime, pa.Schema], Iterator[pa.Table]]]" = {
    own.QUALITY: lambda now, schema: _laid_out(_quality(now), schema),
    own.ISSUES: _issues,
    own.USAGE: lambda _, schema: _laid_out(_usage(), schema),
}
