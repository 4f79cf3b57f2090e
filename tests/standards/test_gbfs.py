"""Hire bikes: versions 2 and 3 say the same in different words."""

import json
from datetime import UTC, datetime

import pytest

from moothall.standards.gbfs import Part, read_body

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def body(version, data, at=None):
    at = at or (AT.isoformat() if version.startswith("3") else int(AT.timestamp()))
    return json.dumps({"version": version, "last_updated": at, "data": data}).encode()


def status(version, **more):
    count = "num_vehicles_available" if version == "3.0" else "num_bikes_available"
    return {"station_id": "a", count: 3, "num_docks_available": 5, "is_renting": True, **more}


@pytest.mark.parametrize("version", ["2.3", "3.0"])
def test_a_status_says_the_same_in_both_versions(version):
    read = read_body(body(version, {"stations": [status(version)]}))

    assert (read.part, read.version, read.updated_at) == (Part.STATION_STATUS, version, AT)
    (one,) = read.statuses
    assert (one.id, one.vehicles, one.docks, one.renting) == ("a", 3, 5, True)


def test_what_a_status_leaves_out_is_not_zero():
    told = {"station_id": "a", "num_bikes_available": 3}

    (one,) = read_body(body("2.3", {"stations": [told]})).statuses

    assert (one.docks, one.renting, one.returning, one.installed) == (None, None, None, None)


def test_a_discovery_file_gives_addresses_keyed_by_language_or_not():
    feeds = [{"name": "station_status", "url": "https://x.example/status"}]
    two = read_body(body("2.3", {"en": {"feeds": feeds}}))
    three = read_body(body("3.0", {"feeds": feeds}))

    assert two.part is three.part is Part.DISCOVERY
    assert two.addresses == three.addresses == (("station_status", "https://x.example/status"),)


def test_one_bad_station_costs_only_itself():
    good = {"station_id": "a", "name": "Quay", "lat": 53.8, "lon": -1.5, "capacity": 9}
    bad = {"station_id": "b", "name": "Nowhere", "lat": "north", "lon": None}

    read = read_body(body("2.3", {"stations": [good, bad, 7]}))

    assert [(one.id, one.capacity) for one in read.stations] == [("a", 9)]
    assert [issue.where for issue in read.issues] == ["stations[1]", "stations[2]"]


def test_vehicles_are_called_bikes_in_version_2():
    told = {"lat": 53.8, "lon": -1.5, "is_reserved": False, "is_disabled": True}
    two = read_body(body("2.3", {"bikes": [{"bike_id": "v", **told}]}))
    three = read_body(body("3.0", {"vehicles": [{"vehicle_id": "v", **told}]}))

    assert two.vehicles == three.vehicles
    assert two.vehicles[0].disabled


@pytest.mark.parametrize("noise", [b"", b"[]", b"<html>", b'{"data": 1}', b"[" * 100_000])
def test_what_is_no_such_file_is_refused(noise):
    with pytest.raises(ValueError, match=r"not JSON|not a GBFS file"):
        read_body(noise)


def test_a_file_of_another_kind_is_known_to_be_another():
    assert read_body(body("3.0", {"plans": []})).part is Part.OTHER
