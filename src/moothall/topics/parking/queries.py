"""Questions other code may ask about car parks. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest, RecordEntry
from moothall.kernel.registry import as_told
from moothall.topics.parking import rules
from moothall.topics.parking.feeds import datex, occupancy_csv
from moothall.topics.parking.rules import State as Parking
from moothall.ui.formats import no_data_since
from moothall.values.facts import Card, Fact, Hit, Mark, State, mark_facts
from moothall.values.observations import Observation, Origin, Quality
from moothall.values.places import Point

ON_THE_CARD = 5
HISTORY = timedelta(hours=24)

_SHOW_AS = {
    Parking.SPACES: State.GOOD,
    Parking.ALMOST_FULL: State.WATCH,
    Parking.FULL: State.BAD,
    Parking.OPEN: State.NEUTRAL,
    Parking.CLOSED: State.NEUTRAL,
    Parking.UNKNOWN: State.UNKNOWN,
    Parking.FAULTY: State.UNKNOWN,
}


class UnableToFindCarPark(LookupError):
    """There is no such car park in this city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarPark:
    """One car park: what it is, and what it last said of itself.

    Units:   places. `occupied`, `free` and `told` are as last told at `at`, however old that is;
             `state` is UNKNOWN unless it is told lately enough to speak for now.
    """

    id: str
    name: str
    operator: str
    capacity: int | None
    point: Point | None
    source: str
    licence: str
    told: Parking | None
    occupied: int | None
    free: int | None
    at: datetime | None
    quality: Quality | None
    origin: Origin
    feed: str
    raw: str
    current: bool

    @property
    def state(self) -> Parking:
        """How it is now, as far as is known."""
        return self.told if self.current and self.told is not None else Parking.UNKNOWN

    @property
    def show_as(self) -> State:
        """The state as a page shows it."""
        return _SHOW_AS[self.state]

    @property
    def url(self) -> str:
        """The car park's page here."""
        return f"/parking/{quote(self.id, safe='')}/"


def list_car_parks(*, now: datetime) -> tuple[CarPark, ...]:
    """Return the city's car parks by name: the pack's, and those a feed brought besides.

    Source:  `[[car_park]]` of the pack; parking.car_park and the parking series in the lake.
    """
    house = lake.current()
    rows = {str(row["id"]): row for row in packs.current().section("parking").get("car_park", ())}
    records = {entry.record.id: entry for entry in house.list_records(rules.CAR_PARK.name)}
    latest = {found.series.key: found for found in house.list_latest(prefix="parking.")}
    found = (
        _read(car_park, rows.get(car_park, {}), records.get(car_park), latest, now)
        for car_park in {**rows, **records}
    )
    return tuple(sorted(found, key=lambda one: (one.name.lower(), one.id)))


def get_car_park(
    car_park_id: str, *, now: datetime
) -> tuple[CarPark, tuple[tuple[datetime, str, float | None], ...]]:
    """Return one car park, with (instant, state, places free) over its last day, newest first.

    Errors:  UnableToFindCarPark.
    """
    for one in list_car_parks(now=now):
        if one.id == car_park_id:
            return one, _list_readings(one)
    raise UnableToFindCarPark(_("There is no car park %(id)s here.") % {"id": car_park_id})


def _list_readings(one: CarPark) -> tuple[tuple[datetime, str, float | None], ...]:
    if one.at is None:
        return ()
    until_at = one.at + timedelta(seconds=1)

    def told(key: str) -> tuple[Observation, ...]:
        return lake.current().list_observations(key, from_at=until_at - HISTORY, until_at=until_at)

    free = {
        said.at: float(said.result)
        for said in told(rules.free_series(one.id))
        if not isinstance(said.result, str)
    }
    return tuple(
        (said.at, say_state(_state(said.result)), free.get(said.at))
        for said in reversed(told(rules.state_series(one.id)))
    )


def _state(told: float | str) -> Parking:
    try:
        return Parking(str(told))
    except ValueError:
        return Parking.UNKNOWN


def _read(
    car_park: str,
    row: Mapping[str, Any],
    entry: RecordEntry | None,
    latest: Mapping[str, Latest],
    now: datetime,
) -> CarPark:
    fields = entry.record.fields if entry else {}
    said = latest.get(rules.state_series(car_park))
    at = said.observation.at if said else None

    def count(key: str) -> int | None:
        found = latest.get(key)
        # A count of another time than the state's says nothing about it.
        if found is None or found.observation.at != at:
            return None
        result = found.observation.result
        return None if isinstance(result, str) else int(result)

    capacity = fields.get("capacity") or row.get("capacity")
    return CarPark(
        id=car_park,
        name=str(row.get("name") or fields.get("name") or car_park),
        operator=str(fields.get("operator") or row.get("operator") or ""),
        capacity=int(capacity) if isinstance(capacity, int | float) else None,
        point=_place(row, entry),
        source=str(row.get("source", "")),
        licence=str(row.get("licence", "")),
        told=_state(said.observation.result) if said else None,
        occupied=count(rules.occupied_series(car_park)),
        free=count(rules.free_series(car_park)),
        at=at,
        quality=said.observation.quality if said else None,
        origin=said.observation.origin if said else Origin.LIVE,
        feed=said.feed if said else "",
        raw=said.raw if said else "",
        current=rules.is_current(at, now=now),
    )


