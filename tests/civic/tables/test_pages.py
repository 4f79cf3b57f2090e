"""An open table has its page, its card, its place on the map and in a search."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moothall.civic.tables import manifest, queries
from moothall.civic.tables.feeds.open_table import parse
from moothall.kernel import packs
from moothall.kernel.search import lay_out
from moothall.values.facts import State
from moothall.values.observations import Batch, Observation
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TABLES = """
[feeds.noise]
title = "Noise in the street"
summary = "How loud it is."
publisher = "Stadt"
source = "https://example.org/"
licence = "CC0-1.0"
format = "csv"
columns = { id = "id", name = "name", at = "at", lat = "lat", lon = "lon" }
[[feeds.noise.measure]]
key = "level_db"
title = "Level"
column = "db"
unit = "dB"
most = 140
[[feeds.noise.fact]]
key = "street"
title = "Street"
column = "street"
"""
CSV = """id,name,at,lat,lon,db,street
a,Market,2026-01-05T09:15,54.75,2.06,68.4,High Street
b,Quay,2026-01-05T07:15,54.76,2.07,55,
c,Pier,2026-01-05T09:15,54.77,2.08,900,Pier Road
"""


@pytest.fixture
def table(lake, settings, tmp_path):
    """One open table of a city, with what it last said in the lake."""
    (tmp_path / "city.toml").write_text(
        'name = "Doggerby"\ncouncil = "Council"\ntime_zone = "UTC"\n'
        "box = { west = 2.0, south = 54.7, east = 2.2, north = 54.8 }\n",
        encoding="utf-8",
    )
    (tmp_path / "tables.toml").write_text(TABLES, encoding="utf-8")
    settings.CITY_PACK = str(tmp_path)
    packs.current.cache_clear()
    pack = packs.current()
    payload = Payload(body=CSV.encode(), request=Request(url=""), fetched_at=NOW)
    batch = parse(payload, pack.params("tables.noise"), name="noise")
    lake.append(batch, feed="tables.noise", key="1", now=NOW)
    yield queries.get_table("noise")
    packs.current.cache_clear()


def test_what_is_fresh_is_said_and_what_is_old_or_cannot_be_is_not_known(table):
    facts = {fact.label: fact for one in queries.list_things(table, now=NOW) for fact in one.facts}
    assert (facts["Market: Level"].value, facts["Market: Level"].state) == ("68.4", State.NEUTRAL)
    assert facts["Quay: Level"].words == "no data since 07:15"
    assert facts["Quay: Level"].state is State.UNKNOWN
    assert facts["Pier: Level"].words == "cannot be right"


def test_a_card_puts_what_is_fresh_first(table):
    card = queries.get_card("noise", NOW)
    assert card.lead == "2 of 3 say how they are now"
    assert card.facts[-1].label == "Quay: Level"
    assert card.attribution == "Stadt, CC0-1.0"
    assert queries.get_card("noise", NOW + timedelta(days=1)).state is State.UNKNOWN


def test_marks_near_and_search(table):
    assert [mark.title for mark in queries.list_marks("noise", NOW)] == ["Market", "Pier", "Quay"]
    assert len(queries.list_facts(NOW)) == 3
    assert [hit.title for hit in lay_out(queries.list_findable()).list_hits("pier road", 5)] == [
        "Pier"
    ]


@pytest.mark.django_db
def test_the_page_says_what_is_told_who_says_it_and_where_it_comes_from(table, client):
    text = client.get("/tables/noise/").content.decode()
    for said in ("How loud it is.", "68.4", "High Street", "Published by Stadt", "CC0-1.0"):
        assert said in text
    assert "/data/series/tables.noise_a.level_db/" in text
    assert client.get("/tables/none/").status_code == 404


def test_the_service_is_as_large_as_the_pack_says(table):
    pack = packs.current()
    service = manifest.fit({**pack.section("tables"), "city": pack.city})
    assert (len(service.feeds), len(service.cards), len(service.layers)) == (1, 1, 1)
    assert list(manifest.check_pack(pack.section("tables"))) == []


def test_a_single_one_of_what_is_counted_is_called_what_one_is_called(table, lake):
    said = replace(table.measures[0], unit="{spaces}", one="space")
    counted = replace(table, measures=(said,))
    units = {}
    for minute, value in enumerate((1.0, 2.0)):
        at = NOW - timedelta(minutes=5 - minute)
        observed = Observation(series="tables.noise_a.level_db", at=at, result=value)
        lake.append(Batch(observations=(observed,)), feed="tables.noise", key=str(value), now=NOW)
        (one,) = [one for one in queries.list_things(counted, now=NOW) if one.id == "a"]
        units[one.facts[0].value] = one.facts[0].unit
    assert units == {"1": "space", "2": "spaces"}
