"""Environment Agency readings."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.flood.feeds import readings
from moothall.values.observations import Observation, Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("readings.json").read_bytes()
READ_AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PLACE = {"river": "River Aire", "lat": 53.79, "lon": -1.53, "source": "https://example.org/"}
PARAMS = {
    "gauge": [
        {**PLACE, "id": "L1707", "name": "Crown Point", "measure": "L1707-level-stage-i-15_min-m"},
        {**PLACE, "id": "L1389", "name": "Blacup", "measure": "L1389-level-stage-i-15_min-m"},
        {
            **PLACE,
            "id": "L1707A",
            "name": "Crown Point weir",
            "measure": "L1707A-level-stage-i-15_min-mAOD",
            "datum": "ordnance",
        },
    ],
    "rain_gauge": [
        {
            **PLACE,
            "id": "076413",
            "name": "Rain gauge",
            "measure": "076413-rainfall-tipping_bucket_raingauge-t-15_min-mm",
        }
    ],
}

finite = st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def payload(body: bytes, fetched_at: datetime = READ_AT) -> Payload:
    return Payload(body=body, request=Request(url=readings.LATEST), fetched_at=fetched_at)


def test_the_two_sides_of_a_weir_are_told_apart_by_name():
    weir = {**PLACE, "id": "W", "name": "Weir", "measure": "w-up", "downstream_measure": "w-down"}
    named = {measure: series.title for measure, series in readings._list_series({"gauge": [weir]})}
    assert named["w-up"].endswith("Weir (upstream)")
    assert named["w-down"].endswith("Weir (downstream)")
    (_, one_sided), *_rest = readings._list_series(PARAMS)
    assert "stream)" not in one_sided.title


def test_one_call_asks_for_every_measure_in_england():
    assert [request.url for request in readings.requests(PARAMS)] == [readings.LATEST]


def test_only_this_citys_measures_are_kept_and_each_under_its_own_datum():
    batch = readings.parse(payload(BODY), PARAMS)

    assert {o.series: o.result for o in batch.observations} == {
        "flood.l1707.level_m": 0.482,
        "flood.l1389.level_m": -0.028,
        "flood.l1707a.level_m": 23.784,
        "flood.076413.rainfall_mm": 0.2,
    }
    units = {series.key: (series.unit, series.procedure) for series in batch.series}
    assert units["flood.l1707a.level_m"][1].endswith("Ordnance Datum (sea level)")
    assert units["flood.l1707.level_m"][1].endswith("the gauge's own zero")
    assert units["flood.076413.rainfall_mm"][0] == "mm"


def test_a_level_below_the_gauges_zero_is_real():
    batch = readings.parse(payload(BODY), PARAMS)

    assert (
        Observation(
            series="flood.l1389.level_m",
            at=datetime(2026, 1, 5, 9, 15, tzinfo=UTC),
            result=-0.028,
        )
        in batch.observations
    )


def test_a_list_a_missing_value_and_a_future_time_are_issues_that_show_the_item():
    batch = readings.parse(payload(BODY), PARAMS)

    assert [(issue.where, issue.what) for issue in batch.issues] == [
        ("items[2]", "not a number: [0.481,0.482]"),
        ("items[4]", "no value"),
        ("items[5]", "dateTime is in the future: 2031-01-05T09:15:00Z"),
    ]
    assert "0.481" in batch.issues[0].item


def test_one_stations_readings_are_read_too_be_they_a_list_or_one_object():
    first = orjson.loads(BODY)["items"][0]

    one = readings.parse(payload(orjson.dumps({"items": first})), PARAMS)
    many = readings.parse(payload(orjson.dumps({"items": [first, first]})), PARAMS)

    assert len(one.observations) == 1
    assert set(many.observations) == set(one.observations)


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"[]", b'{"items": 3}', b"\xff\xfe"])
def test_what_is_no_answer_of_the_source_is_refused_whole(body):
    with pytest.raises(ValueError):  # noqa: PT011 - any words will do, the kind is the contract
        readings.parse(payload(body), PARAMS)


@given(st.lists(anything, max_size=5), st.integers(0, 5))
def test_no_bad_item_loses_the_good_one_beside_it(junk, place):
    good = orjson.loads(BODY)["items"][0]
    items = [*junk[:place], good, *junk[place:]]

    batch = readings.parse(payload(json.dumps({"items": items}).encode()), PARAMS)

    assert [o.result for o in batch.observations] == [0.482]


@given(st.fixed_dictionaries({}, optional={k: anything for k in ("dateTime", "value", "measure")}))
def test_an_item_is_kept_or_complained_of_or_not_ours_never_raised(item):
    item = {"measure": "x/L1707-level-stage-i-15_min-m", **item}

    batch = readings.parse(payload(json.dumps({"items": [item]}).encode()), PARAMS)

    assert len(batch.observations) + len(batch.issues) <= 1


def test_the_stand_in_is_labelled_and_says_the_same_of_the_same_hour():
    now = datetime(2026, 1, 5, 9, 37, tzinfo=UTC)
    first = readings.simulate(PARAMS, now)
    later = readings.simulate(PARAMS, now + timedelta(minutes=30))

    assert {o.origin for o in first.observations} == {Origin.SIMULATED}
    assert max(o.at for o in first.observations) <= now
    known = {(o.series, o.at): o.result for o in first.observations}
    again = {(o.series, o.at): o.result for o in later.observations}
    assert known.keys() & again.keys()
    assert all(known[key] == again[key] for key in known.keys() & again.keys())


@pytest.mark.recordings
def test_the_falling_limb_of_a_flood_in_december_2015_reads_whole(recordings):
    body = (recordings / "civic/flood/ea_readings_690140_2015-12-10.json").read_bytes()
    gauge = {**PLACE, "id": "690140", "name": "x", "measure": "690140-level-stage-i-15_min-m"}

    batch = readings.parse(payload(body), {"gauge": [gauge]})

    assert len(batch.observations) == 26
    assert batch.issues == ()
    assert min(o.result for o in batch.observations) == batch.observations[0].result == 0.754