def _place(row: Mapping[str, Any], entry: RecordEntry | None) -> Point | None:
    if row:
        return Point(lon=row["lon"], lat=row["lat"])
    geometry = entry.record.geometry if entry else None
    if not geometry:
        return None
    lon, lat = geometry["coordinates"]
    return Point(lon=lon, lat=lat)


def say_state(state: Parking) -> str:
    """Say a car park's state."""
    return {
        Parking.SPACES: _("spaces"),
        Parking.ALMOST_FULL: _("almost full"),
        Parking.FULL: _("full"),
        Parking.OPEN: _("open"),
        Parking.CLOSED: _("closed"),
        Parking.UNKNOWN: _("not known"),
        Parking.FAULTY: _("its counting system is faulty"),
    }[state]


def say(one: CarPark, *, now: datetime) -> str:
    """Say how a car park is now, and why that is not known or doubted where it is."""
    if one.at is None:
        return _("no live count is published")
    if not one.current:
        return no_data_since(one.at, now)
    words = say_state(one.state)
    if one.quality is Quality.SUSPECT:
        words += ", " + _("its count cannot be right")
    return words


def as_fact(one: CarPark, *, now: datetime) -> Fact:
    """Say one car park as a fact: the places free, or no value if that is not known now."""
    free = one.free if one.state in (Parking.SPACES, Parking.ALMOST_FULL, Parking.FULL) else None
    return Fact(
        label=one.name,
        value="" if free is None else f"{free:,}",
        unit="" if free is None else ngettext("space", "spaces", free),
        words=say(one, now=now),
        state=one.show_as,
        at=one.at,
        quality=one.quality,
        origin=one.origin,
        stale=one.at is not None and not one.current,
        series=rules.free_series(one.id) if one.at is not None else "",
        dataset=one.feed or rules.CAR_PARK.name,
        point=one.point,
        url=one.url,
    )


def say_lead(found: tuple[CarPark, ...]) -> str:
    """Say in a sentence where there are spaces."""
    known = [one for one in found if one.state is not Parking.UNKNOWN]
    if not known:
        return _("No car park says how full it is now")
    spaces = sum(one.state in (Parking.SPACES, Parking.ALMOST_FULL) for one in known)
    if spaces == len(known):
        return ngettext(
            "The %(n)s car park that reports has spaces",
            "All %(n)s car parks that report have spaces",
            spaces,
        ) % {"n": spaces}
    return ngettext(
        "%(spaces)s of the %(n)s car park that reports has spaces",
        "%(spaces)s of the %(n)s car parks that report have spaces",
        len(known),
    ) % {"spaces": spaces, "n": len(known)}


def get_card(now: datetime) -> Card | None:
    """Say where there are spaces now; None for a city that lists no car park."""
    found = list_car_parks(now=now)
    if not found:
        return None
    known = [one for one in found if one.state is not Parking.UNKNOWN]
    # The most places free first: what a driver looks for.
    shown = sorted(found, key=lambda one: (one not in known, -(one.free or 0), one.name))
    return Card(
        id="car-parks",
        title=_("Car parks"),
        lead=say_lead(found),
        state=State.NEUTRAL if known else State.UNKNOWN,
        facts=tuple(as_fact(one, now=now) for one in shown[:ON_THE_CARD]),
        figure=_sum(known),
        url="/parking/",
        datasets=tuple(dict.fromkeys(one.feed for one in known)) or (rules.CAR_PARK.name,),
        attribution=attribution(),
        more=max(0, len(found) - ON_THE_CARD),
    )


def _sum(known: Sequence[CarPark]) -> Fact | None:
    """Add up the places free, of counts that can be right; as old as the oldest of them."""
    counted = [(one, one.free, one.at) for one in known if one.quality is not Quality.SUSPECT]
    told = [(one, free, at) for one, free, at in counted if free is not None and at is not None]
    if not told:
        return None
    total = sum(free for _one, free, _at in told)
    return Fact(
        label=ngettext(
            "Free in %(n)s car park that counts", "Free in %(n)s car parks that count", len(told)
        )
        % {"n": len(told)},
        value=f"{total:,}",
        unit=ngettext("space", "spaces", total),
        at=min(at for _one, _free, at in told),
        origin=max(one.origin for one, _free, _at in told),
        url="/parking/",
    )


def attribution() -> str:
    """Name the sources of the car parks this city reads."""
    on = packs.current().feeds_on()
    named = [
        as_told(feed).attribution for feed in (occupancy_csv.FEED, datex.FEED) if feed.name in on
    ]
    rows = packs.current().section("parking").get("car_park", ())
    if any("openstreetmap" in str(row.get("source", "")) for row in rows):
        named.append(_("Names, places and sizes © OpenStreetMap contributors, ODbL."))
    return " ".join(named)


def list_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the car parks as map points."""
    return mark_facts(
        (f"car-park-{one.id}", as_fact(one, now=now)) for one in list_car_parks(now=now)
    )


def list_facts(now: datetime) -> tuple[Fact, ...]:
    """Return every car park as a fact."""
    return tuple(as_fact(one, now=now) for one in list_car_parks(now=now))


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name the pack's car parks to a search, each with its operator."""
    return (
        (
            Hit(
                title=str(row["name"]),
                url=f"/parking/{quote(str(row['id']), safe='')}/",
                summary=str(row.get("operator", "")),
                kind=_("Car park"),
                point=Point(lon=row["lon"], lat=row["lat"]),
            ),
            f"{row.get('operator', '')} {_('car park')}",
        )
        for row in packs.current().section("parking").get("car_park", ())
    )
