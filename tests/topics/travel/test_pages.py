"""The pages of getting around, as a resident reads them."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from moothall.kernel import clock, packs
from moothall.kernel.search import lay_out
from moothall.topics.travel import manifest
from moothall.topics.travel.feeds import bikes, charging, counters, routes, vehicles
from moothall.topics.travel.queries import buses as bus_queries
from moothall.topics.travel.queries import cycling as cycling_queries
from moothall.topics.travel.queries import summary
from moothall.values.facts import State, list_nearest
from moothall.values.observations import Origin
from moothall.values.places import Point
from moothall.values.requests import Payload, Request

FEEDS = Path(__file__).with_name("feeds")
FRAME_AT = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
PAGE_BUDGET = 150_000


@pytest.fixture
def take(lake):
    """Let a feed say what a payload says."""

    def append(feed, body, *, at=FRAME_AT, key="one"):
        payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=at)
        batch = feed.parse(payload, packs.current().params(feed.name))
        return lake.append(batch, feed=feed.name, key=key, now=at, raw="ab" * 32)

    return append


@pytest.fixture
def read(client, monkeypatch, lake):
    """Read a page at an instant: its status, its words, its HTML."""

    def get(url, *, now=FRAME_AT):
        monkeypatch.setattr(clock, "now", lambda: now)
        answer = client.get(url)
        html = answer.content.decode()
        assert len(html) < PAGE_BUDGET
        assert html.count("<h1") == 1
        words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
        return answer.status_code, words, html

    return get


@pytest.fixture
def buses(take):
    """The buses of the fixture, and the lines they run on."""
    take(vehicles.FEED, (FEEDS / "vehicles.pb").read_bytes())
    take(routes.FEED, (FEEDS / "routes.txt").read_bytes())


@pytest.mark.django_db
@pytest.mark.usefixtures("buses")
class TestBuses:
    def test_the_page_says_listed_fresh_and_shown(self, read):
        status, words, _ = read("/travel/buses/")

        assert status == 200
        assert "2 buses have said where they are in the last five minutes" in words
        for count in (
            "shown now 2 buses",
            "newest message 2 buses",
            "around the city 7 buses",
            "source in all 9 buses",
        ):
            assert count in words

    def test_a_bus_is_called_by_its_line_and_says_where_it_goes(self, read):
        _, words, html = read("/travel/buses/")

        assert "Route M81" in words
        assert "First Leeds" in words
        assert "south-west" in words
        assert "/travel/buses/FLDS-35230/" in html

    def test_a_bus_five_minutes_old_by_now_is_gone_though_the_frame_had_it(self, read):
        _, words, html = read("/travel/buses/", now=FRAME_AT + timedelta(seconds=2))

        assert "shown now 1 bus " in words
        assert "newest message 2 buses" in words
        assert "/travel/buses/643/" not in html

    def test_when_the_source_falls_silent_nothing_is_shown_as_live(self, read):
        _, words, html = read("/travel/buses/", now=FRAME_AT + timedelta(minutes=5))

        assert "Where buses are is not known: no data since 09:15" in words
        assert "/travel/buses/FLDS" not in html

    def test_one_bus_has_a_page_with_its_evidence(self, read):
        status, words, html = read("/travel/buses/FLDS-35230/")

        assert status == 200
        assert "many seats available" in words
        assert f"/data/feeds/travel.vehicles/raw/{'ab' * 32}" in html

    @pytest.mark.parametrize("name", ["FLDS-30001", "nothing", "a%2Fb", "%F0%9F%9A%8C"])
    def test_a_bus_not_heard_of_is_a_404_that_says_so(self, read, name):
        status, words, _ = read(f"/travel/buses/{name}/")

        assert status == 404
        assert "last five minutes" in words

    def test_one_route_can_be_asked_for(self, read):
        _, _, html = read("/travel/buses/?route=90613")

        assert "/travel/buses/FLDS-35230/" in html
        assert "/travel/buses/643/" not in html

    @pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=99999999", "page=²"])
    def test_an_odd_page_number_is_a_page(self, read, query):
        assert read(f"/travel/buses/?{query}")[0] == 200

    def test_the_map_has_the_live_buses_only(self):
        assert {mark.id for mark in bus_queries.list_marks(FRAME_AT)} == {
            "bus-643",
            "bus-FLDS-35230",
        }
        assert bus_queries.list_marks(FRAME_AT + timedelta(minutes=6)) == ()

    def test_buses_near_a_place_come_nearest_first(self):
        found = bus_queries.list_facts(FRAME_AT)
        near = list_nearest(Point(lon=-1.5437, lat=53.7971), found, most=8)

        assert [fact.record for fact in near] == ["FLDS-35230", "643"]

    def test_a_bus_that_leaves_the_frame_is_gone(self, take, lake):
        empty = vehicles.gtfsrt.gtfs_realtime_pb2.FeedMessage()
        empty.header.gtfs_realtime_version = "2.0"
        empty.header.timestamp = int(FRAME_AT.timestamp()) + 30
        later = FRAME_AT + timedelta(seconds=30)
        take(vehicles.FEED, empty.SerializeToString(), at=later, key="two")

        frame = bus_queries.get_frame(now=later)

        assert (frame.listed, frame.fresh, frame.live) == (0, 0, ())
        assert bus_queries.say_frame(frame, now=later).startswith("0 buses")


@pytest.mark.django_db
class TestCharging:
    @pytest.fixture(autouse=True)
    def points(self, take):
        take(charging.FEED, (FEEDS / "charging.geojson").read_bytes())

    def test_the_list_says_that_and_since_when_it_is_old(self, read):
        _, words, _ = read("/charging/")

        assert "4 charge points are listed here" in words
        assert "registry closed in November 2024" in words
        assert "1 July 2021" in words
        assert "4 years ago" in words

    def test_only_the_rapid_ones_can_be_asked_for(self, read):
        _, words, _ = read("/charging/?rapid=yes")

        assert "Market Hall" in words
        assert "No date, no connectors" not in words

    def test_one_point_has_a_page(self, read):
        status, words, html = read("/charging/aa01/")

        assert status == 200
        assert "50 kW" in words
        assert "anyone" in words
        assert "2 (1 in service when last updated)" in words
        assert "/data/travel.charge_point/records/aa01/" in html

    def test_what_is_not_known_is_said_not_to_be(self, read):
        _, words, _ = read("/charging/aa07/")

        assert "power not stated, not known whether it works" in words

    def test_a_point_that_is_not_there_is_a_404(self, client):
        assert client.get("/charging/nope/").status_code == 404

    def test_search_finds_a_point_by_its_street_and_postcode(self):
        index = lay_out(summary.list_findable())
        assert [hit.url for hit in index.list_hits("union ls2", 5)] == ["/charging/aa01/"]
        assert index.list_hits("", 5) == ()

    def test_the_card_is_dated_by_the_newest_entry(self):
        card = next(one for one in summary.list_cards(FRAME_AT) if one.id == "charging")

        assert card.lead == (
            "4 charge points are listed, 1 of them rapid; the list does not say which are free"
        )
        assert card.facts[0].at == datetime(2021, 7, 1, 11, 0, tzinfo=UTC)


@pytest.mark.django_db
class TestHireBikes:
    @pytest.fixture(autouse=True)
    def bikes(self, take):
        for name in ("stations", "status_2", "bikes_2"):
            take(bikes.FEED, (FEEDS / f"bikes.{name}.json").read_bytes(), key=name)

    def test_stations_are_joined_with_how_they_are(self, read):
        status, words, html = read("/cycling/")

        assert status == 200
        assert "City Square 3 bikes" in words
        assert "9 docks free" in words
        assert "no bike can be taken here now" in words
        assert "/data/series/travel.station_brl_1.bikes_available_1/" in html

    def test_bikes_that_stand_free_are_counted(self, read):
        assert "Bikes standing free in the city 1 bike " in read("/cycling/")[1]

    def test_a_count_of_a_quarter_of_an_hour_ago_says_nothing_about_now(self, read):
        later = FRAME_AT + timedelta(minutes=16)
        station = cycling_queries.list_stations(now=later)[0]

        assert (station.bikes, station.docks, station.current) == (None, None, False)
        assert "no data since 09:14" in read("/cycling/", now=later)[1]
        card = cycling_queries.get_card(later)
        assert (card.lead, card.state) == ("Where hire bikes are is not known", State.UNKNOWN)

    def test_the_bikes_of_all_stations_are_added_up_and_none_of_what_is_old(self):
        card = cycling_queries.get_card(FRAME_AT + timedelta(minutes=1))
        known = [
            one for one in cycling_queries.list_stations(now=FRAME_AT) if one.bikes is not None
        ]

        assert card.figure.value == str(sum(one.bikes for one in known))
        assert cycling_queries.get_card(FRAME_AT + timedelta(days=1)).figure is None

    def test_more_bikes_than_a_station_holds_is_doubted(self, take):
        status = {"station_id": "BRL:1", "num_bikes_available": 10, "num_docks_available": 10}
        body = {"last_updated": int(FRAME_AT.timestamp()) + 60, "data": {"stations": [status]}}
        take(bikes.FEED, json.dumps(body).encode(), at=FRAME_AT + timedelta(minutes=1), key="two")

        one = cycling_queries.list_stations(now=FRAME_AT + timedelta(minutes=1))[0]

        fact = cycling_queries.station_as_fact(one, now=FRAME_AT + timedelta(minutes=1))
        assert "doubtful" in fact.words

    def test_stations_near_a_place_and_on_the_map(self):
        found = cycling_queries.list_station_facts(FRAME_AT)
        near = list_nearest(Point(lon=-1.5476, lat=53.7961), found, most=5)

        assert near[0].label == "City Square"
        assert {one.id for one in cycling_queries.list_station_marks(FRAME_AT)} == {
            "bikes-BRL:1",
            "bikes-BRL:2",
        }


@pytest.mark.django_db
class TestCounters:
    @pytest.fixture(autouse=True)
    def counts(self, take):
        take(counters.FEED, (FEEDS / "counters.zip").read_bytes())

    def test_the_newest_hour_is_the_sum_of_the_lanes_that_counted(self, read):
        _, words, _ = read("/cycling/")

        assert "Meanwood Road Cycle Path 20 in an hour" in words
        assert "no data since 09:00 on 4 July 2023" in words

    def test_a_counters_page_has_its_last_hours_and_each_lanes_evidence(self, read):
        status, words, html = read("/cycling/counters/cycle-100122/")

        assert status == 200
        assert "4 July 2023 9:00am 20" in words
        assert "2 of 2" in words
        assert "/data/series/travel.counter_cycle_100122_2.hourly_count_1/" in html

    def test_search_finds_a_counter(self):
        assert [hit.url for hit in lay_out(summary.list_findable()).list_hits("meanwood", 5)] == [
            "/cycling/counters/cycle-100122/"
        ]

    def test_a_counter_without_a_position_is_not_on_the_map(self):
        assert [one.id for one in cycling_queries.list_counter_marks(FRAME_AT)] == [
            "counter-cycle-100122"
        ]

    def test_a_counter_that_is_not_there_is_a_404(self, client):
        assert client.get("/cycling/counters/nope/").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("lake")
class TestWithoutData:
    @pytest.mark.parametrize("url", ["/travel/", "/travel/buses/", "/cycling/", "/charging/"])
    def test_pages_stand_and_say_that_nothing_is_known(self, read, url):
        status, words, _ = read(url)

        assert status == 200
        assert "0 buses" not in words

    def test_cards_do_not_call_the_unknown_zero(self):
        for card in summary.list_cards(FRAME_AT):
            assert card.state is State.UNKNOWN
            assert all(fact.value == "" for fact in card.facts)


@pytest.mark.django_db
def test_simulated_facts_are_labelled_on_every_page(read, lake):
    for feed in (vehicles.FEED, routes.FEED, charging.FEED, bikes.FEED, counters.FEED):
        batch = feed.simulate(packs.current().params(feed.name), FRAME_AT)
        lake.append(batch, feed=feed.name, key="simulated", now=FRAME_AT)

    for url in (
        "/travel/",
        "/travel/buses/",
        "/charging/",
        "/charging/simulated-1/",
        "/cycling/",
        "/cycling/counters/simulated-1/",
    ):
        assert '<span class="origin">Simulated' in read(url)[2]
    assert bus_queries.get_frame(now=FRAME_AT).origin is Origin.SIMULATED


@pytest.mark.django_db
@pytest.mark.recordings
def test_of_the_real_leeds_frame_only_fresh_buses_are_shown_and_the_page_is_light(
    read, take, recordings
):
    folder = recordings / "transport"
    at = datetime(2025, 2, 6, 16, 20, 35, tzinfo=UTC)
    frame = (folder / "gtfs-rt" / "leeds_vehicles_2025-02-06T1620Z.pb").read_bytes()
    take(vehicles.FEED, frame, at=at)
    take(routes.FEED, (folder / "gtfs" / "yorkshire_2025-01-24_routes.txt").read_bytes(), at=at)
    message = vehicles.gtfsrt.gtfs_realtime_pb2.FeedMessage.FromString(frame)
    box = packs.current().box
    ages = [
        message.header.timestamp - entity.vehicle.timestamp
        for entity in message.entity
        if box.holds(lon=entity.vehicle.position.longitude, lat=entity.vehicle.position.latitude)
    ]

    for later in (0, 60, 200):
        now = at + timedelta(seconds=later)
        expected = sum(age + later < 300 for age in ages)
        assert len(bus_queries.get_frame(now=now).live) == expected
        assert f"{expected} buses have said where they are" in read("/travel/buses/", now=now)[1]


class TestPack:
    def test_both_cities_packs_are_whole(self):
        for city in ("leeds", "leicester"):
            section = packs.Pack(folder=packs.current().folder.parent / city).section("travel")
            assert list(manifest.check_pack(section)) == []

    def test_an_operator_without_a_code_of_its_own_is_named(self):
        said = list(manifest.check_pack({"operator": [{"code": "F", "name": "First"}] * 2}))

        assert "[[operator]] F needs a national operator code of four letters or digits" in said
        assert "[[operator]] F is there twice" in said
