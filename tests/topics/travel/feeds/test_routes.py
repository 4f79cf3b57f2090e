"""Bus routes."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2

from moothall.topics.travel.feeds import routes, vehicles
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("routes.txt").read_bytes()
NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


def read(body: bytes) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=NOW)
    return routes.parse(payload, {})


def test_a_route_is_called_what_is_on_the_front_of_the_bus():
    names = {record.id: record.fields["name"] for record in read(BODY).records}

    assert names == {"90613": "M81", "74758": "22", "70001": "Park & Ride"}


def test_rows_that_are_no_route_are_issues():
    assert [issue.where for issue in read(BODY).issues] == ["line 5", "line 6"]


def test_a_whole_timetable_names_the_operators():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("routes.txt", BODY)
        archive.writestr("agency.txt", "agency_id,agency_name\nOP1,Centrebus\n")

    by_id = {record.id: record for record in read(held.getvalue()).records}

    assert by_id["74758"].fields["operator_name"] == "Centrebus"
    assert by_id["90613"].fields["operator_name"] is None


@pytest.mark.parametrize("body", [b"", b"a,b\n1,2", b"PK\x03\x04rubbish"])
def test_what_is_no_timetable_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        read(body)


def test_nothing_is_asked_for_without_a_region():
    assert not list(routes.requests({}))
    assert next(iter(routes.requests({"region": "yorkshire"}))).url.endswith("/yorkshire/")


def test_simulated_buses_run_on_simulated_routes():
    params = {"city": {"box": {"west": -1.8, "south": 53.69, "east": -1.29, "north": 53.95}}}
    known = {record.id for record in routes.simulate({}, NOW).records}

    assert {record.origin for record in routes.simulate({}, NOW).records} == {Origin.SIMULATED}
    assert {record.fields["route_id"] for record in vehicles.simulate(params, NOW).records} <= known


@pytest.mark.recordings
def test_the_real_routes_name_nearly_all_routed_buses_of_leeds(recordings):
    folder = recordings / "transport"
    body = (folder / "gtfs" / "yorkshire_2025-01-24_routes.txt").read_bytes()
    listed = {row["route_id"] for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig")))}
    frame = (folder / "gtfs-rt" / "leeds_vehicles_2025-02-06T1620Z.pb").read_bytes()
    running = [
        entity.vehicle.trip.route_id
        for entity in gtfs_realtime_pb2.FeedMessage.FromString(frame).entity
        if entity.vehicle.trip.route_id
    ]

    batch = read(body)

    assert {record.id for record in batch.records} == listed
    named = {record.id for record in batch.records}
    assert (len(running), sum(route in named for route in running)) == (631, 613)
