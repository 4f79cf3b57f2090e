"""Answers a question: finds what its address names, chooses, sorts, pages and lays it out.

What is expanded is read for a whole page at once, link by link, never entity by entity.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any

from moothall.civic.opendata.queries.sensorthings import layout, observations, reaching
from moothall.civic.opendata.queries.sensorthings.items import Item
from moothall.civic.opendata.queries.sensorthings.moments import Moment
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.evaluation import Many
from moothall.standards.sensorthings.filters import Order
from moothall.standards.sensorthings.model import ENTITIES, UnableToRead
from moothall.standards.sensorthings.paths import Address, Step
from moothall.standards.sensorthings.query import MOST_AT_ONCE, Query
from moothall.standards.sensorthings.times import Span
from moothall.values.observations import Observation

MOST_IN_ALL = 50_000
"""Entities of one answer, what is expanded included."""


class UnableToFind(LookupError):
    """There is no such entity."""


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a set: what of it is shown, how many there are if asked, and whether more follow."""

    of: Sequence[Any]
    count: int | None
    more: bool


@dataclass(slots=True)
class Source:
    """What an address leads to: one entity, or a set of them."""

    one: Item | Observation | None = None
    items: list[Item] | None = None
    streams: tuple[str, ...] | None = None
    """Of a set of observations, whose; None for all."""


def find(address: Address, moment: Moment) -> Source:
    """Follow an address step by step; errors: UnableToFind."""
    source = Source()
    for place, step in enumerate(address.steps):
        source = _first(step, moment) if place == 0 else _next(source, step, moment)
        if step.id is not None:
            source = Source(one=_choose(source, step, moment))
    return source


def _first(step: Step, moment: Moment) -> Source:
    if step.entity.set == "Observations":
        return Source()
    if step.id is not None:
        found = moment.get(step.entity.set, step.id)
        return Source(items=[found] if found else [])
    return Source(items=list(moment.index.sets[step.entity.set].values()))


def _next(source: Source, step: Step, moment: Moment) -> Source:
    before = source.one
    if isinstance(before, Observation):
        found = _belongs(before, step.link, moment)
        if found is None:
            raise UnableToFind(f"Its {step.link} is no longer told of.")
        return Source(one=found)
    if before is None:
        raise UnableToFind("Name one entity before following a link.")
    if step.entity.set == "Observations":
        return Source(streams=moment.streams(before))
    items = moment.link(before, step.link)
    if step.many:
        return Source(items=items)
    if step.id is None and not items:
        raise UnableToFind(f"It has no {step.link}.")
    return Source(items=items) if step.id is not None else Source(one=items[0])


def _belongs(row: Observation, link: str, moment: Moment) -> Item | None:
    """Return what an observation belongs to."""
    set_ = ENTITIES["Observations"].links[link].target
    return moment.get(set_, moment.index.owner(row.series, link))


def _choose(source: Source, step: Step, moment: Moment) -> Item | Observation:
    found: Item | Observation | None = None
    if step.entity.set == "Observations":
        found = observations.find(step.id or "", moment)
        if found is not None and source.streams is not None and found.series not in source.streams:
            found = None
    else:
        found = next((item for item in source.items or () if item.id == step.id), None)
    if found is None:
        raise UnableToFind(f"There is no {step.entity.name} called {(step.id or '')[:120]!r} here.")
    return found


