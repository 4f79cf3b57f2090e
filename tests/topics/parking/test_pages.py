"""The car park pages, as a driver reads them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from moothall.kernel import clock, packs
from moothall.kernel.search import lay_out
from moothall.topics.parking import manifest, queries, rules
from moothall.topics.parking.feeds import datex, occupancy_csv
from moothall.values.facts import State, list_nearest
from moothall.values.observations import Origin
from moothall.values.places import Point
from moothall.values.requests import Payload, Request

FEEDS = Path(__file__).with_name("feeds")
NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
PAGE_BUDGET = 150_000


@pytest.fixture
def take(lake):
    """Let a feed say what a payload says."""

    def append(feed, body, *, at=NOW, key="one", **more):
        payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=at)
        batch = feed.parse(payload, {**packs.current().params(feed.name), **more})
        return lake.append(batch, feed=feed.name, key=key, now=at, raw="cd" * 32)

    return append


@pytest.fixture
def read(client, monkeypatch, lake):
    """Read a page at an instant: its status, its words, its HTML."""

    def get(url, *, now=NOW):
        monkeypatch.setattr(clock, "now", lambda: now)
        answer = client.get(url)
        html = answer.content.decode()
        assert len(html) < PAGE_BUDGET
        assert html.count("<h1") == 1
        return (
            answer.status_code,
            re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))),
            html,
        )

    return get


def find(name, now=NOW):
    return next(one for one in queries.list_car_parks(now=now) if one.id == name)


@pytest.mark.django_db
class TestReports:
    @pytest.fixture(autouse=True)
    def reports(self, take):
        take(datex.FEED, (FEEDS / "datex.xml").read_bytes())

    def test_spaces_free_are_shown_with_their_age_and_evidence(self, read):
        status, words, html = read("/parking/")

        assert status == 200
        assert "Victoria Square 371 spaces" in words
        assert "6 minutes ago" in words
        assert "/data/series/parking.c1.spaces_free_1/" in html

    def test_a_car_park_silent_for_years_is_not_known_whatever_it_last_said(self, read):
        silent = find("C2")

        assert (silent.told, silent.state, silent.show_as) == (
            rules.State.CLOSED,
            rules.State.UNKNOWN,
            State.UNKNOWN,
        )
        assert "no data since 12:21 on 27 September 2011" in read("/parking/")[1]

    def test_a_zero_that_cannot_be_right_is_said_so_and_gives_no_spaces(self, read):
        fact = queries.as_fact(find("C3"), now=NOW)

        assert (fact.value, fact.state) == ("", State.UNKNOWN)
        assert "its count cannot be right" in read("/parking/")[1]

    def test_spaces_counted_over_half_an_hour_ago_are_not_shown_as_free(self):
        later = NOW + timedelta(minutes=31)

        assert find("C1", later).state is rules.State.UNKNOWN
        assert queries.as_fact(find("C1", later), now=later).value == ""
        assert queries.say_lead(queries.list_car_parks(now=later)).startswith("No car park")

    def test_the_sum_leaves_out_what_is_silent_or_cannot_be_right(self):
        figure = queries.get_card(NOW).figure
        counted = [
            one for one in queries.list_car_parks(now=NOW) if queries.as_fact(one, now=NOW).value
        ]

        assert figure.value == f"{sum(one.free for one in counted):,}"
        assert f"in {len(counted)} car park" in figure.label
        assert figure.at == min(one.at for one in counted)
        assert queries.get_card(NOW + timedelta(hours=9)).figure is None

    def test_one_car_park_has_a_page_with_its_last_counts(self, read):
        status, words, html = read("/parking/C1/")

        assert status == 200
        assert "Places in all 698" in words
        # A page does not lead to itself.
        assert 'href="/parking/C1/"' not in html
        assert "Places taken, as last counted 327" in words
        assert f"/data/feeds/parking.datex/raw/{'cd' * 32}" in html

    @pytest.mark.parametrize("name", ["nope", "a%2Fb"])
    def test_a_car_park_that_is_not_there_is_a_404(self, client, name):
        assert client.get(f"/parking/{name}/").status_code == 404


@pytest.mark.django_db
class TestPackAlone:
    def test_a_car_park_without_a_live_count_is_listed_and_says_so(self, read):
        status, words, _ = read("/parking/woodhouse_lane_car_park/")

        assert status == 200
        assert "no live count is published" in words
        assert "Places in all 1226" in words

    def test_the_card_does_not_call_the_unknown_full_or_free(self, lake):
        card = queries.get_card(NOW)

        assert card.state is State.UNKNOWN
        assert card.lead == "No car park says how full it is now"
        assert all(fact.value == "" for fact in card.facts)

    def test_the_source_of_names_and_places_is_named(self, read):
        assert "OpenStreetMap contributors" in read("/parking/")[1]

    def test_near_and_search_find_a_car_park(self, lake):
        index = lay_out(queries.list_findable())
        near = list_nearest(Point(lon=-1.5468, lat=53.8049), queries.list_facts(NOW), most=5)

        assert near[0].label == "Woodhouse Lane Car Park"
        assert near[0].distance_m < 100
        assert "/parking/woodhouse_lane_car_park/" in {
            hit.url for hit in index.list_hits("woodhouse lane", 5)
        }
        assert index.list_hits(" ", 5) == ()


@pytest.mark.django_db
def test_simulated_counts_are_labelled_everywhere(read, lake):
    batch = occupancy_csv.simulate(packs.current().params("parking.occupancy_csv"), NOW)
    lake.append(batch, feed="parking.occupancy_csv", key="simulated", now=NOW)

    for url in ("/parking/", "/parking/woodhouse_lane_car_park/"):
        assert '<span class="origin">Simulated' in read(url)[2]
    assert {mark.origin for mark in queries.list_marks(NOW) if "no live" not in mark.words} == {
        Origin.SIMULATED
    }


@pytest.mark.django_db
def test_a_file_of_readings_reaches_the_page(read, take):
    body = b"SystemCodeNumber,Capacity,Occupancy,LastUpdated\nWL,1226,1200,2026-01-05 09:10:00\n"
    place = {**find_row("woodhouse_lane_car_park"), "code": "WL"}
    take(occupancy_csv.FEED, body, car_park=[place])

    _, words, _ = read("/parking/")

    assert "Woodhouse Lane Car Park 26 spaces" in words
    assert "almost full" in words


def find_row(name):
    return next(row for row in packs.current().section("parking")["car_park"] if row["id"] == name)


@pytest.mark.django_db
@pytest.mark.recordings
def test_glasgow_played_as_if_now_never_shows_its_silent_car_parks_as_live(take, recordings):
    path = recordings / "transport" / "parking" / "glasgow_datex_carparks_2013-10-06.xml"
    at = datetime(2013, 10, 6, 8, 25, 11, tzinfo=UTC)
    take(datex.FEED, path.read_bytes(), at=at)

    current = {one.name for one in queries.list_car_parks(now=at) if one.current}

    assert len(current) == 7
    assert "Shields Road" not in current


class TestPack:
    @pytest.mark.parametrize(("city", "count"), [("leeds", 15), ("leicester", 8)])
    def test_the_citys_car_parks_are_whole_and_inside_it(self, city, count):
        pack = packs.Pack(folder=packs.current().folder.parent / city)
        section = {**pack.section("parking"), "city": pack.city}

        assert list(manifest.check_pack(section)) == []
        assert len(section["car_park"]) == count

    def test_what_is_wrong_is_named(self):
        rows = [{"id": "a", "capacity": -1}, {"id": ""}]

        assert list(manifest.check_pack({"car_park": rows})) == [
            "[[car_park]] a has a capacity that is no number of places",
            "[[car_park]]  has an id that cannot name a series",
        ]
