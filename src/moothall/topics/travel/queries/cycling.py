"""Cycling: hire bikes to take now, and how many people went by the counters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moothall.kernel import packs
from moothall.kernel.observations import lake
from moothall.kernel.observations.entries import Latest, RecordEntry
from moothall.kernel.registry import as_told
from moothall.topics.travel import rules
from moothall.topics.travel.feeds import bikes as bikes_feed
from moothall.topics.travel.feeds import counters as counters_feed
from moothall.ui.formats import no_data_since
from moothall.values.facts import Card, Fact, Hit, Mark, State, mark_facts
from moothall.values.observations import Observation, Origin, Quality
from moothall.values.places import Point

ON_THE_CARD = 5
HOURS = timedelta(hours=24)


class UnableToFindCounter(LookupError):
    """There is no such counter in this city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One hire bike station; its counts are None unless told lately enough to speak for now."""

    id: str
    name: str
    capacity: int | None
    point: Point
    bikes: int | None
    docks: int | None
    state: str
    at: datetime | None
    current: bool
    origin: Origin

    @property
    def series(self) -> str:
        """The key of the series of its bikes."""
        return rules.bikes_series(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One counter, and its newest hour: the sum of its lanes that counted in it."""

    id: str
    name: str
    reference: str
    counts: str
    lane_series: tuple[str, ...]
    point: Point | None
    last: int | None
    at: datetime | None
    origin: Origin
    raw: str

    @property
    def url(self) -> str:
        """The counter's page here."""
        return f"/cycling/counters/{quote(self.id, safe='')}/"

    @property
    def counts_words(self) -> str:
        """Whom it counts, in words."""
        return {
            "people cycling": _("people cycling"),
            "people walking": _("people walking"),
        }.get(self.counts, _("people"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedHour:
    """One hour at a counter: the sum of the lanes that counted, and how many did."""

    at: datetime
    until: datetime
    total: int
    lanes: int
    suspect: bool


def reads_hire_bikes() -> bool:
    """Test whether this city reads a hire bike system."""
    return bikes_feed.FEED.name in packs.current().feeds_on()


def list_stations(*, now: datetime) -> tuple[Station, ...]:
    """Return the hire bike stations by name, with what each last said."""
    house = lake.current()
    entries = house.list_records(bikes_feed.STATION.name)
    if not entries:
        return ()
    latest = {found.series.key: found for found in house.list_latest(feed=bikes_feed.FEED.name)}
    return tuple(
        sorted(
            (_station(entry, latest, now) for entry in entries if entry.record.geometry),
            key=lambda one: (rules.in_human_order(one.name), one.id),
        )
    )


def _station(entry: RecordEntry, latest: Mapping[str, Latest], now: datetime) -> Station:
    fields = entry.record.fields
    name = entry.record.id
    lon, lat = (entry.record.geometry or {})["coordinates"]
    bikes, docks = latest.get(rules.bikes_series(name)), latest.get(rules.docks_series(name))
    state = latest.get(rules.station_state_series(name))
    at = bikes.observation.at if bikes else None
    current = rules.are_bikes_current(at, now=now)

    def count(found: Latest | None) -> int | None:
        if found is None or not current or found.observation.at != at:
            return None
        result = found.observation.result
        return None if isinstance(result, str) else int(result)

    capacity = fields.get("capacity")
    return Station(
        id=name,
        name=str(fields.get("name") or name),
        capacity=int(capacity) if isinstance(capacity, int | float) else None,
        point=Point(lon=lon, lat=lat),
        bikes=count(bikes),
        docks=count(docks),
        state=str(state.observation.result) if state and state.observation.at == at else "",
        at=at,
        current=current,
        origin=entry.record.origin,
    )


def station_as_fact(one: Station, *, now: datetime) -> Fact:
    """Say one station as a fact: the bikes to take there now."""
    if not one.current:
        words, state = no_data_since(one.at, now), State.UNKNOWN
    elif one.state not in ("", "renting"):
        words, state = _("no bike can be taken here now"), State.WATCH
    elif one.bikes == 0:
        words, state = _("no bike to take"), State.WATCH
    else:
        words = (
            ngettext("%(n)s dock free", "%(n)s docks free", one.docks) % {"n": one.docks}
            if one.docks is not None
            else _("bikes to take")
        )
        state = State.GOOD
    if one.current and not rules.is_count_possible(
        capacity=one.capacity, bikes=one.bikes, docks=one.docks
    ):
        words += ", " + _("more than the station holds, so the count is doubtful")
    return Fact(
        label=one.name,
        value="" if one.bikes is None else str(one.bikes),
        unit="" if one.bikes is None else ngettext("bike", "bikes", one.bikes),
        words=words,
        state=state,
        at=one.at,
        origin=one.origin,
        stale=one.at is not None and not one.current,
        series=one.series if one.at is not None else "",
        dataset=bikes_feed.STATION.name,
        record=one.id,
        point=one.point,
    )


def list_free_bikes(*, now: datetime) -> tuple[Fact, ...]:
    """Say how many bikes stand free of any station; none for a system without such bikes."""
    found = lake.current().find_latest(bikes_feed.AVAILABLE)
    if found is None:
        return ()
    current = rules.are_bikes_current(found.observation.at, now=now)
    return (
        Fact(
            label=_("Bikes standing free in the city"),
            value=f"{found.observation.result:,.0f}" if current else "",
            unit=ngettext("bike", "bikes", round(found.observation.result)) if current else "",
            words=_("neither reserved nor out of use")
            if current
            else no_data_since(found.observation.at, now),
            state=State.NEUTRAL if current else State.UNKNOWN,
            at=found.observation.at,
            origin=found.observation.origin,
            stale=not current,
            series=bikes_feed.AVAILABLE,
            dataset=bikes_feed.BIKE.name,
        ),
    )


def get_card(now: datetime) -> Card | None:
    """Say where hire bikes are now; None for a city without them."""
    if not reads_hire_bikes():
        return None
    stations = list_stations(now=now)
    known = [one for one in stations if one.bikes is not None]
    free = list_free_bikes(now=now)
    if known:
        total = sum(one.bikes or 0 for one in known)
        lead = ngettext(
            "%(bikes)s bikes can be hired now, at %(n)s station",
            "%(bikes)s bikes can be hired now, at %(n)s stations",
            len(known),
        ) % {"bikes": f"{total:,}", "n": len(known)}
    elif free and free[0].value:
        lead = _("%(bikes)s hire bikes stand free in the city") % {"bikes": free[0].value}
    else:
        lead = _("Where hire bikes are is not known")
    most = sorted(stations, key=lambda one: (one.bikes is None, -(one.bikes or 0), one.name))
    facts = (*free, *(station_as_fact(one, now=now) for one in most))
    return Card(
        id="hire-bikes",
        title=_("Hire bikes"),
        lead=lead,
        state=State.NEUTRAL if known or (free and free[0].value) else State.UNKNOWN,
        facts=facts[:ON_THE_CARD],
        figure=_sum(known),
        url="/cycling/",
        datasets=(bikes_feed.FEED.name, bikes_feed.STATION.name),
        attribution=as_told(bikes_feed.FEED).attribution,
        more=max(0, len(facts) - ON_THE_CARD),
    )


def _sum(known: Sequence[Station]) -> Fact | None:
    """Add up the bikes at stations; as old as what the first of them to report said."""
    times = [one.at for one in known if one.at is not None]
    if not times:
        return None
    total = sum(one.bikes or 0 for one in known)
    return Fact(
        label=ngettext("To hire at %(n)s station", "To hire at %(n)s stations", len(known))
        % {"n": len(known)},
        value=f"{total:,}",
        unit=ngettext("bike", "bikes", total),
        at=min(times),
        origin=max(one.origin for one in known),
        url="/cycling/#hire",
    )


def list_counters() -> tuple[Counter, ...]:
    """Return the city's counters: of people cycling, then walking, each by name."""
    house = lake.current()
    latest = {found.series.key: found for found in house.list_latest(feed=counters_feed.FEED.name)}
    return tuple(
        sorted(
            (_counter(entry, latest) for entry in house.list_records(counters_feed.COUNTER.name)),
            key=lambda one: (one.counts, rules.in_human_order(one.name), one.id),
        )
    )


def _counter(entry: RecordEntry, latest: Mapping[str, Latest]) -> Counter:
    fields = entry.record.fields
    lanes = tuple(str(fields.get("lane_series") or "").split())
    said = [latest[key] for key in lanes if key in latest]
    at = max((found.observation.at for found in said), default=None)
    counts = [
        found.observation.result
        for found in said
        if found.observation.at == at and not isinstance(found.observation.result, str)
    ]
    geometry = entry.record.geometry
    return Counter(
        id=entry.record.id,
        name=str(fields.get("name") or entry.record.id),
        reference=str(fields.get("reference") or ""),
        counts=str(fields.get("counts") or ""),
        lane_series=lanes,
        point=(
            Point(lon=geometry["coordinates"][0], lat=geometry["coordinates"][1])
            if geometry
            else None
        ),
        last=int(sum(counts)) if counts else None,
        at=at,
        origin=entry.record.origin,
        raw=entry.raw,
    )


def counter_as_fact(one: Counter, *, now: datetime) -> Fact:
    """Say a counter's newest hour as a fact; one of long ago is said to be old."""
    stale = one.at is None or now - one.at > counters_feed.FEED.stale_after
    return Fact(
        label=one.name,
        value="" if one.last is None else f"{one.last:,}",
        unit="" if one.last is None else _("in an hour"),
        words=no_data_since(one.at, now) if stale else one.counts_words,
        state=State.UNKNOWN if stale else State.NEUTRAL,
        at=one.at,
        origin=one.origin,
        stale=stale and one.at is not None,
        series=one.lane_series[0] if one.lane_series and one.at is not None else "",
        dataset=counters_feed.COUNTER.name,
        record=one.id,
        point=one.point,
        url=one.url,
    )


def get_counter(counter_id: str) -> tuple[Counter, tuple[CountedHour, ...]]:
    """Return a counter with its last 24 hours of counts, newest first.

    Errors:  UnableToFindCounter.
    """
    for one in list_counters():
        if one.id == counter_id:
            return one, _list_hours(one)
    raise UnableToFindCounter(_("There is no counter %(id)s here.") % {"id": counter_id})


def _list_hours(one: Counter) -> tuple[CountedHour, ...]:
    if one.at is None:
        return ()
    house, until_at = lake.current(), one.at + timedelta(seconds=1)
    hours: dict[datetime, list[Observation]] = {}
    for key in one.lane_series:
        for said in house.list_observations(key, from_at=until_at - HOURS, until_at=until_at):
            hours.setdefault(said.at, []).append(said)
    return tuple(
        CountedHour(
            at=at,
            until=max(said.until or at + timedelta(hours=1) for said in lanes),
            total=int(sum(said.result for said in lanes if not isinstance(said.result, str))),
            lanes=len(lanes),
            suspect=any(said.quality is Quality.SUSPECT for said in lanes),
        )
        for at, lanes in sorted(hours.items(), reverse=True)
    )


def list_station_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the hire bike stations as map points."""
    return mark_facts(
        (f"bikes-{one.id}", station_as_fact(one, now=now)) for one in list_stations(now=now)
    )


def list_counter_marks(now: datetime) -> tuple[Mark, ...]:
    """Return the counters that say where they stand as map points."""
    return mark_facts(
        (f"counter-{one.id}", counter_as_fact(one, now=now)) for one in list_counters()
    )


def list_station_facts(now: datetime) -> tuple[Fact, ...]:
    """Return every hire bike station as a fact."""
    return tuple(station_as_fact(one, now=now) for one in list_stations(now=now))


def list_findable() -> Iterator[tuple[Hit, str]]:
    """Name the counters to a search, each with its reference."""
    for one in list_counters():
        title, summary = one.name, one.counts_words
        hit = Hit(title=title, url=one.url, summary=summary, kind=_("Counter"), point=one.point)
        yield hit, one.reference
