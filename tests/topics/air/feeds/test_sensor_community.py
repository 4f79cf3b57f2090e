"""People's own sensors."""

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.air.feeds import sensor_community
from moothall.values.observations import Origin, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("sensor_community.json").read_bytes()
BOX = {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946}
PARAMS = {"city": {"box": BOX}}
READ_AT = datetime(2026, 1, 5, 9, 25, tzinfo=UTC)


def parse(body=BODY, params=PARAMS):
    return sensor_community.parse(
        Payload(body=body, request=Request(url=""), fetched_at=READ_AT), params
    )


def test_p1_is_pm10_and_p2_is_pm2_5_and_times_are_utc():
    batch = parse()
    known = {o.series: o for o in batch.observations}

    assert known["air.sc_64483.pm10_ug_m3"].result == 9.18
    assert known["air.sc_64483.pm25_ug_m3"].result == 8.3
    assert known["air.sc_64483.pm25_ug_m3"].at == datetime(2026, 1, 5, 9, 21, 2, tzinfo=UTC)


def test_sensors_indoors_and_elsewhere_and_those_without_particles_are_left_out():
    assert {series.thing_id for series in parse().series} == {"sc_64483", "sc_6"}


def test_a_saturated_sensor_is_suspect():
    known = {o.series: o for o in parse().observations}

    assert known["air.sc_6.pm10_ug_m3"].quality is Quality.SUSPECT


def test_what_cannot_be_read_is_an_issue_and_the_good_half_of_an_item_is_kept():
    batch = parse()

    assert [issue.where for issue in batch.issues] == ["[4]", "[5]", "[6]"]
    assert "nan" in batch.issues[0].what
    assert "future" in batch.issues[1].what
    assert "air.sc_6.pm10_ug_m3" in {o.series for o in batch.observations}


@given(
    st.dictionaries(
        st.sampled_from(["timestamp", "location", "sensor", "sensordatavalues"]),
        st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
        min_size=1,
    )
)
def test_a_spoilt_item_never_loses_the_one_after_it(spoilt):
    good = orjson.loads(BODY)[0]
    body = json.dumps([{**good, **spoilt}, good]).encode()

    assert {o.result for o in parse(body).observations} == {9.18, 8.3}


@pytest.mark.parametrize("body", [b"", b"{}", b"busy"])
def test_what_is_no_list_is_refused_whole(body):
    with pytest.raises(ValueError):  # noqa: PT011
        parse(body)


def test_it_asks_for_the_citys_box_south_west_to_north_east():
    (request,) = sensor_community.requests(PARAMS)

    assert request.url.endswith("box=53.698,-1.801,53.946,-1.29")


def test_the_stand_ins_sensors_are_invented_labelled_and_in_the_city():
    batch = sensor_community.simulate(PARAMS, READ_AT)

    assert {o.origin for o in batch.observations} == {Origin.SIMULATED}
    assert all(series.thing.startswith("Simulated") for series in batch.series)
    assert all(BOX["west"] < series.lon < BOX["east"] for series in batch.series)


@pytest.mark.recordings
def test_the_recorded_sensor_in_germany_reads_where_its_box_is_asked_for(recordings):
    body = (recordings / "civic/air/sensor_community_sample.json").read_bytes()
    germany = {"city": {"box": {"west": 7, "south": 51, "east": 8, "north": 52}}}

    assert [o.result for o in parse(body, germany).observations] == [9.18, 8.3]
    assert parse(body).observations == ()
