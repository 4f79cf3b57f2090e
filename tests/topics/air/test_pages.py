"""The air pages and card, as a resident reads them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from moothall.kernel import clock, packs
from moothall.kernel.registry import house
from moothall.kernel.search import lay_out
from moothall.topics.air.feeds import sensor_community, uk_air
from moothall.topics.air.queries import advice, sensors, sites, summary
from moothall.topics.air.rules import Band
from moothall.values.facts import State, list_nearest
from moothall.values.observations import Batch, Observation, Origin
from moothall.values.places import Point

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def leeds(in_city):
    """Run for Leeds."""
    return in_city("leeds")


@pytest.fixture
def say(lake):
    """Let the Leeds Centre site say some hours of one pollutant."""

    def append(quantity, value, hours, until=NINE, origin=Origin.LIVE):
        series = uk_air.describe(packs.current().section("air")["site"][0], quantity)
        observations = tuple(
            Observation(
                series=series.key,
                at=until - HOUR * (number + 1),
                until=until - HOUR * number,
                result=value,
                origin=origin,
            )
            for number in range(hours)
        )
        lake.append(
            Batch(observations=observations, series=(series,)),
            feed="air.uk_air",
            key=f"{quantity}{value}{until}",
            now=NOW,
        )

    return append


@pytest.fixture
def read(client, monkeypatch, lake):
    """Read a page at NOW, as words."""
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def get(url):
        answer = client.get(url)
        html = answer.content.decode()
        words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))
        return answer.status_code, html, words

    return get


def leeds_centre():
    return sites.list_sites(now=NOW)[0]


def test_without_data_there_is_no_index_and_the_card_says_so(lake):
    card = summary.get_air_card(NOW)

    assert card.state is State.UNKNOWN
    assert "not known" in card.lead
    assert [fact.words for fact in card.facts] == ["no data yet", "no data yet"]
    assert all(fact.value == "" for fact in card.facts)


def test_the_sites_index_is_the_highest_of_its_pollutants_and_says_what_it_leaves_out(say):
    say("o3", 110.0, 8)
    say("no2", 30.0, 1)

    found = leeds_centre()

    assert (found.index, found.band) == (4, Band.MODERATE)
    assert found.words == "moderate; not counting SO₂, PM₂.₅, PM₁₀, whose index is not known"


def test_too_few_hours_give_no_index_and_say_how_many_are_needed(say):
    say("pm25", 80.0, 17)

    particles = next(one for one in leeds_centre().pollutants if one.sign == "PM₂.₅")

    assert particles.words == "no index: only 17 of 24 hours have a value, 18 are needed"
    assert particles.state is State.UNKNOWN
    assert leeds_centre().index is None


def test_stale_hours_read_no_data_since_when(say):
    say("no2", 30.0, 3, until=NINE - 8 * HOUR)

    assert leeds_centre().words == "no data since 01:00"
    assert leeds_centre().state is State.UNKNOWN


def test_hours_silent_for_days_still_tell_since_when(say):
    say("no2", 30.0, 1, until=NINE - timedelta(days=9))

    assert leeds_centre().words == "no data since 09:00 on 27 December 2025"


def test_a_new_hour_is_seen_at_once(say):
    say("no2", 30.0, 1, until=NINE - HOUR)
    assert leeds_centre().index == 1

    say("no2", 480.0, 1)
    assert leeds_centre().index == 8


def test_the_card_gives_the_advice_for_the_worst_site(say):
    say("no2", 480.0, 1)

    card = summary.get_air_card(NOW)

    assert card.state is State.BAD
    assert card.lead.startswith("Air pollution is high: index 8 of 10.")
    assert advice.get_advice(Band.HIGH).at_risk in card.lead
    assert card.lead.endswith("1 of 2 sites has no index now.")


def test_every_band_has_advice_for_people_at_risk_and_for_everyone():
    found = advice.list_advice()

    assert [one.indices for one in found] == ["1–3", "4–6", "7–9", "10"]
    assert all(one.at_risk and one.everyone for one in found)


@pytest.mark.django_db
def test_the_page_names_the_index_its_advice_and_the_way_to_its_evidence(say, read):
    say("o3", 110.0, 8)

    status, html, words = read("/air/")

    assert status == 200
    assert "The highest index in the city is 4, moderate." in words
    assert 'href="/data/series/air.leed.o3_ug_m3/"' in html
    assert html.count("<h1>") == 1


@pytest.mark.django_db
def test_the_page_without_an_index_never_says_that_the_air_is_clean(read):
    _, _, words = read("/air/")

    assert "That does not mean that the air is clean." in words
    assert "The highest index" not in words


@pytest.mark.django_db
def test_a_sites_page_shows_its_hours_with_gaps_as_no_data(say, read):
    say("o3", 50.0, 3)
    say("no2", 30.0, 1)

    status, html, words = read("/air/sites/LEED/")

    assert status == 200
    assert html.count('<th scope="row"><time') == 3
    assert "no data" in words
    assert "Ozone, mean of 8 h" in words
    assert "only 3 of 8 hours have a value, 6 are needed" in words
    assert read("/air/sites/nowhere/")[0] == 404


@pytest.mark.django_db
def test_simulated_air_is_labelled(lake, read):
    batch = uk_air.simulate(packs.current().params("air.uk_air"), NOW)
    lake.append(batch, feed="air.uk_air", key="x", now=NOW)

    _, html, words = read("/air/")

    assert html.count('class="origin"') == len(sites.list_places())
    assert "Simulated" in words
    assert summary.get_air_card(NOW).facts[0].origin is Origin.SIMULATED


def test_low_cost_sensors_never_have_an_index_nor_a_good_state(lake):
    batch = sensor_community.simulate(packs.current().params("air.sensor_community"), NOW)
    lake.append(batch, feed="air.sensor_community", key="x", now=NOW)

    facts = [summary.sensor_as_fact(one) for one in sensors.list_sensors(now=NOW)]

    assert len(facts) == 3
    assert {fact.state for fact in facts} == {State.NEUTRAL}
    assert leeds_centre().index is None


def test_near_a_point_come_the_nearest_site_and_sensors(lake):
    batch = sensor_community.simulate(packs.current().params("air.sensor_community"), NOW)
    lake.append(batch, feed="air.sensor_community", key="x", now=NOW)

    centre = Point(lon=-1.5491, lat=53.7999)
    (site,) = list_nearest(centre, summary.list_site_facts(NOW), most=1)

    assert site.label == "Leeds Centre"
    assert len(list_nearest(centre, summary.list_sensor_facts(NOW), most=2)) == 2


def test_a_search_finds_a_site_by_its_name_and_by_what_it_measures():
    index = lay_out(summary.list_findable())
    assert [hit.url for hit in index.list_hits("leeds centre", 5)] == ["/air/sites/LEED/"]
    assert [hit.title for hit in index.list_hits("ozone", 5)] == ["Leeds Centre"]
    assert index.list_hits("", 5) == ()


def test_the_map_says_each_sites_state_in_words(say):
    say("no2", 30.0, 1)

    first = summary.list_marks(NOW)[0]

    assert first.words.startswith("1 of 10, low")
    assert (first.state, first.url) == (State.GOOD, "/air/sites/LEED/")


def test_the_packs_sites_are_whole_and_a_spoilt_one_is_named(in_city):
    check = house.service("air").check_pack
    for city in ("leicester", "leeds"):
        assert list(check(in_city(city).section("air"))) == []

    row = {"id": "LEED", "measures": ["co2"], "daily_column": 3}
    assert list(check({"site": [row, {**row, "measures": []}]})) == [
        "[[site]] LEED measures co2, which nothing here reads",
        "[[site]] LEED has another site's daily_column",
    ]
