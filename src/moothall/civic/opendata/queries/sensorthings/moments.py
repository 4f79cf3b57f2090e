"""The entities as they stand while one question is answered: what is kept, and what is newest."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from moothall.civic.opendata.queries.sensorthings import entities, joining, kept
from moothall.civic.opendata.queries.sensorthings.items import Index, Item
from moothall.civic.opendata.queries.sensorthings.kept import TIMED
from moothall.kernel.observations.entries import Latest
from moothall.kernel.observations.lake import current
from moothall.standards.sensorthings.bodies import COMPUTED
from moothall.standards.sensorthings.evaluation import Many
from moothall.standards.sensorthings.model import ENTITIES
from moothall.standards.sensorthings.shapes import geometry_of
from moothall.standards.sensorthings.times import read_span, write_instant, write_span

EITHER_ID = "@id"
"""The path to an id as a text, whatever sort it is of."""


@dataclass(slots=True)
class Moment:
    """What one answer is made of; it does not change while the answer is made."""

    index: Index
    root: str
    """The service's own address, without a slash at its end."""
    now: datetime
    latest: dict[str, Latest] = field(default_factory=dict)
    """The newest observation of each series, by its key; none of an instant gone by."""
    as_of: datetime | None = None
    """The instant everything is told as it was at; None for now."""

    def get(self, set_: str, id_: str) -> Item | None:
        """Return an entity, if there is one."""
        return self.index.sets[set_].get(id_)

    def options(self) -> list[tuple[str, str]]:
        """Return the options that every address of this answer carries on."""
        return [] if self.as_of is None else [("as_of", write_instant(self.as_of))]

    def link(self, item: Item, name: str) -> list[Item]:
        """Return what a link leads to."""
        target = self.index.sets[ENTITIES[item.set].links[name].target]
        return [target[id_] for id_ in item.links.get(name, ())]

    def streams(self, item: Item) -> tuple[str, ...]:
        """Name the series whose observations a link of this entity leads to."""
        return item.links.get("Observations", ())

    def address(self, item: Item) -> str:
        """Return where an entity is found."""
        return f"{self.root}/{item.set}({written_id(item.id, by_key=item.by_key)})"

    def stream_address(self, key: str) -> str:
        """Return where the stream of a series is found."""
        id_ = self.index.owner(key, "Datastream")
        return f"{self.root}/Datastreams({written_id(id_, by_key=key in self.index.owners)})"

    def value(self, item: Item, name: str) -> Any:
        """Return a property as it stands now."""
        if item.by_key:
            return self._told(item, name)
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
            return self.address(item)
        return item.values.get(name)

    def _told(self, item: Item, name: str) -> Any:
        """Return a property of what was made with a key."""
        if item.set == "Datastreams" and name in COMPUTED:
            if name == "observedArea":
                return self._area(item)
            found = [self.latest[key] for key in self.streams(item) if key in self.latest]
            if name == "resultTime":
                found = [one for one in found if one.series.key.endswith(TIMED)]
            ends = [one.observation.until or one.observation.at for one in found]
            begins = [one.first_at for one in found]
            return write_span(min(begins), max(ends)) if found else None
        return item.values.get(name)

    def _area(self, item: Item) -> Any:
        """Return the place of a stream, if all its observations are of one."""
        features = {self.index.owner(key, "FeatureOfInterest") for key in self.streams(item)}
        if len(features) != 1:
            return None
        feature = self.get("FeaturesOfInterest", features.pop())
        return None if feature is None else geometry_of(feature.values.get("feature"))

    def _since(self, item: Item) -> str:
        """Say from when a thing is known to be where it is: from its first observation."""
        streams = self.index.sets["Things"][item.id].links["Datastreams"]
        begun = [self.latest[key].first_at for key in streams if key in self.latest]
        return write_span(min(begun, default=self.now), None)

    def look(self, item: Item, steps: tuple[str, ...]) -> Any:
        """Follow a path from an entity; Many where a link on it leads to several."""
        name, rest = steps[0], steps[1:]
        if name == "id":
            return item.said_id
        if name == EITHER_ID:
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


def written_id(id_: str, *, by_key: bool) -> str:
    """Write an id as an address has it: a number, or a text in quotes."""
    return id_ if by_key else f"'{quote(id_, safe=':@')}'"


_newest: list[tuple[tuple[Latest, ...], dict[str, Latest]]] = []
"""The list of what is newest as it last was, and the same by key."""


def moment(*, root: str, now: datetime, as_of: datetime | None = None) -> Moment:
    """Take hold of how everything stands, or stood at an instant."""
    if as_of is not None:
        past = joining.joined(entities.index_of_feeds(), kept.state_at(as_of))
        # What was changed since is told by what stands beside it since.
        past = replace(past, detailed=past.detailed | entities.index().detailed)
        return Moment(past, root, now, as_of=as_of)
    listed = current().list_latest()
    held = next((by_key for known, by_key in _newest if known is listed), None)
    if held is None:
        # The series is its first part: by name it takes thrice as long.
        held = {one[0].key: one for one in listed}
        _newest[:] = [(listed, held)]
    return Moment(entities.index(), root, now, held)
