"""Observations as SensorThings asks for them: a page of them, the newest of each stream, one.

A page is found by where the last one ended, so that the ten-thousandth costs what the first does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries.sensorthings import reaching, walking
from moothall.civic.opendata.queries.sensorthings.conditions import Binding, Condition
from moothall.civic.opendata.queries.sensorthings.entities import thing_of
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.filters import Expression, Order, Path
from moothall.standards.sensorthings.model import UnableToRead
from moothall.standards.sensorthings.query import MOST_AT_ONCE, Query
from moothall.standards.sensorthings.times import read_span, write_instant
from moothall.values.observations import Observation

if TYPE_CHECKING:
    import pyarrow as pa

USUAL = 100
"""Entities of one page, unless `$top` says otherwise."""
LAST_YEAR = 9_000
"""Beyond it, an instant has no next one to begin from."""
_COLUMNS = 'series, "at", until, value, text, quality, origin'


@dataclass(frozen=True, slots=True)
class Page:
    """Some observations, how many there are in all if that was asked, and whether more follow."""

    rows: Sequence[Observation]
    count: int | None = None
    more: bool = False


def id_of(observation: Observation) -> str:
    """Name an observation: its stream and its instant."""
    return f"{observation.series}@{write_instant(observation.at)}"


def read_id(text: str) -> tuple[str, datetime] | None:
    """Read a name as `id_of` writes it; None for what is none."""
    key, at, instant = text.partition("@")
    try:
        return (key, read_span(instant).start) if at else None
    except ValueError:
        return None


def find(text: str, moment: Moment) -> Observation | None:
    """Return one observation, if there is one of that name."""
    named = read_id(text)
    if named is None or moment.get("Datastreams", named[0]) is None:
        return None
    key, at = named
    try:
        found = current().list_observations(
            key, from_at=at, until_at=at + timedelta(microseconds=1)
        )
    except OverflowError:
        return None
    return found[0] if found else None


def page(keys: Sequence[str] | None, query: Query, moment: Moment) -> Page:
    """Return a page of the observations of some streams, of all for None."""
    top = min(USUAL if query.top is None else query.top, MOST_AT_ONCE)
    after = read_token(query)
    asking = Asking(keys, query, moment)
    count = asking.count() if query.count else None
    walk = walking.plan(keys, query, after, moment)
    if walk is not None:
        rows = walk.take(query.skip + top + 1)
        if rows is not None:
            more = len(rows) > query.skip + top
            return Page(rows[query.skip : query.skip + top], count, more=more)
    rows = asking.rows(top + 1, after)
    return Page(rows[:top], count, more=len(rows) > top)


def read_token(query: Query) -> tuple[str, datetime] | None:
    """Return where the page before ended; errors: UnableToRead for what is no such place."""
    if not query.skiptoken:
        return None
    found = read_id(query.skiptoken)
    unsorted = query.orderby and walking.by_time(query.orderby) is None
    if found is None or unsorted or found[1].year > LAST_YEAR:
        raise UnableToRead("$skiptoken", "take it from @iot.nextLink as it stands")
    return found


def follows_on(query: Query) -> bool:
    """Test whether the next page can be found by where this one ended."""
    return not query.orderby or walking.by_time(query.orderby) is not None


class Asking:
    """One question put to the whole lake."""

    def __init__(self, keys: Sequence[str] | None, query: Query, moment: Moment) -> None:
        self.binding, self.moment, self.query = Binding(), moment, query
        self.condition = Condition(self.binding, streams_of(moment), moment.now)
        bind = self.binding.bind
        if keys is None:
            scope = f"feed IN (SELECT unnest({bind(list(moment.index.feeds), 'VARCHAR[]')}))"
        elif len(keys) == 1:
            scope = f"series = {bind(keys[0], 'VARCHAR')}"
        else:
            scope = f"series IN (SELECT unnest({bind(list(keys), 'VARCHAR[]')}))"
        self.where = scope
        if query.filter is not None:
            self.where += f" AND {self.condition.truth(query.filter)}"

    def order(self) -> str:
        terms = []
        for one in self.query.orderby:
            found = self.condition.sql(one.by)
            texts = ("value", "text") if found.kind == "result" else (found.text,)
            terms += [f"{text} {'DESC' if one.descending else 'ASC'} NULLS LAST" for text in texts]
        return ", ".join([*terms, "series", '"at"'])

    def rows(self, most: int, after: tuple[str, datetime] | None) -> list[Observation]:
        where = self.where if after is None else f"{self.where} AND {self.beyond(*after)}"
        sql = (
            f"SELECT {_COLUMNS} FROM observations WHERE {where} ORDER BY {self.order()}"
            f" LIMIT {most} OFFSET {self.query.skip}"
        )
        return walking.rows_of(self.run(sql))

    def beyond(self, key: str, at: datetime) -> str:
        """Leave out what earlier pages held."""
        who = self.binding.bind(key, "VARCHAR")
        when = self.binding.bind(at, "TIMESTAMPTZ")
        newest_first = walking.by_time(self.query.orderby)
        if newest_first is None:
            return f'series >= {who} AND (series > {who} OR "at" > {when})'
        sign = "<" if newest_first else ">"
        return f'"at" {sign}= {when} AND ("at" {sign} {when} OR series > {who})'

    def count(self) -> int:
        found = self.run(f"SELECT count(*) AS n FROM observations WHERE {self.where}")
        return int(found["n"][0].as_py())

    def run(self, sql: str) -> "pa.Table":
        return current().query(*self.binding.used(sql))


def grouped(
    keys: Sequence[str], query: Query, moment: Moment, *, by_thing: bool = False
) -> dict[str, Page]:
    """Return a page of each stream, or of each thing's streams, in one reading of the lake."""
    top = min(USUAL if query.top is None else query.top, MOST_AT_ONCE)
    if not by_thing and top == 1 and _newest_only(query):
        return {key: _newest(key, moment) for key in keys}
    if not keys:
        return {}
    asking = Asking(keys, query, moment)
    group = "regexp_replace(series, '\\.[^.]*$', '')" if by_thing else "series"
    total = f", count(*) OVER (PARTITION BY {group}) AS total" if query.count else ", NULL AS total"
    sql = (
        f"SELECT {_COLUMNS}, total, place FROM (SELECT {_COLUMNS}{total}, row_number() OVER"
        f" (PARTITION BY {group} ORDER BY {asking.order()}) AS place FROM observations"
        f" WHERE {asking.where}) WHERE place > {query.skip} AND place <= {query.skip + top + 1}"
        f" ORDER BY place"
    )
    table = asking.run(sql)
    totals = table["total"].to_pylist()
    found: dict[str, list[Observation]] = {}
    counts: dict[str, int] = {}
    for row, total_ in zip(walking.rows_of(table), totals, strict=True):
        name = thing_of(row.series) if by_thing else row.series
        found.setdefault(name, []).append(row)
        if total_ is not None:
            counts[name] = total_
    names = dict.fromkeys(map(thing_of, keys)) if by_thing else dict.fromkeys(keys)
    return {
        name: Page(
            found.get(name, [])[:top],
            counts.get(name, 0) if query.count else None,
            more=len(found.get(name, [])) > top,
        )
        for name in names
    }


