"""The National Chargepoint Registry, read from bytes."""

import json
from datetime import UTC, datetime

import pytest

from moothall.standards import ncr
from moothall.values.places import Box

BOX = Box(west=-2, south=53, east=-1, north=54)


def feature(**properties) -> dict:
    return {
        "properties": {"chargedeviceid": "a", **properties},
        "geometry": {"type": "Point", "coordinates": [-1.5, 53.5]},
    }


def read(*features) -> tuple:
    return ncr.read_devices(json.dumps({"features": features}).encode(), box=BOX)


def test_times_are_the_clocks_of_the_kingdom():
    (summer, winter), _ = read(
        feature(dateupdated="2021-07-01 12:00:00"), feature(dateupdated="2021-01-01 12:00:00")
    )

    assert summer.updated_at == datetime(2021, 7, 1, 11, tzinfo=UTC)
    assert winter.updated_at == datetime(2021, 1, 1, 12, tzinfo=UTC)


def test_a_time_beyond_the_calendar_is_a_fault_of_its_device_alone():
    devices, faults = read(feature(dateupdated="9999-12-31T23:59:59-14:00"), feature())

    assert len(devices) == 1
    assert "beyond the calendar" in faults[0].what


@pytest.mark.parametrize("nothing", ["", "NA", "n/a", None, "null", "*No Owner"])
def test_the_many_ways_to_write_nothing_are_nothing(nothing):
    (device,), _ = read(feature(name=nothing, deviceownername=nothing))

    assert (device.name, device.owner) == ("", "")


def test_flags_not_stated_are_neither_yes_nor_no():
    (device,), _ = read(feature(paymentrequired="1", subscriptionrequired="0"))

    assert device.payment_required is True
    assert device.subscription_required is False
    assert device.open_24_hours is None


def test_a_deleted_device_is_a_fault_and_one_elsewhere_is_neither():
    elsewhere = feature()
    elsewhere["geometry"]["coordinates"] = [0.1, 51.5]

    devices, faults = read(feature(datedeleted="2022-01-01"), elsewhere)

    assert devices == ()
    assert [(one.where, one.what) for one in faults] == [
        ("features[0]", "deleted by its owner on 2022-01-01")
    ]


def test_a_device_without_a_position_is_given_so_that_it_can_be_reported():
    (device,), _ = read({**feature(), "geometry": None})

    assert (device.lon, device.lat) == (None, None)
