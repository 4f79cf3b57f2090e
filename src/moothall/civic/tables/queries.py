"""Questions other code may ask about the city's open tables. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.civic.tables.rules.faults import read_tables
from moothall.civic.tables.rules.mapping import SERVICE, Measure, Table
from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest
from moothall.kernel.registry import Layer
from moothall.ui.formats import no_data_since, unit_sign
from moothall.values.facts import Card, Fact, Hit, Mark, State
from moothall.values.observations import Origin, Quality
from moothall.values.places import Point

ON_THE_CARD = 5


class UnableToFindTable(LookupError):
    """This city's pack states no such table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One thing of a table, and what the table last said of it."""

    table: Table
    id: str
    name: str
    point: Point | None
    told: tuple[tuple[str, str], ...]
    """What is told of it besides, with its title."""
    facts: tuple[Fact, ...]


def list_tables() -> tuple[Table, ...]:
    """Return the open tables of this city, in the pack's order."""
    pack = packs.current()
    return read_tables(pack.section(SERVICE), zone=str(pack.city["time_zone"]))


def get_table(name: str) -> Table:
    """Return one table; errors: UnableToFindTable."""
    for table in list_tables():
        if table.name == name:
            return table
    raise UnableToFindTable(name)


def list_things(table: Table, *, now: datetime) -> tuple[Listed, ...]:
    """Return what a table lists, by name, each with its newest values.

    Source:  the table's own kind of record and its series in the lake.
    """
    measures = {measure.key: measure for measure in table.measures}
    facts: dict[str, list[Fact]] = {}
    for latest in lake.current().list_latest(prefix=f"{SERVICE}.{table.name}_", feed=table.feed):
        measure = measures.get(latest.series.key.rpartition(".")[2])
        if measure is not None:
            facts.setdefault(latest.series.thing_id, []).append(
                _as_fact(table, measure, latest, now)
            )
    order = [measure.title for measure in table.measures]
    found = []
    for entry in lake.current().list_records(table.kind.name):
        fields, geometry = entry.record.fields, entry.record.geometry
        lon, lat = geometry["coordinates"] if geometry else (None, None)
        found.append(
            Listed(
                table=table,
                id=entry.record.id,
                name=str(fields.get("name") or entry.record.id),
                point=Point(lon=lon, lat=lat) if geometry else None,
                told=tuple(
                    (one.title, f"{fields[one.key]} {unit_sign(one.unit)}".strip())
                    for one in table.told
                    if fields.get(one.key) is not None
                ),
                facts=tuple(
                    sorted(
                        facts.get(entry.record.id, ()),
                        key=lambda fact: order.index(fact.label.rpartition(": ")[2]),
                    )
                ),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.name.lower(), one.id)))


def _as_fact(table: Table, measure: Measure, latest: Latest, now: datetime) -> Fact:
    observation, series = latest.observation, latest.series
    stale = now - observation.at > table.stale_after
    doubted = observation.quality is Quality.SUSPECT
    words = ""
    if stale:
        words = no_data_since(observation.at, now)
    elif doubted:
        words = _("cannot be right")
    said = observation.result
    return Fact(
        label=f"{series.thing}: {measure.title}",
        value=said if isinstance(said, str) else f"{said:g}" if said % 1 else f"{said:.0f}",
        unit=measure.one if measure.one and said == 1 else unit_sign(measure.unit),
        words=words,
        state=State.UNKNOWN if stale or doubted else State.NEUTRAL,
        at=observation.at,
        quality=None if doubted else observation.quality,
        origin=observation.origin,
        stale=stale,
        series=series.key,
        point=None
        if series.lon is None or series.lat is None
        else Point(lon=series.lon, lat=series.lat),
    )


def say_lead(table: Table, things: tuple[Listed, ...]) -> str:
    """Say in one sentence what a table has."""
    if not things:
        return _("nothing has come in yet")
    known = sum(any(not fact.stale for fact in one.facts) for one in things)
    if not table.measures:
        return ngettext("%(n)s is listed", "%(n)s are listed", len(things)) % {"n": len(things)}
    return _("%(known)s of %(all)s say how they are now") % {"known": known, "all": len(things)}


def get_card(name: str, now: datetime) -> Card | None:
    """Say what one table says about the city now."""
    table = get_table(name)
    things = list_things(table, now=now)
    facts = [fact for one in things for fact in one.facts]
    newest = sorted(facts, key=lambda fact: fact.stale)[:ON_THE_CARD]
    fresh = any(not fact.stale for fact in facts)
    return Card(
        id=f"{SERVICE}-{table.name}",
        title=table.title,
        lead=say_lead(table, things).capitalize(),
        state=State.NEUTRAL if fresh or not table.measures else State.UNKNOWN,
        facts=tuple(newest),
        url=f"/tables/{table.name}/",
        datasets=(table.feed if table.measures else table.kind.name,),
        attribution=table.attribution,
        more=max(0, len(facts) - len(newest)),
    )


def make_layer(table: Table) -> Layer:
    """Put a table on the map, if it says where its things are."""
    return Layer(
        id=f"{SERVICE}-{table.name}",
        title=table.title,
        list_marks=partial(list_marks, table.name),
    )


def list_marks(name: str, now: datetime) -> tuple[Mark, ...]:
    """Return what a table lists, where it is."""
    return tuple(
        Mark(
            id=one.id,
            title=one.name,
            point=one.point,
            words="; ".join(
                f"{fact.label.rpartition(': ')[2]}: {fact.value} {fact.unit}".strip()
                if not fact.stale
                else fact.words
                for fact in one.facts[:3]
            ),
            state=State.UNKNOWN if all(fact.stale for fact in one.facts) else State.NEUTRAL,
            url=f"/tables/{name}/",
            origin=one.facts[0].origin if one.facts else Origin.LIVE,
        )
        for one in list_things(get_table(name), now=now)
        if one.point is not None
    )


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return what the tables measure at each thing that says where it is."""
    return tuple(
        fact
        for table in list_tables()
        for one in list_things(table, now=now)
        for fact in one.facts
        if fact.point is not None
    )


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name what the tables list to a search, each with what is told of it."""
    return (
        (
            Hit(
                title=str(entry.record.fields.get("name") or entry.record.id),
                url=f"/tables/{table.name}/",
                summary=table.title,
                kind=table.title,
            ),
            " ".join(str(value) for value in entry.record.fields.values() if value),
        )
        for table in list_tables()
        for entry in lake.current().list_records(table.kind.name)
    )
