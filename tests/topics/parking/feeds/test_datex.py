"""Car parks as DATEX II."""

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moothall.topics.parking import rules
from moothall.topics.parking.feeds import datex
from moothall.values.observations import Batch, Quality
from moothall.values.requests import Payload, Request

BODY = Path(__file__).with_name("datex.xml").read_bytes()
NOW = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
CITY = {"city": {"time_zone": "Europe/London"}}


def read(body: bytes, params=CITY) -> Batch:
    payload = Payload(body=body, request=Request(url="https://example.org"), fetched_at=NOW)
    return datex.parse(payload, params)


def told(batch: Batch) -> dict[str, object]:
    return {item.series: item.result for item in batch.observations}


def test_a_car_park_says_what_it_is_and_how_full_it_is():
    batch = read(BODY)

    assert batch.records[0].id == "C1"
    assert batch.records[0].fields == {
        "name": "Victoria Square",
        "capacity": 698,
        "operator": None,
    }
    assert batch.records[0].geometry == {"type": "Point", "coordinates": [-1.5372, 53.7986]}
    assert told(batch)["parking.c1.occupied_1"] == 327
    assert told(batch)["parking.c1.spaces_free_1"] == 371
    assert told(batch)["parking.c1.state"] == "spaces"


def test_each_report_keeps_its_own_time():
    at = {item.series: item.at for item in read(BODY).observations}

    assert at["parking.c1.state"] == datetime(2026, 1, 5, 9, 8, 2, tzinfo=UTC)
    assert at["parking.c2.state"] == datetime(2011, 9, 27, 11, 21, 24, tzinfo=UTC)


def test_a_zero_that_is_likelier_a_fault_is_unknown_and_suspect():
    batch = read(BODY)

    assert told(batch)["parking.c3.state"] == "unknown"
    assert {item.quality for item in batch.observations if ".c3." in item.series} == {
        Quality.SUSPECT
    }


def test_the_unreadable_the_timeless_and_the_silent_are_issues():
    said = {issue.where: issue.what for issue in read(BODY).issues}

    assert "many" in said["situationRecord[3]"]
    assert said["car park C5"] == "a report without a time that can be"
    assert said["car park C2"].startswith("its report is of 2011-09-27")
    assert "parking.c5.state" not in told(read(BODY))


def test_the_publisher_may_say_what_and_how_apart():
    params = CITY | {"url": "https://example.org/now", "static_url": "https://example.org/what"}

    assert [(one.role, one.url) for one in datex.requests(params)] == [
        ("static", "https://example.org/what"),
        ("status", "https://example.org/now"),
    ]
    assert not list(datex.requests(CITY))


@pytest.mark.parametrize("body", [b"", b"{}", b"<html/>", b"<!DOCTYPE a><a/>"])
def test_what_is_no_message_is_refused(body):
    with pytest.raises(ValueError, match=r"XML|DATEX"):
        read(body)


@pytest.mark.recordings
def test_glasgows_car_park_silent_since_2011_is_never_current(recordings):
    path = recordings / "transport" / "parking" / "glasgow_datex_carparks_2013-10-06.xml"
    body = path.read_bytes()
    assert body.count(b"<carParkIdentity>") == 10

    batch = read(body)

    assert len(batch.records) == 10
    published_at = batch.as_of
    assert published_at == datetime(2013, 10, 6, 8, 25, 11, tzinfo=UTC)
    current = {
        item.series
        for item in batch.observations
        if item.series.endswith(".state") and rules.is_current(item.at, now=published_at)
    }
    assert len(current) == 7
    assert "parking.cpg05c.state" not in current


@pytest.mark.recordings
def test_stuttgarts_reports_join_its_descriptions(recordings):
    folder = recordings / "transport" / "parking"
    stuttgart = {"city": {"time_zone": "Europe/Berlin"}}
    reports = (folder / "stuttgart-realtime.xml").read_bytes()
    described = read(gzip.decompress((folder / "stuttgart-static.xml.gz").read_bytes()), stuttgart)
    reported = read(reports, stuttgart)

    ids = set(re.findall(rb'parkingFacilityReference id="(\d+)"', reports))
    unset = reports.count(b"<parkingFacilityStatusTime>1970-01-01")
    assert (len(ids), unset) == (49, 2)

    assert len(described.records) == 49
    assert {record.id.encode() for record in described.records} == ids
    states = [item for item in reported.observations if item.series.endswith(".state")]
    assert len(states) == 49 - unset
    assert {item.series.split(".")[1].encode() for item in states} <= ids
    # All but one of its positions are metres of a national grid: better none than a false one.
    assert sum(record.geometry is not None for record in described.records) == 1
