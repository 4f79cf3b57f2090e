"""What an entity is to whoever answers a question, and the index of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One entity: its properties that are kept, and the ids its links lead to."""

    set: str
    id: str
    values: dict[str, Any]
    links: dict[str, tuple[str, ...]]
    """By the name of the link; one id where it leads to one. Of Observations, the series."""
    by_key: bool = False
    """Whether it was made with a key, and may be changed with one."""

    @property
    def said_id(self) -> int | str:
        """Its id as answers write it: a number of what was made with a key."""
        return int(self.id) if self.by_key else self.id


@dataclass(frozen=True, slots=True)
class Index:
    """Every entity but observations, by set and id, in the order of their ids."""

    sets: dict[str, dict[str, Item]]
    feeds: tuple[str, ...]
    """The open feeds that have series."""
    owners: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of the series told of with a key, the Datastream and the FeatureOfInterest."""
    detailed: frozenset[str] = frozenset()
    """Those of them of which more is said than results."""

    def owner(self, key: str, link: str) -> str:
        """Return the id of what an observation of a series belongs to."""
        if key in self.owners:
            return self.owners[key][link == "FeatureOfInterest"]
        return key if link == "Datastream" else thing_of(key)

    def has(self, key: str) -> bool:
        """Test whether there is a series of that name."""
        return key in self.owners or key in self.sets["Datastreams"]

    def list_series(self) -> list[str]:
        """Name every series, in order."""
        own = (id_ for id_, item in self.sets["Datastreams"].items() if not item.by_key)
        return sorted([*own, *self.owners])


def thing_of(key: str) -> str:
    """Name the thing a series is of, by the series' key."""
    return key.rpartition(".")[0]
