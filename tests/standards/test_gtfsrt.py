"""GTFS-Realtime, read from bytes."""

from datetime import UTC, datetime

import pytest
from google.transit import gtfs_realtime_pb2
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import gtfsrt
from moothall.values.places import Box

BOX = Box(west=-2, south=53, east=-1, north=54)


def make_message(*vehicles: dict, at: int = 1_700_000_000) -> bytes:
    message = gtfs_realtime_pb2.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = at
    for number, told in enumerate(vehicles):
        entity = message.entity.add(id=str(number))
        entity.vehicle.vehicle.id = told.get("id", f"v{number}")
        entity.vehicle.position.latitude = told.get("lat", 53.5)
        entity.vehicle.position.longitude = told.get("lon", -1.5)
        entity.vehicle.timestamp = told.get("at", at)
        if "bearing" in told:
            entity.vehicle.position.bearing = told["bearing"]
    return message.SerializeToString()


def test_only_vehicles_in_the_box_are_kept_and_all_are_counted():
    frame = gtfsrt.read_vehicles(
        make_message({"id": "in"}, {"id": "north", "lat": 55}, {"lat": 0, "lon": 0}), box=BOX
    )

    assert [vehicle.vehicle_id for vehicle in frame.vehicles] == ["in"]
    assert (frame.listed, frame.nowhere) == (3, 1)
    assert frame.at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_bearing_of_north_is_not_a_missing_bearing():
    frame = gtfsrt.read_vehicles(make_message({"bearing": 0.0}, {}), box=BOX)

    assert [vehicle.bearing_deg for vehicle in frame.vehicles] == [0.0, None]


@pytest.mark.parametrize("at", [0, 2**63])
def test_an_impossible_time_is_no_time(at):
    frame = gtfsrt.read_vehicles(make_message({"at": at}), box=BOX)

    assert frame.vehicles[0].at is None


def test_a_position_that_is_not_a_number_is_outside_every_box():
    frame = gtfsrt.read_vehicles(make_message({"lat": float("nan")}), box=BOX)

    assert (frame.listed, frame.vehicles) == (1, ())


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"\xff" * 40])
def test_bytes_that_are_no_message_are_refused(body):
    with pytest.raises(ValueError, match="GTFS-Realtime"):
        gtfsrt.read_vehicles(body, box=BOX)


def test_a_vehicle_whose_id_is_not_text_is_a_fault_and_loses_no_other():
    body = make_message({"id": "bad!"}, {"id": "good"}).replace(b"bad!", b"b\xff\xfed")

    try:
        frame = gtfsrt.read_vehicles(body, box=BOX)
    except ValueError:
        pytest.fail("one bad id is no reason to refuse the message")

    assert [vehicle.vehicle_id for vehicle in frame.vehicles] == ["good"]
    assert "not text" in frame.issues[0].what


@given(st.binary(max_size=300))
def test_no_bytes_do_worse_than_a_value_error(body):
    try:
        frame = gtfsrt.read_vehicles(body, box=BOX)
    except ValueError:
        return
    assert len(frame.vehicles) + frame.nowhere <= frame.listed