@dataclass(slots=True)
class Answering:
    """Lays out one answer, and keeps count of how large it grows."""

    moment: Moment
    laid: int = 0
    _tests: dict[int, tuple[Query, Callable[[Item], bool]]] = field(default_factory=dict)

    def group(self, source: Source, query: Query, set_: str) -> Group:
        """Choose what a question means of a set."""
        self.check(set_, query)
        if source.items is None:
            page = observations.page(source.streams, query, self.moment)
            return Group(page.rows, page.count, page.more)
        return self._chosen(source.items, query, set_)

    def check(self, set_: str, query: Query) -> None:
        """See that a question speaks of what there is; errors: UnableToRead."""
        entity = ENTITIES[set_]
        if query.filter is not None:
            evaluation.check(entity, (query.filter,), "$filter")
        evaluation.check(entity, (one.by for one in query.orderby), "$orderby")
        if query.skiptoken and set_ != "Observations":
            raise UnableToRead("$skiptoken", "only Observations are paged by it: use $skip")
        for link, inner in query.expand.items():
            self.check(entity.links[link].target, inner)

    def _chosen(self, items: Sequence[Item], query: Query, set_: str) -> Group:
        chosen = items
        if query.filter is not None:
            test = self._test(query, set_)
            chosen = [item for item in items if test(item)]
        chosen = self._sorted(chosen, query.orderby)
        top = min(observations.USUAL if query.top is None else query.top, MOST_AT_ONCE)
        shown = chosen[query.skip : query.skip + top]
        more = len(chosen) > query.skip + top
        return Group(shown, len(chosen) if query.count else None, more)

    def _test(self, query: Query, set_: str) -> Callable[[Item], bool]:
        """Make a question's condition once, however many sets it is asked of."""
        held = self._tests.get(id(query))
        if held is not None:
            return held[1]
        moment = self.moment
        assert query.filter is not None  # noqa: S101
        asked = reaching.without_observations(
            query.filter,
            lambda one, of_features: observations.holding(one, of_features, moment),
            of_features=set_ == "FeaturesOfInterest",
        )
        test = evaluation.condition(asked, now=moment.now)

        def of_item(item: Item) -> bool:
            return test(lambda steps: moment.look(item, steps))

        self._tests[id(query)] = (query, of_item)
        return of_item

    def _sorted(self, items: Sequence[Item], orderby: Sequence[Order]) -> Sequence[Item]:
        moment = self.moment
        for one in reversed(orderby):
            if any("Observations" in path.steps for path in reaching.paths_of(one.by)):
                raise UnableToRead("$orderby", "sort Observations where they are expanded")
            asked = evaluation.value_of(one.by, now=moment.now)
            keys = [(asked(lambda steps, i=item: moment.look(i, steps)), item) for item in items]  # type: ignore[misc]
            known = [pair for pair in keys if _sortable(pair[0]) is not None]
            known.sort(key=cmp_to_key(_by_value), reverse=one.descending)
            items = [item for _, item in known] + [i for v, i in keys if _sortable(v) is None]
        return items

    # --- laying out ------------------------------------------------------------------------
    def lay(self, of: Sequence[Any], query: Query, set_: str) -> list[dict[str, Any]]:
        """Write entities, each with what is expanded of it; errors: UnableToRead if too many."""
        self.laid += len(of)
        if self.laid > MOST_IN_ALL:
            raise UnableToRead(
                "$expand", f"comes to more than {MOST_IN_ALL:,} entities: ask for fewer with $top"
            )
        if set_ == "Observations":
            bodies = layout.observations(of, query, self.moment)
        else:
            bodies = [layout.entity(item, query, self.moment) for item in of]
        for link, inner in query.expand.items():
            self._expand(of, bodies, set_, link, inner)
        return bodies

    def _expand(
        self, of: Sequence[Any], bodies: list[dict[str, Any]], set_: str, link: str, inner: Query
    ) -> None:
        target = ENTITIES[set_].links[link]
        groups = self._groups(of, set_, link, inner)
        if target.target == "Observations":
            laid = [self.lay(group.of, inner, target.target) for group in groups]
        else:
            # One that several lead to is written once.
            each = {item.id: item for group in groups for item in group.of}
            written = self.lay(list(each.values()), inner, target.target)
            by_id = dict(zip(each, written, strict=True))
            laid = [[by_id[item.id] for item in group.of] for group in groups]
        for one, body, group, said in zip(of, bodies, groups, laid, strict=True):
            if not target.many:
                body[link] = said[0] if said else None
                continue
            body[link] = said
            if group.count is not None:
                body[f"{link}@iot.count"] = group.count
            if group.more:
                path = f"{layout.address(one, self.moment)}/{link}"
                body[f"{link}@iot.nextLink"] = next_link(path, inner, group, self.moment)

    def _groups(self, of: Sequence[Any], set_: str, link: str, inner: Query) -> list[Group]:
        moment = self.moment
        target = ENTITIES[set_].links[link].target
        if set_ == "Observations":
            ends = [_belongs(row, link, moment) for row in of]
            return [Group([end] if end is not None else [], None, False) for end in ends]
        if target == "Observations":
            named = {item.id: moment.streams(item) for item in of}
            found = observations.grouped(named, inner, moment)
            pages = [found.get(item.id, observations.Page(())) for item in of]
            return [Group(page.rows, page.count, page.more) for page in pages]
        return [self._chosen(moment.link(item, link), inner, target) for item in of]


def next_link(path: str, query: Query, group: Group, moment: Moment) -> str:
    """Write the address of the next page: after the last of this one, or past as many."""
    said = [(n, v) for n, v in query.asked if n not in {"$skip", "$skiptoken"}]
    last = group.of[-1] if group.of else None
    if isinstance(last, Observation) and observations.follows_on(query, group.of):
        said.append(("$skiptoken", observations.id_of(last)))
    else:
        said.append(("$skip", str(query.skip + len(group.of))))
    return f"{path}?{layout.options([*said, *moment.options()])}"


def _sortable(value: Any) -> Any:
    if isinstance(value, Many):
        return min((_sortable(one) for one in value if _sortable(one) is not None), default=None)
    if isinstance(value, Span):
        return (value.start, value.end)
    return value if isinstance(value, int | float | str) else None


def _by_value(a: tuple[Any, Item], b: tuple[Any, Item]) -> int:
    one, other = _sortable(a[0]), _sortable(b[0])
    if type(one) is not type(other) and (isinstance(one, str) or isinstance(other, str)):
        one, other = str(one), str(other)
    return int(one > other) - int(one < other)


def value_at(body: Mapping[str, Any], members: Sequence[str]) -> Any:
    """Follow the members of an open property; errors: UnableToFind."""
    value: Any = body
    for member in members:
        if isinstance(value, Mapping) and member in value:
            value = value[member]
        elif isinstance(value, list) and member.isdigit() and int(member) < len(value):
            value = value[int(member)]
        else:
            raise UnableToFind(f"It has no {member[:80]!r}.")
    return value
