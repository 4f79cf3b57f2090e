"""Observations as SensorThings asks for them: a page of them, the newest of each stream, one.

A page is found by where the last one ended, so that the ten-thousandth costs what the first does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moothall.civic.opendata.queries.sensorthings import reaching, told, walking
from moothall.civic.opendata.queries.sensorthings.conditions import Binding, Condition
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.civic.opendata.queries.sensorthings.told import COLUMNS, MORE, Told
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.filters import Expression, Order, Path
from moothall.standards.sensorthings.model import ENTITIES, UnableToRead
from moothall.standards.sensorthings.query import MOST_AT_ONCE, Query
from moothall.standards.sensorthings.times import read_span, write_instant
from moothall.values.observations import Observation

if TYPE_CHECKING:
    import pyarrow as pa

USUAL = 100
"""Entities of one page, unless `$top` says otherwise."""
LAST_YEAR = 9_000
"""Beyond it, an instant has no next one to begin from."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some observations, how many there are in all if that was asked, and whether more follow."""

    rows: Sequence[Observation]
    count: int | None = None
    more: bool = False


def id_of(observation: Observation) -> str:
    """Name an observation: its series and its instant."""
    if type(observation) is Told:
        return observation.more.id
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
    if named is None or not moment.index.has(named[0]) or named[1].year > LAST_YEAR:
        return None
    key, at = named
    if moment.as_of is None and not told.is_detailed(moment, (key,)):
        rows = current().read_series(key, from_at=at, until_at=at + timedelta(microseconds=1))
        found = told.rows_of(rows.slice(0, 1), moment, key)
        return found[0] if found else None
    asking = Asking((key,), Query(expand={}), moment)
    own = "kept_at" if asking.told else '"at"'
    asking.where += f" AND {own} = {asking.binding.bind(at, 'TIMESTAMPTZ')}"
    found = asking.rows(1, None)
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


def follows_on(query: Query, rows: Sequence[Observation]) -> bool:
    """Test whether the next page can be found by where this one ended."""
    if not query.orderby:
        return True
    apart = any(type(row) is Told and row.more.detailed for row in rows)
    return walking.by_time(query.orderby) is not None and not apart


class Asking:
    """One question put to the whole lake."""

    def __init__(self, keys: Sequence[str] | None, query: Query, moment: Moment) -> None:
        self.binding, self.moment, self.query = Binding(), moment, query
        self.told = told.reaches(moment, keys)
        self.source = told.source(moment, keys, self.binding)
        self.columns = f"{COLUMNS}, {MORE}" if self.told else COLUMNS
        self.condition = Condition(self.binding, streams_of(moment), moment.now, told=self.told)
        bind = self.binding.bind
        if keys is None:
            scope = f"feed IN (SELECT unnest({bind(list(moment.index.feeds), 'VARCHAR[]')}))"
            if self.told:
                own = bind(list(moment.index.owners), "VARCHAR[]")
                scope = f"({scope} OR series IN (SELECT unnest({own})))"
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
        return ", ".join([*terms, "series", "kept_at" if self.told else '"at"'])

    def rows(self, most: int, after: tuple[str, datetime] | None) -> list[Observation]:
        where = self.where if after is None else f"{self.where} AND {self.beyond(*after)}"
        sql = (
            f"SELECT {self.columns} FROM {self.source} WHERE {where} ORDER BY {self.order()}"
            f" LIMIT {most} OFFSET {self.query.skip}"
        )
        return told.rows_of(self.run(sql), self.moment)

    def beyond(self, key: str, at: datetime) -> str:
        """Leave out what earlier pages held."""
        who = self.binding.bind(key, "VARCHAR")
        when = self.binding.bind(at, "TIMESTAMPTZ")
        newest_first = walking.by_time(self.query.orderby)
        if newest_first is None:
            kept_at = "kept_at" if self.told else '"at"'
            return f"series >= {who} AND (series > {who} OR {kept_at} > {when})"
        sign = "<" if newest_first else ">"
        return f'"at" {sign}= {when} AND ("at" {sign} {when} OR series > {who})'

    def count(self) -> int:
        found = self.run(f"SELECT count(*) AS n FROM {self.source} WHERE {self.where}")
        return int(found["n"][0].as_py())

    def run(self, sql: str) -> "pa.Table":
        return current().query(*self.binding.used(sql))


