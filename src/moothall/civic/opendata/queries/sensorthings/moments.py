"""The entities as they stand while one question is answered: what is kept, and what is newest."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from moothall.civic.opendata.queries.sensorthings import entities
from moothall.civic.opendata.queries.sensorthings.entities import Index, Item
from moothall.kernel.observations.entries import Latest
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.evaluation import Many
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.times import read_span, write_span


@dataclass(slots=True)
class Moment:
    """What one answer is made of; it does not change while the answer is made."""

    index: Index
    root: str
    """The service's own address, without a slash at its end."""
    now: datetime
    latest: dict[str, Latest] = field(default_factory=dict)
    """The newest observation of each stream, by its key."""

    def get(self, set_: str, id_: str) -> Item | None:
        """Return an entity, if there is one."""
        return self.index.sets[set_].get(id_)

    def link(self, item: Item, name: str) -> list[Item]:
        """Return what a link leads to."""
        target = self.index.sets[ENTITIES[item.set].links[name].target]
        return [target[id_] for id_ in item.links.get(name, ())]

    def streams(self, item: Item) -> tuple[str, ...]:
        """Name the streams whose observations a link of this entity leads to."""
        if item.set == "Datastreams":
            return (item.id,)
        return self.index.sets["Things"][item.id].links["Datastreams"]

    def address(self, set_: str, id_: str) -> str:
        """Return where an entity is found."""
        return f"{self.root}/{set_}('{quote(id_, safe=':@')}')"

    def value(self, item: Item, name: str) -> Any:
        """Return a property as it stands now."""
        if item.set == "Datastreams":
            newest = self.latest.get(item.id)
            if newest is not None:
                observation = newest.observation
                if name in {"phenomenonTime", "resultTime"}:
                    return write_span(newest.first_at, observation.until or observation.at)
                if name == "properties":
                    return {**item.values[name], "origin": observation.origin.name.lower()}
        elif item.set == "HistoricalLocations":
            return self._since(item)
        elif item.set == "ObservedProperties" and name == "definition":
            return self.address(item.set, item.id)
        return item.values.get(name)

    def _since(self, item: Item) -> str:
        """Say from when a thing is known to be where it is: from its first observation."""
        streams = self.index.sets["Things"][item.id].links["Datastreams"]
        begun = [self.latest[key].first_at for key in streams if key in self.latest]
        return write_span(min(begun, default=self.now), None)

    def look(self, item: Item, steps: tuple[str, ...]) -> Any:
        """Follow a path from an entity; Many where a link on it leads to several."""
        name, rest = steps[0], steps[1:]
        if name == "id":
            return item.id
        entity = ENTITIES[item.set]
        link = entity.links.get(name)
        if link is not None:
            found = [self.look(one, rest) for one in self.link(item, name)]
            if not link.many:
                return found[0] if found else None
            return Many(v for one in found for v in (one if isinstance(one, Many) else (one,)))
        value = self.value(item, name)
        if name in entity.times:
            return None if value is None else read_span(value)
        for member in rest:
            value = _member(value, member)
        return value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return None


_newest: list[tuple[tuple[Latest, ...], dict[str, Latest]]] = []
"""The list of what is newest as it last was, and the same by key."""


def moment(*, root: str, now: datetime) -> Moment:
    """Take hold of how everything stands."""
    listed = current().list_latest()
    held = next((by_key for known, by_key in _newest if known is listed), None)
    if held is None:
        # The series is its first part: by name it takes thrice as long.
        held = {one[0].key: one for one in listed}
        _newest[:] = [(listed, held)]
    return Moment(entities.index(), root, now, held)
