"""Hire bikes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.travel.feeds import bikes
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Payload, Request

BODIES = {
    path.name.split(".")[1]: json.loads(path.read_text())
    for path in Path(__file__).parent.glob("bikes.*.json")
}
NOW = datetime(2026, 1, 5, 9, 15, 20, tzinfo=UTC)
LEEDS = {"city": {"box": {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946}}}
EVERYWHERE = {"city": {"box": {"west": -180.0, "south": -90.0, "east": 180.0, "north": 90.0}}}


def read(body: bytes, params=LEEDS, fetched_at=NOW) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=fetched_at)
    return bikes.parse(payload, params)


def read_part(name: str, params=LEEDS) -> Batch:
    return read(json.dumps(BODIES[name]).encode(), params)


def told(batch: Batch) -> dict[str, object]:
    return {item.series: item.result for item in batch.observations}


def test_the_discovery_file_leads_to_the_files_wanted_in_the_language_asked_for():
    follow = read_part("discovery_2").follow

    assert [(one.role, one.url) for one in follow] == [
        ("station_information", "https://bikes.example/en/stations.json"),
        ("station_status", "https://bikes.example/en/status.json"),
        ("free_bike_status", "https://bikes.example/en/free.json"),
    ]
    assert [one.url for one in read_part("discovery_2", LEEDS | {"language": "cy"}).follow] == [
        "https://bikes.example/cy/status.json"
    ]


def test_version_3_is_not_keyed_by_language():
    assert [one.role for one in read_part("discovery_3").follow] == [
        "station_status",
        "vehicle_status",
    ]


def test_an_address_that_is_no_web_address_is_not_followed():
    said = [(issue.where, issue.what) for issue in read_part("discovery_2").issues]

    assert ("feeds vehicle_status", "not a web address") in said
    assert any(where == "feeds[6]" for where, _ in said)


def test_stations_in_the_city_become_records():
    batch = read_part("stations")

    assert [record.id for record in batch.records] == ["BRL:1", "BRL:2"]
    assert batch.records[0].fields == {
        "name": "City Square",
        "address": "City Square",
        "capacity": 12,
        "virtual": False,
    }
    assert batch.records[1].fields["name"] == "The Dock"
    assert batch.records[1].fields["capacity"] is None
    assert [issue.where for issue in batch.issues] == ["stations[3]", "stations[4]"]
    assert batch.complete == {"travel.bike_station"}


@pytest.mark.parametrize("version", ["status_2", "status_3"])
def test_how_a_station_is_becomes_observations_at_its_own_time(version):
    batch = read_part(version)

    assert told(batch)["travel.station_brl_1.bikes_available_1"] == 3
    assert told(batch)["travel.station_brl_1.docks_available_1"] == 9
    assert told(batch)["travel.station_brl_1.state"] == "renting"
    assert batch.observations[0].at == datetime(2026, 1, 5, 9, 14, tzinfo=UTC)
    assert {item.series for item in batch.observations} == {line.key for line in batch.series}


def test_no_bikes_is_zero_and_no_word_of_docks_is_nothing():
    said = told(read_part("status_2"))

    assert said["travel.station_brl_2.bikes_available_1"] == 0
    assert "travel.station_brl_2.docks_available_1" not in said
    assert said["travel.station_brl_2.state"] == "not renting"


def test_counts_that_cannot_be_are_issues():
    batch = read_part("status_2")

    assert [issue.where for issue in batch.issues] == [
        "stations[2]",
        "stations[4]",
        "station BRL:6",
    ]
    assert not any("brl_5" in key or "brl_6" in key for key in told(batch))


def test_free_standing_bikes_are_counted_and_placed():
    batch = read_part("bikes_2")

    assert [record.id for record in batch.records] == ["a1", "a2"]
    assert told(batch) == {
        "travel.hire_bikes.listed_1": 2,
        "travel.hire_bikes.available_1": 1,
    }
    assert batch.complete == {"travel.hire_bike"}


def test_version_3_calls_them_vehicles():
    batch = read_part("vehicles_3")

    assert batch.records[0].fields["disabled"] is True
    assert batch.records[0].fields["range_m"] == 12000
    assert told(batch)["travel.hire_bikes.available_1"] == 0
    assert [issue.where for issue in batch.issues] == ["vehicles[1]"]


def test_where_one_bike_stood_is_not_kept_for_long():
    assert bikes.BIKE.keep_versions == timedelta(days=1)


def test_zones_say_nothing_of_bikes():
    batch = read_part("zones")

    assert (batch.records, batch.observations, batch.follow, batch.issues) == ((), (), (), ())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_gbfs_file_is_refused(body):
    with pytest.raises(ValueError, match=r"JSON|GBFS"):
        read(body)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "station_id",
                    "lat",
                    "lon",
                    "name",
                    "num_bikes_available",
                    "last_reported",
                    "capacity",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=10,
)


@given(st.lists(JSONS, max_size=4))
def test_bad_items_never_lose_the_good_one(items):
    good = BODIES["status_2"]["data"]["stations"][0]
    body = json.dumps({"last_updated": 1767604500, "data": {"stations": [*items, good]}})

    assert told(read(body.encode()))["travel.station_brl_1.bikes_available_1"] == 3


def test_simulated_stations_are_labelled_and_their_counts_fit():
    batch = bikes.simulate(LEEDS, NOW)

    assert {record.origin for record in batch.records} == {Origin.SIMULATED}
    assert {item.origin for item in batch.observations} == {Origin.SIMULATED}
    assert all(0 <= item.result <= 16 for item in batch.observations if item.result != "renting")


@pytest.mark.recordings
def test_a_real_docked_system_is_joined_by_station(recordings):
    folder = recordings / "transport" / "gbfs" / "lillestrombysykkel"
    stations = read((folder / "station_information.json").read_bytes(), EVERYWHERE)
    status = read((folder / "station_status.json").read_bytes(), EVERYWHERE)
    real = json.loads((folder / "station_status.json").read_bytes())["data"]["stations"]

    assert len(stations.records) == len(real) == 6
    for one in real:
        key = f"travel.station_{one['station_id'].lower().replace(':', '_')}.bikes_available_1"
        assert told(status)[key] == one["num_bikes_available"]
    # Its addresses were written for a test on disk: none is a web address to follow.
    found = read((folder / "gbfs.json").read_bytes(), EVERYWHERE)
    assert found.follow == ()
    assert len(found.issues) == 2


@pytest.mark.recordings
def test_a_real_system_of_version_3_is_read(recordings):
    folder = recordings / "transport" / "gbfs" / "ridecheck_almere"
    real = json.loads((folder / "vehicle_status.json").read_bytes())["data"]["vehicles"]
    ready = [one for one in real if not one["is_reserved"] and not one["is_disabled"]]

    batch = read((folder / "vehicle_status.json").read_bytes(), EVERYWHERE)

    assert len(batch.records) == len(real) == 6
    assert told(batch)["travel.hire_bikes.available_1"] == len(ready)
    assert read((folder / "geofencing_zones.json").read_bytes(), EVERYWHERE).records == ()
