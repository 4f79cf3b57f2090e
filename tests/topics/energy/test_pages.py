"""The energy pages and card, as a resident reads them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import orjson
import pytest

from moothall.kernel import clock, packs
from moothall.kernel.registry import house
from moothall.kernel.search import lay_out
from moothall.topics.energy import queries
from moothall.topics.energy.feeds import carbon_intensity
from moothall.values.facts import State
from moothall.values.observations import Origin
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, 40, tzinfo=UTC)
BEGUN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def leeds(in_city):
    """Run for Leeds."""
    return in_city("leeds")


def half_hour(at, forecast, index="low"):
    return {
        "from": at.isoformat(),
        "to": (at + timedelta(minutes=30)).isoformat(),
        "intensity": {"forecast": forecast, "index": index},
        "generationmix": [{"fuel": "wind", "perc": 61.5}, {"fuel": "gas", "perc": 38.5}],
    }


@pytest.fixture
def say(lake):
    """Let the source say the half hours from one on."""

    def append(*forecasts, begun=BEGUN, index="low"):
        hours = [
            half_hour(begun + timedelta(minutes=30 * number), value, index)
            for number, value in enumerate(forecasts)
        ]
        body = orjson.dumps({"data": {"regionid": 5, "data": hours}})
        payload = Payload(
            body=body, request=Request(url=""), fetched_at=begun + timedelta(minutes=10)
        )
        batch = carbon_intensity.parse(payload, packs.current().params("energy.carbon_intensity"))
        lake.append(batch, feed="energy.carbon_intensity", key=str(begun), now=NOW, raw="cd" * 32)

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


def test_without_data_nothing_is_known_and_the_card_says_so(lake):
    card = queries.get_energy_card(NOW)

    assert card.state is State.UNKNOWN
    assert card.lead.endswith("is not known: no data yet")
    assert [fact.value for fact in card.facts] == [""]


def test_the_card_says_the_present_half_hour_and_the_cleanest_ahead(say):
    say(90, 200, 100, 100, 100, 100, 300)

    card = queries.get_energy_card(NOW)

    assert card.lead == (
        "Electricity in Yorkshire is low carbon now; it is forecast to carry least carbon"
        " from 10:30am to 12:30pm today"
    )
    assert card.state is State.GOOD
    assert [(fact.value, fact.unit) for fact in card.facts] == [
        ("90", "gCO₂/kWh"),
        ("62", "%"),
        ("10:30am to 12:30pm today", ""),
    ]
    assert card.facts[0].series == "energy.region_5.intensity_g_kwh"


def test_a_forecast_never_passes_for_the_present(say):
    say(90, 200, 100)

    (grid,) = queries.list_grids(now=NOW)

    assert (grid.intensity_g_kwh, grid.from_at) == (90, BEGUN)


def test_an_old_half_hour_reads_no_data_since_when(say):
    say(90, begun=BEGUN - timedelta(hours=5))

    (grid,) = queries.list_grids(now=NOW)

    assert grid.state is State.UNKNOWN
    assert grid.words == "no data since 05:00"
    assert queries.grid_as_fact(grid).stale


@pytest.mark.django_db
def test_the_page_says_what_electricity_is_made_from_and_shows_its_evidence(say, read):
    say(90, 200, 100, 100, 100, 100)

    status, html, words = read("/energy/")

    assert status == 200
    assert "90 gCO₂/kWh low carbon" in words
    assert "Wind – history and source 61.5" in words
    assert f'href="/data/feeds/energy.carbon_intensity/raw/{"cd" * 32}"' in html
    assert html.count("<h1>") == 1


@pytest.mark.django_db
def test_the_forecast_marks_the_cleanest_half_hours(say, read):
    say(90, 200, 100, 100, 100, 100)

    status, html, words = read("/energy/forecast/")

    assert status == 200
    assert html.count("<span data-words>cleanest</span>") == 4
    assert "forecast from 10:30am to 12:30pm today: about 100 gCO₂/kWh" in words


@pytest.mark.django_db
def test_without_a_forecast_the_page_says_so(read):
    assert "No forecast has been read" in read("/energy/forecast/")[2]


@pytest.mark.django_db
def test_simulated_electricity_is_labelled(lake, read):
    params = packs.current().params("energy.carbon_intensity")
    batch = carbon_intensity.simulate(params, NOW)
    lake.append(batch, feed="energy.carbon_intensity", key="x", now=NOW)

    _, html, words = read("/energy/")

    assert html.count('class="origin"') == 1
    assert "Simulated" in words
    assert {fact.origin for fact in queries.get_energy_card(NOW).facts} == {Origin.SIMULATED}


def test_near_anywhere_in_the_city_the_region_is_the_same(say):
    say(90)

    (fact,) = queries.list_facts(NOW)

    assert (fact.value, fact.distance_m) == ("90", None)


def test_a_search_finds_the_pages_by_what_people_call_them():
    index = lay_out(queries.list_findable())
    assert [hit.url for hit in index.list_hits("wind power", 5)] == ["/energy/"]
    assert [hit.url for hit in index.list_hits("when cleanest", 5)] == ["/energy/forecast/"]
    assert index.list_hits("", 5) == ()


def test_both_packs_name_their_own_region_and_a_wrong_one_is_named(in_city):
    check = house.service("energy").check_pack
    for city, region in (("leicester", 9), ("leeds", 5)):
        section = in_city(city).section("energy")
        assert [row["id"] for row in section["region"]] == [region]
        assert list(check(section)) == []

    rows = [{"id": 99}, {"id": 5, "name": "London", "source": "x", "licence": "CC-BY-4.0"}]
    assert list(check({"region": rows})) == [
        "[[region]] 99 is none of the source's regions, 1 to 17",
        "[[region]] 5 is Yorkshire, not 'London'",
    ]
