"""Charge points."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.travel.feeds import charging
from moothall.values.observations import Batch, Origin
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("charging.geojson").read_bytes()
NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
LEEDS = {"city": {"box": {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946}}}
LEICESTER = {
    "city": {"box": {"west": -1.2162, "south": 52.5806, "east": -1.0460, "north": 52.6916}}
}


def read(body: bytes, params=LEEDS) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=NOW)
    return charging.parse(payload, params)


def test_the_citys_published_devices_are_kept():
    assert [record.id for record in read(BODY).records] == ["aa01", "aa02", "aa07", "aa08"]


def test_a_device_says_its_power_connectors_access_and_age():
    point = read(BODY).records[0]

    assert point.from_at == datetime(2021, 7, 1, 11, 0, tzinfo=UTC)
    assert point.geometry == {"type": "Point", "coordinates": [-1.5385, 53.7977]}
    assert point.fields | {
        "operator": "Volts Ltd",
        "connectors": 2,
        "connectors_in_service": 1,
        "max_kw": 50.0,
        "rapid": True,
        "access": "public",
        "open_24_hours": True,
        "payment_required": True,
        "street": "Union Street",
        "updated_at": "2021-07-01T11:00:00+00:00",
    } == dict(point.fields)


def test_na_and_no_controller_are_nothing():
    point = read(BODY).records[1]

    assert point.fields["name"] == "R2"
    assert point.fields["operator"] == "Owner Ltd"
    assert (point.fields["status"], point.fields["access"]) == ("out of service", "restricted")
    assert point.fields["rapid"] is False


def test_what_is_not_known_is_none_not_zero():
    point = read(BODY).records[2]

    for name in ("max_kw", "rapid", "connectors", "connectors_in_service", "updated_at"):
        assert point.fields[name] is None
    assert point.fields["status"] == "unknown"


def test_items_that_cannot_be_kept_are_issues():
    said = {issue.where: issue.what for issue in read(BODY).issues}

    assert said["features[5]"] == "a device without an id"
    assert said["device aa05"] == "it has no position"


def test_a_power_that_cannot_be_costs_its_figure_and_not_the_device():
    batch = read(BODY)
    said = {issue.where: issue.what for issue in batch.issues}

    assert said["features[7] connector1ratedoutputkw"] == "not a number: 'lots'"
    assert batch.records[3].fields["max_kw"] is None


NESTED = {
    "ChargeDevice": [
        {
            "ChargeDeviceId": "aa01",
            "ChargeDeviceRef": "R1",
            "ChargeDeviceName": "Market Hall",
            "ChargeDeviceLocation": {
                "Latitude": "53.7977",
                "Longitude": "-1.5385",
                "Address": {"Street": "Union Street", "PostTown": "Leeds", "PostCode": "LS2 7DH"},
            },
            "ChargeDeviceStatus": "In service",
            "PublishStatusID": "1",
            "DateUpdated": "2021-07-01 12:00:00",
            "DateDeleted": "n/a",
            "Connector": [
                {
                    "ConnectorId": "1",
                    "ConnectorType": "CCS Type 2 Combo (IEC62196)",
                    "RatedOutputkW": "50.0",
                    "ChargePointStatus": "In service",
                },
                {
                    "ConnectorId": "2",
                    "ConnectorType": "Type 2 Mennekes (IEC62196)",
                    "RatedOutputkW": "43.0",
                    "ChargePointStatus": "Out of service",
                },
            ],
            "DeviceOwner": {"OrganisationName": "*No Owner"},
            "DeviceController": {"OrganisationName": "Volts Ltd"},
            "DeviceNetworks": "Volts",
            "PaymentRequiredFlag": True,
            "SubscriptionRequiredFlag": False,
            "AccessRestrictionFlag": False,
            "LocationType": "Public car park",
            "Accessible24Hours": True,
        }
    ]
}
FLAT = (
    "chargeDeviceID,reference,name,latitude,longitude,street,town,county,postcode,"
    "deviceOwnerName,deviceControllerName,deviceNetworks,chargeDeviceStatus,publishStatus,"
    "dateUpdated,dateDeleted,paymentRequired,subscriptionRequired,accessRestrictionFlag,"
    "locationType,access24Hours,connector1ID,connector1Type,connector1RatedOutputKW,"
    "connector1Status,connector2ID,connector2Type,connector2RatedOutputKW,connector2Status,"
    "connector3ID,connector3Type,connector3RatedOutputKW,connector3Status\n"
    "aa01,R1,Market Hall,53.7977,-1.5385,Union Street,Leeds,,LS2 7DH,*No Owner,Volts Ltd,Volts,"
    "In service,Published,2021-07-01 12:00:00,n/a,1,0,0,Public car park,1,"
    "1,CCS Type 2 Combo (IEC62196),50.0,In service,2,Type 2 Mennekes (IEC62196),43.0,"
    "Out of service,,,,\n"
)


@pytest.mark.parametrize("body", [json.dumps(NESTED).encode(), FLAT.encode()], ids=["json", "csv"])
def test_the_registrys_other_shapes_say_the_same(body):
    assert read(body).records == read(BODY).records[:1]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"{", b"a,b\n1,2\n", b"\xff\xfe", b"<html/>"])
def test_what_is_no_registry_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        read(body)


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["properties", "geometry", "coordinates", "chargedeviceid"]),
                    inner,
                )
            ),
            max_leaves=12,
        ),
        max_size=4,
    )
)
def test_bad_items_never_lose_the_good_one(items):
    good = json.loads(BODY)["features"][0]
    batch = read(json.dumps({"features": [*items, good]}).encode())

    assert "aa01" in {record.id for record in batch.records}


def test_simulated_points_are_labelled():
    batch = charging.simulate(LEEDS, NOW)

    assert batch.records
    assert {record.origin for record in batch.records} == {Origin.SIMULATED}
    assert batch == charging.simulate(LEEDS, NOW)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("city", "params", "count", "rapid"),
    [("leeds", LEEDS, 202, 62), ("leicester", LEICESTER, 69, 3)],
)
def test_every_device_of_the_real_extract_is_read(recordings, city, params, count, rapid):
    body = (recordings / "transport" / "ev" / f"{city}_ncr_chargepoints.geojson").read_bytes()
    told = [feature["properties"] for feature in json.loads(body)["features"]]
    strongest = [
        max(float(one[key]) for key in one if key.endswith("ratedoutputkw")) for one in told
    ]
    assert (len(told), sum(kw >= 50 for kw in strongest)) == (count, rapid)
    everywhere = {"city": {"box": {"west": -9, "south": 49, "east": 3, "north": 61}}}

    batch = read(body, everywhere)

    assert len(batch.records) == count
    assert sum(record.fields["rapid"] is True for record in batch.records) == rapid
    assert batch.issues == ()
    assert len(read(body, params).records) == count
