"""Postcodes are read line by line; those outside the city's box are none of ours."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.places.feeds import ons_postcodes
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIXTURE = Path(__file__).with_name("ons_postcodes.csv").read_bytes()
PARAMS = {
    "city": {"box": {"west": -1.801, "south": 53.698, "east": -1.290, "north": 53.946}},
    "files": ["https://example.org/LS.csv"],
}
NSPL = b"""\xef\xbb\xbfpcd,pcd2,pcds,dointr,doterm,oslaua,osward,lat,long,lsoa21
LS1 1UR,LS1  1UR,LS1 1UR,198001,,E08000035,E05011400,53.8019,-1.549,E01011264
LS1 1BA,LS1  1BA,LS1 1BA,198001,200405,E08000035,E05011400,53.7970,-1.550,E01011264
LS1 1BB,LS1  1BB,LS1 1BB,198001,,E08000035,E05011400,99.999999,0.0,E01011264
"""


def read(body: bytes, **params):
    payload = Payload(body=body, request=Request(url=PARAMS["files"][0]), fetched_at=NOW)
    return ons_postcodes.parse(payload, {**PARAMS, **params})


def test_postcodes_in_the_box_are_kept_and_written_the_usual_way():
    batch = read(FIXTURE)
    assert [(record.id, record.fields["postcode"]) for record in batch.records] == [
        ("LS11UR", "LS1 1UR"),
        ("LS14AP", "LS1 4AP"),
    ]
    assert batch.records[0].geometry == {"type": "Point", "coordinates": [-1.549, 53.8019]}


def test_each_bad_line_is_an_issue_with_its_line():
    assert [(issue.where, issue.what) for issue in read(FIXTURE).issues] == [
        ("line 4", "no position in degrees"),
        ("line 5", "not a postcode"),
        ("line 8", "the line is cut short"),
    ]


def test_the_full_lookup_gives_ward_and_census_area_and_drops_ended_postcodes():
    (record,) = read(NSPL).records
    assert dict(record.fields) == {
        "postcode": "LS1 1UR",
        "ward": "E05011400",
        "lsoa": "E01011264",
    }


def test_only_a_single_file_lists_the_citys_postcodes_in_full():
    assert read(FIXTURE).complete == {"places.postcode"}
    assert read(FIXTURE, files=["a", "b"]).complete == frozenset()
    assert read(b"postcode,lat,long\n").complete == frozenset()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<html>no table</html>", b"a,b\n1,2\n"])
def test_what_is_no_table_of_postcodes_is_refused(body):
    with pytest.raises(ValueError, match=r"no column|not UTF-8"):
        read(body)


@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_line_whatever_loses_the_good_one(lines):
    junk = "".join(line.replace('"', "").replace("\r", " ") + "\n" for line in lines)
    body = f"Postcode,lat,long\n{junk}LS1 1UR,53.8019,-1.549\n".encode(errors="replace")
    assert [record.id for record in read(body).records] == ["LS11UR"]


@pytest.mark.recordings
def test_the_recorded_postcodes_are_read(recordings):
    batch = read((recordings / "civic" / "boundaries" / "postcodes_LS.csv").read_bytes())
    assert len(batch.records) == 30_524
    assert {issue.what for issue in batch.issues} == {"no position in degrees"}
