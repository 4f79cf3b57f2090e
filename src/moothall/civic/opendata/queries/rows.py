"""A dataset's rows: a page of them, or all of them in pieces small enough for memory.

One way for observations, records and tables alike: DuckDB over what each is kept in. Nothing that
is asked becomes part of a statement but the names of the dataset's own columns.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries.datasets import Dataset
from moothall.civic.opendata.queries.sensorthings.conditions import Binding
from moothall.civic.opendata.queries.sources import (
    OF_SERIES,
    Source,
    among,
    find_series,
    get_source,
    quoted,
)
from moothall.civic.opendata.rules import EARLIEST, LATEST, UnableToAnswer
from moothall.civic.opendata.rules.filtering import Filter, Order, Question
from moothall.kernel.observations.lake import current
from moothall.kernel.observations.querying import UnableToQuery
from moothall.values.observations import Column
from moothall.values.places import Box

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 20_000
MOST_WORDS = 10
SAID_OF_SERIES = ("series", "thing", "property", "unit")
MOST_SORTED = 500_000
"""Rows that are sorted for a download; more are given as they stand."""
PATIENCE = timedelta(seconds=10)
ROW = "_row"
"""Asks, as a column, for what names the row: the same row always alike."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=10)
_LEAST = timedelta(hours=1)
_WIDER = 8
_SIGNS = {"eq": "=", "ne": "IS DISTINCT FROM", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_TYPES = {"boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMPTZ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of a dataset, its columns as files name them; instants as instants."""

    table: "pa.Table"
    total: int | None
    """How many rows there are that were asked for; None where they were not counted."""
    columns: tuple[Column, ...]


def read_rows(
    dataset: Dataset,
    *,
    where: Sequence[Filter] = (),
    words: str = "",
    order: Sequence[Order] = (),
    offset: int = 0,
    limit: int = 100,
    columns: Sequence[str] = (),
    bbox: Box | None = None,
    as_of: datetime | None = None,
    count: bool = True,
) -> Rows:
    """Return some of a dataset's rows, sorted, always in the same order.

    Shape:   all columns unless some are named, `ROW` among them if asked for; `words` each stand in
             some column; of rows alike in what they are sorted by, the order is that of the source.
    Errors:  UnableToAnswer, for what takes too long.
    """
    question = Question(where=tuple(where), words=words, order=tuple(order), box=bbox)
    asking = Asking(dataset, question, as_of=as_of)
    wanted = tuple(columns) or tuple(one.name for one in asking.source.columns)
    return Rows(
        table=asking.page(wanted, offset=offset, limit=limit),
        total=asking.count() if count else None,
        columns=tuple(_named(asking.source, wanted)),
    )


def count_rows(dataset: Dataset, question: Question, *, as_of: datetime | None = None) -> int:
    """Count the rows that a question asks for; errors: UnableToAnswer."""
    return Asking(dataset, question, as_of=as_of).count()


def stream_rows(
    dataset: Dataset,
    *,
    where: Sequence[Filter] = (),
    words: str = "",
    order: Sequence[Order] = (),
    columns: Sequence[str] = (),
    bbox: Box | None = None,
    as_of: datetime | None = None,
) -> "Iterator[pa.RecordBatch]":
    """Give all the rows asked for, piece by piece, at any size; sorted only if that is asked.

    Shape:   observations oldest first, records by their id, a table as its file was. Nothing is
             held open between pieces, so a slow reader costs nothing.
    Errors:  UnableToAnswer, for too many rows to sort; at the first piece at the latest.
    """
    question = Question(where=tuple(where), words=words, order=tuple(order), box=bbox)
    asking = Asking(dataset, question, as_of=as_of)
    wanted = tuple(columns) or tuple(one.name for one in asking.source.columns)
    if order and asking.count() > MOST_SORTED:
        raise UnableToAnswer(
            "_sort", f"at most {MOST_SORTED:,} rows are sorted: filter further, or leave it out"
        )
    pieces = iter([asking.page(wanted)]) if order else asking.walk(wanted)
    for table in pieces:
        yield from table.combine_chunks().to_batches(max_chunksize=PIECE)


def _named(source: Source, wanted: Sequence[str]) -> Iterator[Column]:
    for name in wanted:
        yield Column(name=ROW) if name == ROW else source.column(name)


class Asking:
    """One question put to the rows of one dataset."""

    def __init__(
        self,
        dataset: Dataset,
        question: Question,
        *,
        as_of: datetime | None = None,
        boxed: bool = False,
    ) -> None:
        self.dataset, self.question, self.binding = dataset, question, Binding()
        near = question.box is not None or any(one.op == "within" for one in question.where)
        self.source = get_source(dataset, self.binding, boxed=boxed or near, as_of=as_of)
        self.order = question.order or self.source.usual
        self.feed = dataset.name if dataset.source == "feed" else ""
        self.share = 1.0
        """Of how much of its series observations are asked for."""
        of_series = [self.condition(one) for one in question.where if self._of_series(one)]
        parts = [self.condition(one) for one in question.where if not self._of_series(one)]
        if question.box is not None:
            (of_series if self.feed else parts).append(self.within(question.box))
        parts += [self.holds(word) for word in question.words.split()[:MOST_WORDS]]
        if self.feed:
            numbers = find_series(self.feed, " AND ".join(of_series), self.binding)
            self.share = len(numbers) / max(dataset.series, len(numbers), 1)
            parts.insert(0, among(numbers, self.binding))
        self.where = " AND ".join(part for part in (self.source.only, *parts) if part)

    def _of_series(self, one: Filter) -> bool:
        """Tell whether a filter asks something that the series of a reading answers."""
        return bool(self.feed) and (one.column in OF_SERIES or one.op == "within")

    # --- what is asked ---------------------------------------------------------------------
    def sql(self, name: str) -> str:
        """Say a column in SQL; errors: KeyError if there is none of that name."""
        return self.source.row if name == ROW else self.source.of_row[name]

    def condition(self, one: Filter) -> str:
        """Say a filter in SQL."""
        if isinstance(one.value, Box):
            return self.within(one.value)
        said, column = self.sql(one.column), self.source.column(one.column)
        if one.op == "is_null":
            return f"{said} IS {'' if one.value else 'NOT '}NULL"
        if one.op == "in":
            values = list(one.value) if isinstance(one.value, tuple) else [one.value]
            kind = _type(column, values)
            return f"list_contains({self.binding.bind(values, f'{kind}[]')}, {said})"
        bound = self.binding.bind(one.value, _type(column, [one.value]))
        if one.op == "contains":
            return f"contains({_plain(said)}, {_plain(bound)})"
        if one.op == "starts":
            return f"starts_with({_plain(said)}, {_plain(bound)})"
        return f"{said} {_SIGNS[one.op]} {bound}"

    def within(self, box: Box) -> str:
        """Say in SQL that a row's place meets a box."""
        if self.source.box is None:
            return "false"
        west, south, east, north = self.source.box
        bound = [
            self.binding.bind(edge, "DOUBLE") for edge in (box.west, box.south, box.east, box.north)
        ]
        return (
            f"{west} <= {bound[2]} AND {east} >= {bound[0]}"
            f" AND {south} <= {bound[3]} AND {north} >= {bound[1]}"
        )

    def holds(self, word: str) -> str:
        """Say in SQL that a word stands in some column of a row."""
        bound = _plain(self.binding.bind(word, "VARCHAR"))
        if self.feed:
            said = " || ' ' || ".join(f"coalesce({OF_SERIES[name]}, '')" for name in SAID_OF_SERIES)
            numbers = find_series(self.feed, f"contains({_plain(said)}, {bound})", self.binding)
            return f"({among(numbers, self.binding)} OR contains({_plain('m.text')}, {bound}))"
        texts = [f"CAST({self.sql(one.name)} AS VARCHAR)" for one in self.source.columns]
        return f"contains({_plain(f'''concat_ws(' ', {', '.join(texts)})''')}, {bound})"

    def sorting(self) -> str:
        """Say the order in SQL: what is missing last, and no two rows alike."""
        terms = [
            f"{self._sorted_by(one.column)} {'DESC' if one.descending else 'ASC'} NULLS LAST"
            for one in self.order
        ]
        return ", ".join([*terms, self.source.tie])

    def _sorted_by(self, name: str) -> str:
        text = name != ROW and self.source.column(name).type == "string"
        return f"lower({self.sql(name)})" if text else self.sql(name)

    # --- what is answered ------------------------------------------------------------------
    def run(self, sql: str) -> "pa.Table":
        """Answer a statement; errors: UnableToAnswer if it takes too long."""
        statement, values = self.binding.used(sql)
        try:
            return current().query(statement, values, beside=self.source.beside, patience=PATIENCE)
        except UnableToQuery as fault:
            if fault.out_of_time:
                raise UnableToAnswer(
                    "filter", "that takes too long: ask for less, or download the dataset"
                ) from fault
            raise

    def count(self) -> int:
        """Count the rows asked for."""
        if not self.where and self.source.known_total is not None:
            return self.source.known_total
        found = self.run(f"SELECT count(*) AS n FROM {self.rows()}")
        return int(found["n"][0].as_py())

    def rows(self, *more: str, of: Sequence[str] = ()) -> str:
        """Say in SQL where the rows asked for are, for what is asked of all of them.

        Shape:   `of` names the columns that are spoken of besides.
        """
        return f"{self._relation(of)}{self._filtered(*more)}"

    def _relation(self, of: Iterable[str]) -> str:
        named = self.source.named and any(name in OF_SERIES or name == ROW for name in of)
        return self.source.named if named else self.source.relation

    def _filtered(self, *more: str) -> str:
        parts = [part for part in (self.where, *more) if part]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _listed(self, wanted: Sequence[str]) -> str:
        return ", ".join(f"{self.sql(name)} AS {quoted(name)}" for name in wanted)

    def page(
        self, wanted: Sequence[str], *, offset: int = 0, limit: int | None = None
    ) -> "pa.Table":
        """Return a page of rows; all of them without a limit."""
        if limit is not None and self._by_time():
            return self._newest(wanted, offset, limit)
        return self._cut(wanted, "" if limit is None else f" LIMIT {limit:d} OFFSET {offset:d}")

    def _cut(self, wanted: Sequence[str], cut: str, *more: str) -> "pa.Table":
        """Read rows sorted; what observations only name is looked up for those that are given."""
        sorted_by = [one.column for one in self.order]
        source = f"{self._relation(sorted_by)}{self._filtered(*more)}"
        if self.source.named and cut and self._relation(sorted_by) == self.source.relation:
            source = (
                f"(SELECT * FROM {source} ORDER BY {self.sorting()}{cut}) m"
                " JOIN series s ON s.number = m.series"
            )
            cut = ""
        elif self.source.named:
            source = f"{self.source.named}{self._filtered(*more)}"
        return self.run(
            f"SELECT {self._listed(wanted)} FROM {source} ORDER BY {self.sorting()}{cut}"
        )

    def _by_time(self) -> bool:
        """Tell whether observations are asked for by their time, which is how they are kept."""
        return bool(self.feed) and self.order[0].column == "at"

    def _newest(self, wanted: Sequence[str], offset: int, limit: int) -> "pa.Table":
        """Read a page of observations from one end of their time, as far back as it takes.

        Each look reaches several times as far as the one before, so that what is rare costs little
        more than one look at everything.
        """
        first, last = self._reach()
        falling = self.order[0].descending
        rows = max(self.dataset.rows * self.share, 1)
        span = max((last - first) * min((offset + limit) * 2 / rows, 2), _LEAST)
        while True:
            # Of a dataset without rows a span may be longer than time can be counted.
            reach = min(span, last - first)
            if falling:
                edge = f'm."at" >= {self.binding.bind(max(last - reach, EARLIEST), "TIMESTAMPTZ")}'
            else:
                edge = f'm."at" < {self.binding.bind(min(first + reach, LATEST), "TIMESTAMPTZ")}'
            whole = span > last - first
            found = self._cut(wanted, f" LIMIT {limit:d} OFFSET {offset:d}", "" if whole else edge)
            if whole or found.num_rows >= limit:
                return found
            span *= _WIDER

    def _reach(self) -> tuple[datetime, datetime]:
        """Say between which instants the observations asked for lie, as far as is plain."""
        first, last = self.dataset.first_at or EARLIEST, self.dataset.last_at or LATEST
        for one in self.question.where:
            if one.column == "at" and isinstance(one.value, datetime):
                if one.op in {"ge", "gt", "eq"}:
                    first = max(first, one.value)
                if one.op in {"le", "lt", "eq"}:
                    last = min(last, one.value)
        return first, max(first, last)

    # --- all of it -------------------------------------------------------------------------
    def walk(self, wanted: Sequence[str]) -> "Iterator[pa.Table]":
        """Read all rows in the order they are kept, a piece at a time."""
        relation = self.source.named or self.source.relation
        statement = f"SELECT {self._listed(wanted)} FROM {relation}"
        if self.feed:
            for begin, end in self.spans():
                bounds = [self.binding.bind(at, "TIMESTAMPTZ") for at in (begin, end)]
                piece = f'm."at" >= {bounds[0]} AND m."at" < {bounds[1]}'
                order = f' ORDER BY m."at", {OF_SERIES["series"]}'
                yield self.run(f"{statement}{self._filtered(piece)}{order}")
        elif self.dataset.source == "table":
            most = self.run(f"SELECT max({self.source.row}) AS n FROM {self.source.relation}")
            for start in range(0, (most["n"][0].as_py() or 0) + 1, PIECE):
                piece = f"{self.source.row} >= {start} AND {self.source.row} < {start + PIECE}"
                order = f" ORDER BY {self.source.tie}"
                yield self.run(f"{statement}{self._filtered(piece)}{order}")
        else:
            yield self.run(f"{statement}{self._filtered()} ORDER BY {self.source.tie}")

    def spans(self) -> Iterator[tuple[datetime, datetime]]:
        """Name runs of whole steps that each hold about a piece of rows: of a busy day, minutes."""
        steps = self.run(
            f'SELECT CAST(floor(epoch(m."at") / {_STEP.seconds}) AS BIGINT) AS step, count(*) AS n'
            f" FROM {self.rows()} GROUP BY 1 ORDER BY 1"
        ).to_pylist()
        begin: datetime | None = None
        rows = 0
        for number, step in enumerate(steps):
            starts = _EPOCH + step["step"] * _STEP
            begin = starts if begin is None else begin
            rows += step["n"]
            if rows >= PIECE or number == len(steps) - 1:
                yield begin, starts + _STEP
                begin, rows = None, 0


def _type(column: Column, values: Sequence[Any]) -> str:
    """Say of which type values are, in SQL: whole numbers stay whole."""
    if column.type in {"integer", "number"}:
        whole = all(isinstance(value, int) for value in values)
        return "BIGINT" if whole else "DOUBLE"
    return _TYPES.get(column.type, "VARCHAR")


def _plain(text: str) -> str:
    """Write a text so that capitals and accents tell nothing apart."""
    return f"strip_accents(lower({text}))"