def grouped(groups: Mapping[str, Sequence[str]], query: Query, moment: Moment) -> dict[str, Page]:
    """Return a page of each group of series, named by its id, in one reading of the lake."""
    top = min(USUAL if query.top is None else query.top, MOST_AT_ONCE)
    keys = [key for group in groups.values() for key in group]
    if top == 1 and _newest_only(query, moment) and not told.is_detailed(moment, keys):
        return {name: _newest(group, moment) for name, group in groups.items()}
    if not keys:
        return {name: Page((), 0 if query.count else None) for name in groups}
    asking = Asking(keys, query, moment)
    source, group = asking.source, "series"
    if any(tuple(of) != (name,) for name, of in groups.items()):
        names = [name for name, of in groups.items() for _ in of]
        bound = [asking.binding.bind(column, "VARCHAR[]") for column in (keys, names)]
        listed = f"(SELECT unnest({bound[0]}) AS series, unnest({bound[1]}) AS of) AS named"
        source, group = f"{source} JOIN {listed} USING (series)", "named.of"
    total = f", count(*) OVER (PARTITION BY {group}) AS total" if query.count else ", NULL AS total"
    sql = (
        f"SELECT {asking.columns}, owner, total, place FROM (SELECT {asking.columns},"
        f" {group} AS owner{total}, row_number() OVER"
        f" (PARTITION BY {group} ORDER BY {asking.order()}) AS place FROM {source}"
        f" WHERE {asking.where}) WHERE place > {query.skip} AND place <= {query.skip + top + 1}"
        f" ORDER BY place"
    )
    table = asking.run(sql)
    totals, owners = table["total"].to_pylist(), table["owner"].to_pylist()
    found: dict[str, list[Observation]] = {}
    counts: dict[str, int] = {}
    for row, name, total_ in zip(told.rows_of(table, moment), owners, totals, strict=True):
        found.setdefault(name, []).append(row)
        if total_ is not None:
            counts[name] = total_
    return {
        name: Page(
            found.get(name, [])[:top],
            counts.get(name, 0) if query.count else None,
            more=len(found.get(name, [])) > top,
        )
        for name in groups
    }


def _newest_only(query: Query, moment: Moment) -> bool:
    """Test whether a question asks for the newest observation and nothing besides."""
    plain = query.filter is None and not query.skip and not query.skiptoken and not query.count
    when = (walking.WHEN, Path(("resultTime",)))
    newest = any(query.orderby == (Order(by, descending=True),) for by in when)
    return plain and newest and moment.as_of is None


def _newest(keys: Sequence[str], moment: Moment) -> Page:
    found = [moment.latest[key] for key in keys if key in moment.latest]
    if not found:
        return Page(())
    newest = max((one.observation for one in found), key=lambda row: row.at)
    if newest.series in moment.index.owners:
        newest = told.plain(newest, moment)
    return Page((newest,), more=min(one.first_at for one in found) < newest.at or len(found) > 1)


def streams_of(moment: Moment) -> Callable[[Expression], tuple[str, ...]]:
    """Return what names the streams of whose observations a condition is true."""

    def list_streams(expression: Expression) -> tuple[str, ...]:
        asked = reaching.without_observations(
            expression, lambda one, of_features: holding(one, of_features, moment)
        )
        test = evaluation.condition(asked, now=moment.now)
        index = moment.index

        def look(key: str) -> Callable[[tuple[str, ...]], Any]:
            def follow(steps: tuple[str, ...]) -> Any:
                set_ = ENTITIES["Observations"].links[steps[0]].target
                end = index.sets[set_].get(index.owner(key, steps[0]))
                return None if end is None else moment.look(end, steps[1:])

            return follow

        return tuple(key for key in index.list_series() if test(look(key)))

    return list_streams


def holding(expression: Expression, of_features: bool, moment: Moment) -> tuple[str, ...]:
    """Name the streams, or features, that have an observation of which a condition is true."""
    asking = Asking(None, Query(filter=expression, expand={}), moment)
    found = asking.run(f"SELECT DISTINCT series FROM {asking.source} WHERE {asking.where}")
    link = "FeatureOfInterest" if of_features else "Datastream"
    owners = (moment.index.owner(key, link) for key in found["series"].to_pylist())
    return tuple(dict.fromkeys(owners))
