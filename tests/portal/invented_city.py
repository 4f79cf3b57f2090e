"""A city made up for tests of pages: services with cards, layers, answers and faults."""

from datetime import datetime, timedelta

from moothall.kernel.registry import Feed, Layer, Nearby, Page, Service
from moothall.values.facts import Card, Fact, Hit, Mark, State
from moothall.values.observations import Batch, Column, Kind, Observation, Origin, Quality, Series
from moothall.values.places import Point

BRIDGE = "wells.old_bridge.level_m"
SERIES = Series(
    key=BRIDGE,
    title="Level at the old bridge",
    unit="m",
    observed_property="water level",
    thing="Old bridge",
    procedure="15-minute instantaneous",
)
KIND = Kind(
    name="wells.well", title="Public wells", columns=(Column(name="name"),), geometry="Point"
)
FEED = Feed(
    name="wells.readings",
    title="Levels of the public wells",
    summary="The level of each public well, each quarter of an hour",
    publisher="The Well Board",
    documentation="https://wells.example/about",
    licence="OGL-UK-3.0",
    attribution="Contains Well Board data",
    every=timedelta(minutes=15),
    stale_after=timedelta(hours=1),
    parse=lambda payload, params: Batch(),
    kinds=(KIND,),
)


def batch(at: datetime, level: float, origin: Origin = Origin.LIVE) -> Batch:
    """One reading of the old bridge."""
    seen = Observation(series=BRIDGE, at=at, result=level, origin=origin)
    return Batch(observations=(seen,), series=(SERIES,))


def facts(now: datetime, origin: Origin = Origin.LIVE) -> tuple[Fact, ...]:
    """One fact of each sort a page must cope with."""
    return (
        Fact(
            label="Old bridge",
            value="0.66",
            unit="m",
            words="Usual for the season",
            state=State.GOOD,
            at=now - timedelta(minutes=4),
            quality=Quality.UNCHECKED,
            origin=origin,
            series=BRIDGE,
            dataset="wells.readings",
        ),
        Fact(
            label="A place with a rather long name, at the far end of Market Street",
            value="1.92",
            unit="m",
            words="High and rising",
            state=State.WATCH,
            at=now - timedelta(minutes=21),
            quality=Quality.SUSPECT,
            series="wells.market_street.level_m",
        ),
        Fact(
            label="Silent well",
            words="no data since 14:05",
            state=State.UNKNOWN,
            at=now - timedelta(hours=9),
            stale=True,
            series="wells.silent.level_m",
        ),
        Fact(label="<script>alert(1)</script>", value="7", state=State.BAD, words="Overflowing"),
    )


def service(*, origin: Origin = Origin.LIVE) -> Service:
    """A service that offers everything a service can."""

    def wells(now: datetime) -> Card:
        return Card(
            id="wells",
            title="Public wells",
            lead="One of four wells is high and rising.",
            state=State.WATCH,
            facts=facts(now, origin),
            url="/wells/",
            datasets=("wells.readings",),
            attribution="The Well Board",
            more=3,
        )

    def marks(now: datetime) -> tuple[Mark, ...]:
        return (
            Mark(
                id="old-bridge",
                title="Old bridge",
                point=Point(lon=-1.54, lat=53.8),
                words="0.66 m, usual for the season",
                state=State.GOOD,
                url="/data/series/wells.old_bridge.level_m/",
            ),
            Mark(
                id="market-street",
                title="Market Street",
                point=Point(lon=-1.5, lat=53.81),
                words="High",
                state=State.WATCH,
                origin=Origin.SIMULATED,
            ),
        )

    def placed(now: datetime) -> tuple[Fact, ...]:
        return (
            Fact(
                label="Old bridge",
                value="0.66",
                unit="m",
                state=State.GOOD,
                words="Usual for the season",
                at=now - timedelta(minutes=4),
                series=BRIDGE,
                point=Point(lon=-1.585, lat=53.801),
            ),
            Fact(label="Nowhere in particular"),
        )

    def near(point: Point, now: datetime) -> tuple[Fact, ...]:
        return (Fact(label="Depth of the ground water", value="12", unit="m"),)

    def list_findable() -> tuple[tuple[Hit, str], ...]:
        well = Hit(title="Old bridge well", url="/wells/old-bridge/", kind="Well")
        return ((well, "draw crossing"),)

    return Service(
        name="wells",
        title="Public wells",
        summary="How high the water stands in the wells everybody may draw from.",
        feeds=(FEED,),
        cards=(wells,),
        layers=(Layer(id="wells", title="Wells", list_marks=marks),),
        nearby=(Nearby(list_facts=placed, most=3),),
        near=near,
        list_findable=list_findable,
        pages=(
            Page(
                title="Drawing points",
                url="/wells/",
                summary="Where to draw water",
                also="pump bucket",
                menu=True,
            ),
        ),
        order=1,
    )


def broken_service() -> Service:
    """A service every one of whose answers fails."""

    def fail(*_: object) -> tuple[()]:
        raise RuntimeError("the well ran dry")

    return Service(
        name="dry",
        title="Dry wells",
        summary="Fails on purpose.",
        cards=(fail,),
        layers=(Layer(id="dry", title="Dry wells", list_marks=fail),),
        nearby=(Nearby(list_facts=fail, most=3),),
        near=fail,
        list_findable=fail,
        order=2,
    )
