"""The flood pages and card, as a resident reads them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from moothall.kernel import clock, packs
from moothall.kernel.feeds import standings
from moothall.kernel.feeds.schedule import Standing
from moothall.kernel.registry import house
from moothall.kernel.search import lay_out
from moothall.topics.flood.feeds import readings, warnings
from moothall.topics.flood.queries import levels, summary
from moothall.topics.flood.queries import warnings as warning_queries
from moothall.values.facts import State, list_nearest
from moothall.values.observations import Batch, Observation, Origin, Record
from moothall.values.places import Point

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
CROWN_POINT = "flood.l1707.level_m"
LISTED = "flood.rloi_8061.level_m"


@pytest.fixture(autouse=True)
def leeds(in_city):
    """Run for Leeds."""
    return in_city("leeds")


@pytest.fixture
def say(lake):
    """Let a series say something, as its feed would."""

    def append(key, level_m, age=timedelta(minutes=5), origin=Origin.LIVE):
        described = {
            series.key: series
            for _, series in readings._list_series(packs.current().params("flood.readings"))
        }
        known = described.get(key) or readings._describe_level(
            packs.current().section("flood")["gauge"][0], False
        )
        from dataclasses import replace

        series = replace(known, key=key)
        observation = Observation(series=key, at=NOW - age, result=level_m, origin=origin)
        lake.append(
            Batch(observations=(observation,), series=(series,)),
            feed="flood.readings",
            key=f"{key}-{age}-{origin}",
            now=NOW,
            raw="ab" * 32,
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


def level_of(gauge_id):
    return next(one for one in levels.list_levels(now=NOW) if one.gauge.id == gauge_id)


def test_a_gauge_with_no_reading_at_all_is_unknown(lake):
    level = level_of("L1707")

    assert (level.level_m, level.words, level.show_as) == (None, "no data yet", State.UNKNOWN)


def test_a_stale_gauge_reads_unknown_since_when_never_normal(say):
    say(CROWN_POINT, 0.66, timedelta(hours=7))

    level = level_of("L1707")
    assert level.show_as is State.UNKNOWN
    assert level.words == "no data since 02:30"


def test_a_fresh_level_is_said_beside_its_usual_range(say):
    say(CROWN_POINT, 0.66)

    level = level_of("L1707")
    assert (level.words, level.show_as) == ("normal: usually below 1.35 m", State.GOOD)


def test_from_1_40_m_at_crown_point_flooding_is_likely(say):
    say(CROWN_POINT, 1.4)

    assert level_of("L1707").words == "high: flooding is likely from 1.40 m"


def test_a_replayed_level_goes_before_a_simulated_one_and_a_live_one_before_both(say):
    say(CROWN_POINT, 0.9, timedelta(minutes=1), Origin.SIMULATED)
    say(LISTED, 0.66, timedelta(minutes=20), Origin.REPLAYED)
    assert (level_of("L1707").level_m, level_of("L1707").origin) == (0.66, Origin.REPLAYED)

    say(LISTED, 0.7, timedelta(minutes=10))
    assert (level_of("L1707").level_m, level_of("L1707").origin) == (0.7, Origin.LIVE)


def test_a_moveable_weir_has_a_level_on_each_side(lake):
    sides = [one.side for one in levels.list_levels(now=NOW) if one.gauge.id == "L1707A"]

    assert sides == ["above the weir", "below the weir"]


def test_a_weir_that_is_high_is_named_with_its_side(say):
    say("flood.l1707a.downstream_level_m", 23.9)

    assert "Leeds Crown Point Flood Alleviation Scheme (below the weir)" in (
        summary.get_rivers_card(NOW).lead
    )


def test_the_card_never_calls_the_rivers_good_when_no_gauge_reports(lake):
    card = summary.get_rivers_card(NOW)

    assert card.state is State.UNKNOWN
    assert card.lead == "River levels are not known: no gauge has reported lately"


def test_the_card_names_a_high_river_and_counts_the_silent_gauges(say):
    say(CROWN_POINT, 1.38)
    silent = len(levels.list_levels(now=NOW)) - 1

    card = summary.get_rivers_card(NOW)

    assert card.state is State.WATCH
    assert card.lead == (
        "1 level is above its usual range: Leeds Crown Point; "
        f"{silent} gauges have not reported lately"
    )
    assert card.facts[0].url == "/flood/gauges/L1707/"
    assert card.facts[0].series == CROWN_POINT


def keep_warning(lake, level, origin=Origin.LIVE):
    fields = dict.fromkeys(column.name for column in warnings.WARNING.columns)
    record = Record(
        kind="flood.warning",
        id="123WAF983",
        from_at=NOW - timedelta(hours=1),
        fields={
            **fields,
            "name": "River Aire at Kirkstall",
            "severity_level": level,
            "source_url": "https://example.org/",
        },
        origin=origin,
    )
    batch = Batch(records=(record,), complete=frozenset({"flood.warning"}))
    lake.append(batch, feed="flood.warnings", key=f"{level}{origin}", now=NOW)


def heard(monkeypatch, age):
    standing = Standing(feed="flood.warnings", last_data_at=NOW - age)
    monkeypatch.setattr(standings, "list_standings", lambda: {"flood.warnings": standing})


def test_no_warnings_is_said_only_while_the_list_is_fresh(lake, monkeypatch):
    heard(monkeypatch, timedelta(minutes=10))
    assert warning_queries.list_warnings(now=NOW).state is State.GOOD

    heard(monkeypatch, timedelta(hours=3))
    stale = warning_queries.list_warnings(now=NOW)
    assert stale.state is State.UNKNOWN
    assert stale.words == "Not known whether warnings are in force: no data since 06:30"


def test_a_warning_in_force_is_bad_and_named(lake, monkeypatch):
    heard(monkeypatch, timedelta(minutes=10))
    keep_warning(lake, 2)

    found = warning_queries.list_warnings(now=NOW)

    assert found.state is State.BAD
    assert found.words == "Flood warning: River Aire at Kirkstall"


def test_a_simulated_list_neither_warns_nor_reassures(lake, monkeypatch):
    heard(monkeypatch, timedelta(minutes=1))
    keep_warning(lake, 4, Origin.SIMULATED)

    found = warning_queries.list_warnings(now=NOW)

    assert (found.state, found.words) == (
        State.UNKNOWN,
        "Real flood warnings are not being read here",
    )


@pytest.mark.django_db
def test_the_list_shows_crown_point_its_age_and_the_way_to_its_evidence(say, read):
    say(CROWN_POINT, 0.66)

    status, html, words = read("/flood/")

    assert status == 200
    assert "River Aire, Leeds Crown Point 0.66 m normal: usually below 1.35 m" in words
    assert "5 minutes ago" in words
    assert f'href="/data/series/{CROWN_POINT}/"' in html
    assert html.count("<h1>") == 1
    assert "above the weir" in words


@pytest.mark.django_db
def test_a_gauges_page_shows_its_readings_its_record_and_its_raw_bytes(say, read):
    for quarter in range(6):
        say(CROWN_POINT, 0.60 + quarter / 50, timedelta(minutes=15 * (5 - quarter)))

    status, html, words = read("/flood/gauges/L1707/")

    assert status == 200
    assert "Rising over the last hour" in words
    assert "2.55 m, 26 December 2015" in words
    assert html.count('<th scope="row"><time') == 6
    assert f'href="/data/feeds/flood.readings/raw/{"ab" * 32}"' in html
    assert 'href="https://environment.data.gov.uk/flood-monitoring/id/stations/L1707"' in html


@pytest.mark.django_db
def test_simulated_levels_are_labelled_on_the_page(lake, read):
    batch = readings.simulate(packs.current().params("flood.readings"), NOW)
    lake.append(batch, feed="flood.readings", key="x", now=NOW)

    _, html, words = read("/flood/")

    assert html.count('class="origin"') >= len(levels.list_gauges())
    assert "Simulated" in words


@pytest.mark.django_db
def test_a_gauge_that_is_not_here_is_not_found(read):
    assert read("/flood/gauges/nowhere/")[0] == 404


def test_the_map_shows_each_gauge_once_with_its_state_in_words(say):
    say(CROWN_POINT, 0.66)

    marks = summary.list_marks(NOW)

    ids = [mark.id for mark in marks]
    assert len(ids) == len(set(ids)) == len(levels.list_gauges())
    first = marks[0]
    assert first.title == "River Aire, Leeds Crown Point"
    assert first.words == "0.66 m, normal: usually below 1.35 m"
    assert first.state is State.GOOD
    assert first.url == "/flood/gauges/L1707/"


def test_each_level_says_where_it_is_so_that_the_nearest_can_be_told(lake):
    facts = list_nearest(Point(lon=-1.5491, lat=53.7999), summary.list_facts(NOW), most=3)

    assert [fact.distance_m for fact in facts] == sorted(fact.distance_m for fact in facts)
    assert len(facts) == 3


def test_a_search_finds_a_gauge_by_its_river_and_place():
    index = lay_out(summary.list_findable())
    assert index.list_hits("aire crown point", 5)[0].url == "/flood/gauges/L1707/"
    assert index.list_hits("L1707", 9)
    assert index.list_hits("thames", 5) == ()
    assert index.list_hits("", 5) == ()


def test_the_packs_gauges_are_whole_and_a_spoilt_one_is_named():
    service = house.service("flood")
    section = packs.current().section("flood")
    assert list(service.check_pack(section)) == []

    gauge = {**section["gauge"][0], "datum": "sea", "typical_low_m": 9, "range_source": ""}
    assert list(service.check_pack({"gauge": [gauge]})) == [
        "[[gauge]] L1707 has datum 'sea', not one of gauge, ordnance",
        "[[gauge]] L1707 has a usual range that ends below where it begins",
        "[[gauge]] L1707 states a usual range without range_source",
    ]
