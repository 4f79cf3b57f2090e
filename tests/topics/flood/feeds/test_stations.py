"""Environment Agency stations."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from moothall.topics.flood.feeds import stations
from moothall.values.observations import Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("stations.json").read_bytes()
BOX = {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946}
PARAMS = {"city": {"box": BOX}}


def payload(body: bytes) -> Payload:
    at = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    return Payload(body=body, request=Request(url=""), fetched_at=at)


def test_it_asks_for_a_circle_that_holds_the_citys_box():
    (request,) = stations.requests(PARAMS)

    assert "lat=53.8220&long=-1.5455&dist=22" in request.url
    assert "_view=full" in request.url


def test_an_embedded_scale_gives_the_usual_range_and_its_local_times_become_utc():
    record = stations.parse(payload(BODY), PARAMS).records[0]

    assert record.id == "L1707"
    assert record.fields["typical_high_m"] == 1.35
    assert record.fields["record_m"] == 2.55
    assert record.fields["record_at"] == "2015-07-26T21:00:00+00:00"
    assert record.fields["highest_recent_at"] == "2020-02-09T20:15:00+00:00"
    assert record.fields["status"] == "Active"
    assert record.fields["measures"] == (
        "L1707-level-stage-i-15_min---- L1707-level-stage-i-15_min-m"
    )


def test_a_scale_that_is_only_a_link_says_nothing_and_the_first_of_several_labels_counts():
    record = stations.parse(payload(BODY), PARAMS).records[1]

    assert record.fields["typical_high_m"] is None
    assert record.fields["name"] == "Armley"
    assert record.geometry == {"type": "Point", "coordinates": [-1.5748, 53.8015]}


def test_a_station_listed_twice_counts_once_and_one_without_a_position_is_an_issue():
    batch = stations.parse(payload(BODY), PARAMS)

    assert [record.id for record in batch.records] == ["L1707", "F1707"]
    assert [(issue.where, issue.what) for issue in batch.issues] == [
        ("items[2]", "station L1707 is listed twice"),
        ("items[3]", "no long"),
    ]


def test_one_station_may_come_as_an_object():
    one = orjson.loads(BODY)["items"][0]

    batch = stations.parse(payload(orjson.dumps({"items": one})), PARAMS)

    assert [record.id for record in batch.records] == ["L1707"]


def test_the_stand_in_lists_the_packs_gauges_and_is_labelled():
    gauge = {
        "id": "L1707",
        "name": "Crown Point",
        "river": "River Aire",
        "measure": "m",
        "lon": -1.5,
        "lat": 53.8,
        "source": "https://example.org/",
    }
    batch = stations.simulate({**PARAMS, "gauge": [gauge]}, datetime(2026, 1, 5, tzinfo=UTC))

    assert [(record.id, record.origin) for record in batch.records] == [("L1707", Origin.SIMULATED)]
    assert set(batch.records[0].fields) == {column.name for column in stations.STATION.columns}


@pytest.mark.recordings
def test_the_stations_of_february_2020_read_without_an_issue(recordings):
    body = (recordings / "civic/flood/ea_stations_leeds_leicester_2020-02.json").read_bytes()

    batch = stations.parse(payload(body), PARAMS)

    assert batch.issues == ()
    assert {"L1707", "L1707A", "L1705A"} <= {record.id for record in batch.records}
    assert all(
        set(record.fields) == {column.name for column in stations.STATION.columns}
        for record in batch.records
    )
