"""The lookup gives each small census area of the city its ward."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moothall.kernel.places.feeds import ons_lookup
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIXTURE = Path(__file__).with_name("ons_lookup.csv").read_bytes()
PARAMS = {"city": {"gss": "E08000035"}, "url": "https://example.org/lookup"}


def read(body: bytes):
    payload = Payload(body=body, request=Request(url=PARAMS["url"]), fetched_at=NOW)
    return ons_lookup.parse(payload, PARAMS)


def test_the_citys_own_areas_are_read_and_the_neighbours_left():
    batch = read(FIXTURE)
    assert [(record.id, record.fields["ward"]) for record in batch.records] == [
        ("E01999001", "E05999001"),
        ("E01999002", "E05999002"),
    ]
    assert batch.complete == {"places.lookup"}


def test_an_area_without_a_ward_is_an_issue():
    (issue,) = read(FIXTURE).issues
    assert (issue.where, issue.what) == ("row 3", "not a GSS code: ward")


def test_the_same_table_as_the_portals_json_reads_the_same():
    header, *rows = [line.split(",") for line in FIXTURE.decode().splitlines()]
    features = [{"attributes": dict(zip(header, row, strict=True))} for row in rows]
    assert read(json.dumps({"features": features}).encode()) == read(FIXTURE)


@pytest.mark.parametrize(
    "body", [b"", b"a,b\n1,2\n", b"{", b'{"features": 3}', b'{"error": {"message": "no"}}', b"\xff"]
)
def test_what_is_no_lookup_is_refused(body):
    with pytest.raises(ValueError, match=r"empty|no column|JSON|ArcGIS|server says|not a table"):
        read(body)


@pytest.mark.recordings
@pytest.mark.parametrize(("gss", "areas"), [("E06000016", 200), ("E08000035", 488)])
def test_the_recorded_lookup_is_read(recordings, gss, areas):
    name = "lookup_lsoa21_ward24_ltla24_leicester_leeds.csv"
    payload = Payload(
        body=(recordings / "civic" / "boundaries" / name).read_bytes(),
        request=Request(url=PARAMS["url"]),
        fetched_at=NOW,
    )
    batch = ons_lookup.parse(payload, {**PARAMS, "city": {"gss": gss}})
    assert (len(batch.records), batch.issues) == (areas, ())