def _newest_only(query: Query) -> bool:
    """Test whether a question asks for the newest observation and nothing besides."""
    plain = query.filter is None and not query.skip and not query.skiptoken and not query.count
    when = (walking.WHEN, Path(("resultTime",)))
    return plain and any(query.orderby == (Order(by, descending=True),) for by in when)


def _newest(key: str, moment: Moment) -> Page:
    newest = moment.latest.get(key)
    if newest is None:
        return Page(())
    observation = newest.observation
    return Page((observation,), more=newest.first_at < observation.at)


def streams_of(moment: Moment) -> Callable[[Expression], tuple[str, ...]]:
    """Return what names the streams of whose observations a condition is true."""

    def list_streams(expression: Expression) -> tuple[str, ...]:
        asked = reaching.without_observations(expression, lambda one: holding(one, moment))
        test = evaluation.condition(asked, now=moment.now)
        streams = moment.index.sets["Datastreams"]

        def look(key: str) -> Callable[[tuple[str, ...]], Any]:
            feature = moment.index.sets["FeaturesOfInterest"][thing_of(key)]
            ends = {"Datastream": streams[key], "FeatureOfInterest": feature}
            return lambda steps: moment.look(ends[steps[0]], steps[1:])

        return tuple(key for key in streams if test(look(key)))

    return list_streams


def holding(expression: Expression, moment: Moment) -> tuple[str, ...]:
    """Name the streams that have an observation of which a condition is true."""
    asking = Asking(None, Query(filter=expression, expand={}), moment)
    found = asking.run(f"SELECT DISTINCT series FROM observations WHERE {asking.where}")
    return tuple(found["series"].to_pylist())
