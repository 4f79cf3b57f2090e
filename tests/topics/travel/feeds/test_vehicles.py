"""Bus positions."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2

from moothall.topics.travel.feeds import vehicles
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("vehicles.pb").read_bytes()
FRAME_AT = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
LEEDS = {
    "city": {"name": "Leeds", "box": {"west": -1.8, "south": 53.69, "east": -1.29, "north": 53.95}},
    "operator": [
        {"code": "FLDS", "name": "First Leeds"},
        {"code": "FHAL", "name": "First Halifax"},
    ],
}
LEICESTER = {
    "city": {"box": {"west": -1.22, "south": 52.58, "east": -1.04, "north": 52.69}},
}


def read(body: bytes, params=LEEDS, fetched_at=FRAME_AT + timedelta(seconds=4)) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=fetched_at)
    return vehicles.parse(payload, params)


def counted(batch: Batch) -> dict[str, float | str]:
    return {item.series: item.result for item in batch.observations}


def test_only_the_citys_live_vehicles_become_records_each_once():
    batch = read(BODY)

    assert [record.id for record in batch.records] == ["FLDS-35230", "643"]
    assert batch.complete == {"travel.vehicle"}


def test_a_vehicle_listed_twice_is_where_it_was_last():
    bus = read(BODY).records[0]

    assert bus.from_at == FRAME_AT - timedelta(seconds=20)
    assert bus.geometry == {"type": "Point", "coordinates": [-1.5437, 53.7971]}
    assert bus.fields["operator_name"] == "First Leeds"
    assert bus.fields["occupancy"] == "many seats available"
    assert bus.fields["status"] == "stopped at stop"


def test_what_a_vehicle_does_not_say_is_none():
    bus = read(BODY).records[1]

    assert bus.fields["operator"] is None
    assert bus.fields["bearing_deg"] is None
    assert bus.fields["occupancy"] is None


def test_every_record_has_exactly_the_columns_of_its_kind():
    columns = {column.name for column in vehicles.VEHICLE.columns}

    assert all(set(record.fields) == columns for record in read(BODY).records)


def test_listed_and_fresh_are_counted_at_the_frames_own_instant():
    batch = read(BODY)

    assert counted(batch) == {
        "travel.vehicles.in_frame_1": 9,
        "travel.vehicles.listed_1": 7,
        "travel.vehicles.fresh_1": 2,
        "travel.vehicles.on_trip_1": 2,
        "travel.operator_flds.fresh_1": 1,
        "travel.operator_fhal.fresh_1": 0,
    }
    assert {item.at for item in batch.observations} == {FRAME_AT}
    assert {item.series for item in batch.observations} == {line.key for line in batch.series}


def test_the_future_the_timeless_and_the_placeless_are_issues():
    said = [(issue.where, issue.what) for issue in read(BODY).issues]

    assert ("entity 6", "a time in the future") in said
    assert ("entity 7", "no time of its position") in said
    assert ("entity", "1 vehicles without a position, or at 0, 0") in said


def test_a_frame_may_come_zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gtfsrt.bin", BODY)

    assert read(held.getvalue()) == read(BODY)


def test_an_empty_archive_is_unreadable():
    held = io.BytesIO()
    zipfile.ZipFile(held, "w").close()

    with pytest.raises(ValueError, match="no file"):
        read(held.getvalue())


def test_a_frame_from_the_future_does_not_make_old_positions_fresh():
    batch = read(BODY, fetched_at=FRAME_AT - timedelta(hours=2))

    assert batch.records == ()
    assert batch.as_of == FRAME_AT - timedelta(hours=2)
    assert batch.issues[0].what == "the frame says it was made in the future"


def test_a_frame_without_a_time_is_judged_by_when_it_was_fetched():
    message = gtfs_realtime_pb2.FeedMessage.FromString(BODY)
    message.header.ClearField("timestamp")

    batch = read(message.SerializeToString(), fetched_at=FRAME_AT + timedelta(hours=1))

    assert batch.records == ()
    assert counted(batch)["travel.vehicles.listed_1"] == 7


def test_simulated_buses_are_labelled_in_the_city_and_live():
    batch = vehicles.simulate(LEEDS, FRAME_AT)

    assert len(batch.records) == vehicles.SIMULATED_BUSES
    assert {record.origin for record in batch.records} == {Origin.SIMULATED}
    assert {item.origin for item in batch.observations} == {Origin.SIMULATED}
    for record in batch.records:
        lon, lat = record.geometry["coordinates"]
        assert -1.8 < lon < -1.29
        assert 53.69 < lat < 53.95
        assert timedelta(0) <= FRAME_AT - record.from_at < timedelta(seconds=300)


def independently_fresh(path: Path, box: dict[str, float]) -> tuple[int, set[str]]:
    """Count by hand: vehicles in the box, and the ids of those under 300 s old."""
    message = gtfs_realtime_pb2.FeedMessage.FromString(path.read_bytes())
    inside = [
        entity.vehicle
        for entity in message.entity
        if box["south"] <= entity.vehicle.position.latitude <= box["north"]
        and box["west"] <= entity.vehicle.position.longitude <= box["east"]
    ]
    return len(inside), {
        told.vehicle.id for told in inside if 0 <= message.header.timestamp - told.timestamp < 300
    }


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "params", "listed", "fresh"),
    [
        ("leeds_vehicles_2025-02-06T1620Z.pb", LEEDS, 1015, 543),
        ("leicester_vehicles_2025-02-06T1620Z.pb", LEICESTER, 264, 192),
        ("gb_bods_vehicles_2025-02-06T1620Z.pb", LEEDS, 1015, 543),
    ],
)
def test_of_a_real_frame_only_vehicles_under_300_seconds_old_are_kept(
    recordings, name, params, listed, fresh
):
    path = recordings / "transport" / "gtfs-rt" / name
    expected_listed, expected_fresh = independently_fresh(path, params["city"]["box"])
    assert (expected_listed, len(expected_fresh)) == (listed, fresh)

    batch = read(path.read_bytes(), params, fetched_at=datetime(2026, 6, 1, tzinfo=UTC))

    assert {record.id for record in batch.records} == expected_fresh
    assert counted(batch)["travel.vehicles.listed_1"] == listed
    assert counted(batch)["travel.vehicles.fresh_1"] == fresh
    assert batch.as_of == datetime(2025, 2, 6, 16, 20, 35, tzinfo=UTC)
