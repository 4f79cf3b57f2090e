"""A stranger's client of SensorThings, frost_sta_client, reads and writes over real HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Observation, Series

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
WELLS = 12
READINGS = 250
ATTRIBUTION = "Contains data of the Well Office."


@pytest.fixture
def city(lake, in_city, monkeypatch):
    """A dozen wells in an invented city, of which the first has many readings."""
    from moothall.kernel.registry import house

    in_city("leeds")
    feed = Feed(
        name="wells.readings",
        title="Wells",
        summary="How high the water stands.",
        publisher="The Well Office",
        documentation="https://wells.example/",
        licence="OGL-UK-3.0",
        attribution=ATTRIBUTION,
        every=timedelta(minutes=15),
        stale_after=timedelta(hours=1),
        parse=lambda payload, params: Batch(),
    )
    monkeypatch.setattr(house, "_feeds", {feed.name: feed})
    series = tuple(
        Series(
            key=f"wells.w{n:02}.level_m",
            title=f"Level of well {n}",
            unit="m",
            observed_property="groundwater level",
            thing=f"Well {n}",
            thing_id=f"W/{n}",
            procedure="pressure gauge",
            lon=-1.5 + n / 100,
            lat=53.8,
        )
        for n in range(WELLS)
    )
    readings = tuple(
        Observation(series=one.key, at=NOW - timedelta(minutes=15 * n), result=n / 100 + 1)
        for place, one in enumerate(series)
        for n in range(READINGS if place == 0 else 2)
    )
    lake.append(Batch(observations=readings, series=series), feed=feed.name, key="1", now=NOW)
    return lake


@pytest.fixture
def address(city, root):
    """The service's address."""
    return f"{root}/api/sta/v1.1"


@pytest.fixture
def service(address):
    """The client."""
    import frost_sta_client as fsc

    return fsc.SensorThingsService(address)


def test_it_lists_things_page_by_page(service):
    things = service.things().query().top(5).list()
    assert sorted(one.name for one in things) == sorted(f"Well {n}" for n in range(WELLS))


def test_it_finds_one_by_its_id_and_follows_its_links(service):
    thing = service.things().find("wells.w03")
    assert thing.properties["id"] == "W/3"
    stream = next(iter(thing.get_datastreams().query().list()))
    assert stream.unit_of_measurement.symbol == "m"
    assert stream.properties["attribution"] == ATTRIBUTION
    assert [one.result for one in stream.get_observations().query().list()] == [1.01, 1.0]


def test_it_chooses_and_sorts(service):
    asked = service.things().query().filter("startswith(name,'Well 1') and name ne 'Well 1'")
    assert [one.name for one in asked.orderby("name", "desc").list()] == ["Well 11", "Well 10"]


def test_it_reads_every_observation_of_a_stream_once(service):
    stream = service.datastreams().find("wells.w00.level_m")
    asked = stream.get_observations().query().top(40).orderby("phenomenonTime", "desc")
    times = [one.phenomenon_time for one in asked.list()]
    assert len(times) == READINGS
    assert times == sorted(set(times), reverse=True)


def test_it_counts(service):
    asked = service.observations().query().count().top(1)
    assert asked.list().count == READINGS + 2 * (WELLS - 1)


def test_it_reads_what_a_map_needs_in_one_question(service):
    newest = "Locations,Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"
    things = list(service.things().query().expand(newest).top(100).list())
    assert len(things) == WELLS
    for thing in things:
        place = next(iter(thing.locations)).location
        assert place["type"] == "Point"
        stream = next(iter(thing.datastreams))
        assert [one.result for one in stream.observations.entities] == [1.0]


def test_it_is_told_why_a_question_cannot_be_answered(service, address):
    import requests

    answer = requests.get(f"{address}/Things?$filter=nome eq 'x'", timeout=10)
    assert answer.status_code == 400
    assert "Thing has no 'nome'" in answer.json()["message"]


def test_it_makes_changes_and_removes_with_a_key(address, monkeypatch):
    import frost_sta_client as fsc

    from moothall.civic.opendata.feeds.sensed import FEED
    from moothall.kernel.feeds import push
    from moothall.kernel.registry import house

    monkeypatch.setattr(house, "_feeds", {**house._feeds, FEED.name: FEED})
    key = push.make_key(FEED.name, label="frost", now=NOW)
    service = fsc.SensorThingsService(address, auth_handler=fsc.AuthHandler("anybody", key))
    place = fsc.Location(
        name="Yard",
        description="Behind the school",
        location={"type": "Point", "coordinates": [-1.5, 53.8]},
        encoding_type="application/geo+json",
    )
    thing = fsc.Thing(name="Box", description="A box", properties={"class": "4b"})
    thing.locations = [place]
    service.create(thing)
    assert thing.id == 1
    stream = fsc.Datastream(
        name="Warmth",
        description="Every minute",
        observation_type="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        unit_of_measurement=fsc.UnitOfMeasurement(name="degree", symbol="C", definition="ucum:Cel"),
        thing=fsc.Thing(id=1),
        sensor=fsc.Sensor(
            name="DS18B20", description="t", encoding_type="text/html", metadata="https://s"
        ),
        observed_property=fsc.ObservedProperty(
            name="Temperature", definition="https://p", description="How warm"
        ),
    )
    service.create(stream)
    for n in range(3):
        service.create(
            fsc.Observation(
                result=n + 0.5,
                phenomenon_time=f"2026-01-05T12:0{n}:00Z",
                datastream=fsc.Datastream(id=stream.id),
            )
        )
    found = service.datastreams().find(stream.id)
    results = [
        one.result for one in found.get_observations().query().orderby("result", "asc").list()
    ]
    assert results == [0.5, 1.5, 2.5]
    thing = service.things().find(1)
    thing.name = "Renamed"
    service.update(thing)
    assert service.things().find(1).name == "Renamed"
    service.delete(service.observations().query().filter("result eq 1.5").list().entities[0])
    assert service.observations().query().filter("Datastream/id eq 1").count().list().count == 2
    service.delete(thing)
    with pytest.raises(Exception, match="404"):
        service.things().find(1)
