"""Puts what was made with a key beside what feeds bring, each leading to the other."""

from collections.abc import Iterator

from moothall.civic.opendata.queries.sensorthings.items import Index, Item
from moothall.civic.opendata.queries.sensorthings.kept import Kept, State
from moothall.standards.sensorthings.model import ENTITIES

Sets = dict[str, dict[str, Item]]
_BACK = {
    ("Things", "Locations"): ("Locations", "Things"),
    ("HistoricalLocations", "Thing"): ("Things", "HistoricalLocations"),
    ("HistoricalLocations", "Locations"): ("Locations", "HistoricalLocations"),
    ("Datastreams", "Thing"): ("Things", "Datastreams"),
    ("Datastreams", "Sensor"): ("Sensors", "Datastreams"),
    ("Datastreams", "ObservedProperty"): ("ObservedProperties", "Datastreams"),
}
"""Which link leads back, for each that an entity states."""
_TARGETS = {
    name: {link: one.target for link, one in entity.links.items() if one.target != "Observations"}
    for name, entity in ENTITIES.items()
}


def joined(brought: Index, state: State) -> Index:
    """Put the two together; what feeds bring is not changed by it."""
    made = [one for of in state.of.values() for one in of.values()]
    if not made:
        return brought
    sets: Sets = dict(brought.sets)
    for name, of in state.of.items():
        fresh = {id_: _item(of[id_]) for id_ in sorted(of, key=int) if id_ not in sets[name]}
        sets[name] = {**sets[name], **fresh}
    _lead_back(made, sets)
    for name in state.of:
        for item in sets[name].values():
            if item.by_key:
                _let_go(item, sets)
    return Index(
        sets,
        brought.feeds,
        {key: (one.id, feature) for one in made for key, feature in one.series.items()},
        frozenset(key for one in made for key in one.detailed),
    )


def _item(one: Kept) -> Item:
    links = dict(one.links)
    if one.set == "Datastreams":
        links["Observations"] = tuple(one.series)
    return Item(one.set, one.id, dict(one.values), links, by_key=True)


def _lead_back(made: list[Kept], sets: Sets) -> None:
    back: dict[tuple[str, str, str], list[str]] = {}
    for one in made:
        for way, id_ in _ways(one):
            back.setdefault(way, []).append(id_)
    for (set_, id_, link), ids in back.items():
        item = sets[set_].get(id_)
        if item is None:
            continue
        if not item.by_key:
            # What feeds bring is kept as it is: others lead to it in this copy alone.
            item = sets[set_][id_] = Item(set_, id_, item.values, dict(item.links))
        item.links[link] = (*item.links.get(link, ()), *ids)


def _ways(one: Kept) -> Iterator[tuple[tuple[str, str, str], str]]:
    """List the links that lead back to an entity: of which other, and to what id."""
    for link, ids in one.links.items():
        if (one.set, link) in _BACK:
            target, returns = _BACK[one.set, link]
            for id_ in ids:
                yield (target, id_, returns), one.id
    for key, feature in one.series.items():
        yield ("FeaturesOfInterest", feature, "Observations"), key


def _let_go(item: Item, sets: Sets) -> None:
    """Leave out links to what is there no more."""
    for link, target in _TARGETS[item.set].items():
        ids = item.links.get(link, ())
        if any(id_ not in sets[target] for id_ in ids):
            item.links[link] = tuple(id_ for id_ in ids if id_ in sets[target])
