"""Buses: those heard of in the last five minutes, and how many more are listed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel import packs
from moothall.kernel.keeping import kept
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest, RecordEntry
from moothall.kernel.registry import as_told
from moothall.topics.travel import rules
from moothall.topics.travel.feeds import routes as routes_feed
from moothall.topics.travel.feeds import vehicles as vehicles_feed
from moothall.ui.formats import no_data_since
from moothall.values.facts import Card, Fact, Mark, State
from moothall.values.observations import Origin
from moothall.values.places import Point
from moothall.values.times import parse_instant

ON_THE_CARD = 3


class UnableToFindBus(LookupError):
    """No such bus has been heard of in the last five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """One bus that is live: heard of less than five minutes ago."""

    id: str
    name: str
    route_id: str
    route: str
    """The line as people know it; "" if the bus does not say, or no timetable names it."""
    operator: str
    point: Point
    recorded_at: datetime
    heading: str
    """Where it is going, in words: "north-east"; "" if it does not say."""
    on_trip: bool
    status: str
    occupancy: str
    origin: Origin
    raw: str

    @property
    def url(self) -> str:
        """The bus's page here."""
        return f"/travel/buses/{quote(self.id, safe='')}/"

    @property
    def title(self) -> str:
        """The bus as a person would say it."""
        return _("Route %(route)s") % {"route": self.route} if self.route else self.name

    @property
    def full_title(self) -> str:
        """The bus told from the others of its route, where they are listed together."""
        told = {"route": self.route, "name": self.name}
        said = _("Route %(route)s, bus %(name)s") if self.route else _("Bus %(name)s")
        return said % told


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the newest frame said, and what of it still holds.

    Shape:   `listed` and `fresh` are of the frame, at `at`; None if no frame ever came.
             `live` are those less than five minutes old now: never more than `fresh`.
    """

    at: datetime | None
    in_frame: int | None
    listed: int | None
    fresh: int | None
    live: tuple[Bus, ...]
    origin: Origin

    def routes(self) -> tuple[tuple[str, str, int], ...]:
        """Count the live buses by route: (route id, its name, buses), the busiest first."""
        counted = Counter((bus.route_id, bus.route) for bus in self.live if bus.route_id)
        return tuple(
            (route_id, name or route_id, count)
            for (route_id, name), count in sorted(
                counted.items(), key=lambda item: (-item[1], item[0][1] or item[0][0])
            )
        )


def get_frame(*, now: datetime) -> Frame:
    """Return the buses that are live now, with the counts of the frame they come from.

    Source:  travel.vehicle and the counts of travel.vehicles in the lake, read once for the card,
             the map and the pages of one minute.
    """
    frame: Frame = kept.keep("buses", now, lambda: _read_frame(now), about=("travel",))
    return frame


def _read_frame(now: datetime) -> Frame:
    house = lake.current()
    counts = {
        found.series.key: found
        for found in house.list_latest(
            keys=(vehicles_feed.IN_FRAME, vehicles_feed.LISTED, vehicles_feed.FRESH)
        )
    }
    listed = counts.get(vehicles_feed.LISTED)
    return Frame(
        at=listed.observation.at if listed else None,
        in_frame=_count(counts.get(vehicles_feed.IN_FRAME)),
        listed=_count(listed),
        fresh=_count(counts.get(vehicles_feed.FRESH)),
        live=list_live(now=now),
        origin=listed.observation.origin if listed else Origin.LIVE,
    )


def list_live(*, now: datetime) -> tuple[Bus, ...]:
    """Return the buses heard of in the last five minutes, by route.

    Source:  travel.vehicle and travel.route in the lake.
    """
    live = [
        (entry, recorded_at)
        for entry in lake.current().list_records(vehicles_feed.VEHICLE.name)
        if rules.is_live(recorded_at := _recorded_at(entry), now=now)
    ]
    names = _route_names({str(entry.record.fields["route_id"] or "") for entry, _ in live})
    return tuple(
        sorted(
            (_read_bus(entry, recorded_at, names) for entry, recorded_at in live),
            key=lambda bus: (not bus.route, rules.in_human_order(bus.route), bus.name),
        )
    )


def get_bus(bus_id: str, *, now: datetime) -> Bus:
    """Return one live bus; errors: UnableToFindBus, with words for a person."""
    entry = lake.current().find_record(vehicles_feed.VEHICLE.name, bus_id)
    if entry is not None and rules.is_live(recorded_at := _recorded_at(entry), now=now):
        names = _route_names({str(entry.record.fields["route_id"] or "")})
        return _read_bus(entry, recorded_at, names)
    raise UnableToFindBus(
        _("No bus %(id)s has been heard of in the last five minutes.") % {"id": bus_id}
    )


def _count(found: Latest | None) -> int | None:
    if found is None or isinstance(found.observation.result, str):
        return None
    return int(found.observation.result)


def _recorded_at(entry: RecordEntry) -> datetime:
    told = entry.record.fields.get("recorded_at")
    try:
        return parse_instant(str(told))
    except ValueError:
        return entry.record.from_at


def _route_names(route_ids: set[str]) -> Mapping[str, Mapping[str, Any]]:
    wanted = tuple(sorted(route_ids - {""}))
    if not wanted:
        return {}
    found = lake.current().list_records(routes_feed.ROUTE.name, ids=wanted)
    return {entry.record.id: entry.record.fields for entry in found}


def _read_bus(
    entry: RecordEntry, recorded_at: datetime, names: Mapping[str, Mapping[str, Any]]
) -> Bus:
    fields = entry.record.fields
    lon, lat = (entry.record.geometry or {})["coordinates"]
    route_id = str(fields["route_id"] or "")
    route = names.get(route_id, {})
    bearing = fields["bearing_deg"]
    return Bus(
        id=entry.record.id,
        name=str(fields["name"]),
        route_id=route_id,
        route=str(route.get("name") or ""),
        operator=str(
            fields["operator_name"] or route.get("operator_name") or fields["operator"] or ""
        ),
        point=Point(lon=lon, lat=lat),
        recorded_at=recorded_at,
        heading=_say_heading(bearing) if isinstance(bearing, int | float) else "",
        on_trip=bool(fields["trip_id"]),
        status=str(fields["status"] or ""),
        occupancy=str(fields["occupancy"] or ""),
        origin=entry.record.origin,
        raw=entry.raw,
    )


def _say_heading(bearing_deg: float) -> str:
    match round(bearing_deg / 45) % 8:
        case 0:
            return _("north")
        case 1:
            return _("north-east")
        case 2:
            return _("east")
        case 3:
            return _("south-east")
        case 4:
            return _("south")
        case 5:
            return _("south-west")
        case 6:
            return _("west")
        case _other:
            return _("north-west")


def say_frame(frame: Frame, *, now: datetime) -> str:
    """Say in a sentence how many buses are known of, and since when if it is long ago."""
    if frame.at is None or not rules.is_live(frame.at, now=now):
        return _("Where buses are is not known: %(since)s") % {
            "since": no_data_since(frame.at, now)
        }
    return ngettext(
        "%(n)s bus has said where it is in the last five minutes",
        "%(n)s buses have said where they are in the last five minutes",
        len(frame.live),
    ) % {"n": f"{len(frame.live):,}"}


def list_count_facts(frame: Frame, *, now: datetime) -> tuple[Fact, ...]:
    """Say what the frame lists, what of it was fresh, and what is shown."""
    known = frame.at is not None and rules.is_live(frame.at, now=now)
    state = State.NEUTRAL if known else State.UNKNOWN

    def fact(label: str, count: int | None, words: str, series: str = "") -> Fact:
        return Fact(
            label=label,
            value="" if count is None else f"{count:,}",
            unit="" if count is None else ngettext("bus", "buses", count),
            words=words,
            state=state,
            at=frame.at,
            origin=frame.origin,
            stale=frame.at is not None and not known,
            series=series,
            dataset=vehicles_feed.FEED.name,
        )

    return (
        fact(
            _("Buses shown now"),
            len(frame.live) if known else None,
            _("less than five minutes old at this moment")
            if known
            else no_data_since(frame.at, now),
        ),
        fact(
            _("Up to date in the newest message"),
            frame.fresh,
            _("less than five minutes old when the message was made"),
            vehicles_feed.FRESH,
        ),
        fact(
            _("Listed in and around the city"),
            frame.listed,
            _("some silent for days or months: those are never shown"),
            vehicles_feed.LISTED,
        ),
        fact(
            _("Listed by the source in all"),
            frame.in_frame,
            _("wherever they are, the city or beyond"),
            vehicles_feed.IN_FRAME,
        ),
    )


def get_card(now: datetime) -> Card | None:
    """Say how many buses are about now; None for a city that does not read them."""
    if vehicles_feed.FEED.name not in packs.current().feeds_on():
        return None
    frame = get_frame(now=now)
    known = frame.at is not None and rules.is_live(frame.at, now=now)
    return Card(
        id="buses",
        title=_("Buses"),
        lead=say_frame(frame, now=now),
        state=State.NEUTRAL if known else State.UNKNOWN,
        facts=list_count_facts(frame, now=now)[:ON_THE_CARD],
        url="/travel/buses/",
        datasets=(vehicles_feed.FEED.name, vehicles_feed.VEHICLE.name),
        attribution=as_told(vehicles_feed.FEED).attribution,
    )


def list_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the live buses as map points."""
    return tuple(
        Mark(
            id=f"bus-{bus.id}",
            title=bus.full_title,
            point=bus.point,
            words=say_bus(bus),
            url=bus.url,
            origin=bus.origin,
        )
        for bus in get_frame(now=now).live
    )


def say_bus(bus: Bus) -> str:
    """Say what is known of a bus besides its route."""
    parts = (
        bus.operator,
        _("heading %(where)s") % {"where": bus.heading} if bus.heading else "",
        bus.occupancy,
    )
    return ", ".join(part for part in parts if part)


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return the live buses as facts."""
    return tuple(
        Fact(
            label=bus.full_title,
            value=_("heading %(where)s") % {"where": bus.heading}
            if bus.heading
            else _("position known"),
            words=bus.operator,
            at=bus.recorded_at,
            origin=bus.origin,
            dataset=vehicles_feed.VEHICLE.name,
            record=bus.id,
            point=bus.point,
            url=bus.url,
        )
        for bus in get_frame(now=now).live
    )
