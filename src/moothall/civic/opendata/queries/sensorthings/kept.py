"""The entities made with a key, as the lake holds them: what each says, and where it leads.

A process follows what others write: only what has changed is read again.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from moothall.civic.opendata.feeds.sensed import ENTITY, FEED
from moothall.kernel import packs
from moothall.kernel.observations.entries import RecordEntry
from moothall.kernel.observations.lake import Lake, current
from moothall.values.observations import Record

TIMED = "_t"
"""How the name of a series ends whose results were made as what they are of ended."""
Links = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One entity as it was written.

    Shape:   `links` are those that it states itself, not those that lead back to it. `series` of a
             Datastream: by the key of each series its observations are in, the FeatureOfInterest.
    """

    set: str
    id: str
    values: Mapping[str, Any]
    links: Links
    by: str
    """Who made it: a mark of the key's holder."""
    series: Mapping[str, str] = field(default_factory=dict)
    detailed: frozenset[str] = frozenset()
    """Those of the series that have observations with something said besides the result."""
    since: datetime | None = None
    """From when it is as it is; None of what is not kept yet."""

    @property
    def where(self) -> str:
        """Its name in the lake."""
        return f"{self.set}/{self.id}"


def as_record(kept: Kept, geometry: Mapping[str, Any] | None, *, now: datetime) -> Record:
    """Say an entity as the lake keeps it."""
    fields = {
        "sort": kept.set,
        "number": int(kept.id),
        "name": kept.values.get("name"),
        "description": kept.values.get("description"),
        "said": _json(kept.values),
        "links": _json(kept.links),
        "by": kept.by,
    }
    if kept.series:
        fields["series"] = _json(kept.series)
        fields["detailed"] = _json(sorted(kept.detailed))
    return Record(kind=ENTITY.name, id=kept.where, from_at=now, fields=fields, geometry=geometry)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _read(record: Record) -> Kept:
    fields: Mapping[str, Any] = record.fields
    links = orjson.loads(fields["links"])
    return Kept(
        set=fields["sort"],
        id=str(fields["number"]),
        values=orjson.loads(fields["said"]),
        links={name: tuple(ids) for name, ids in links.items()},
        by=fields["by"],
        series=orjson.loads(fields.get("series") or "{}"),
        detailed=frozenset(orjson.loads(fields.get("detailed") or "[]")),
        since=record.from_at,
    )


def said(record: Record) -> Mapping[str, Any]:
    """Return the properties that a version of an entity states."""
    return _read(record).values


@dataclass(slots=True)
class State:
    """Every entity made with a key."""

    of: dict[str, dict[str, Kept]] = field(default_factory=dict)
    """By set and id."""
    highest: dict[str, int] = field(default_factory=dict)
    """The highest number ever given in each set: none is given twice."""
    owners: dict[str, str] = field(default_factory=dict)
    """By the key of a series, the Datastream it is of."""
    seen: int = 0
    """The last change of it that was read."""

    def get(self, set_: str, id_: str) -> Kept | None:
        """Return an entity, if there is one."""
        return self.of.get(set_, {}).get(id_)

    def take(self, entries: Iterable[RecordEntry]) -> None:
        """Take in what changed."""
        for entry in entries:
            self.seen = max(self.seen, entry.segment)
            kept = _read(entry.record)
            self.highest[kept.set] = max(self.highest.get(kept.set, 0), int(kept.id))
            for key in kept.series:
                self.owners[key] = kept.id
            if entry.record.gone:
                self.of.get(kept.set, {}).pop(kept.id, None)
            else:
                self.of.setdefault(kept.set, {})[kept.id] = kept


_states: dict[int, tuple[Lake, State]] = {}
_lock = threading.RLock()


def state() -> State:
    """Return the entities as they are; within a transaction, as that has them so far."""
    lake = current()
    with _lock:
        held = _states.get(0)
        known = held[1] if held is not None and held[0] is lake else State()
        last = lake.last_change(kind=ENTITY.name)
        if last == known.seen:
            return known
        if last < known.seen:
            known = State()
        fresh = State(
            {name: dict(of) for name, of in known.of.items()},
            dict(known.highest),
            dict(known.owners),
            known.seen,
        )
        fresh.take(lake.list_changed(ENTITY.name, after=known.seen))
        newer = held is None or held[0] is not lake or fresh.seen > held[1].seen
        if newer and not lake.database.in_transaction:
            _states[0] = (lake, fresh)
        return fresh


def state_at(at: datetime) -> State:
    """Return the entities as they were at an instant."""
    found = State()
    found.take(current().list_records(ENTITY.name, as_of=at))
    return found


def _stated() -> Mapping[str, Any] | None:
    service, _, source = FEED.name.partition(".")
    found: Mapping[str, Any] | None = packs.current().section(service).get("feeds", {}).get(source)
    return found


def is_on() -> bool:
    """Say whether this city lets sensors tell of themselves."""
    return _stated() is not None


def mqtt() -> str:
    """Say what the broker's topics are for: "read", "write", or "" for nothing."""
    said = (_stated() or {}).get("mqtt", "")
    return said if said in {"read", "write"} else ""


def broker() -> str:
    """Return the address at which others reach the broker, "" if the pack does not say."""
    return str((_stated() or {}).get("broker", ""))
