"""The indices are read area by area; what is blank is not known, and never zero."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.inclusion.feeds import deprivation
from moothall.values.requests import Payload, Request

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FIXTURE = Path(__file__).with_name("deprivation.csv").read_bytes()
PARAMS = {"city": {"gss": "E08000035"}, "url": "https://example.org/iod.csv"}
SHORT = b"""lsoa21_code,IMD_decile,IMD_rank,Housing_and_Services_rank,IMD_score
E01011264,6.0,17269.0,28665.0,17.003
"""


def read(body: bytes):
    payload = Payload(body=body, request=Request(url=PARAMS["url"]), fetched_at=NOW)
    return deprivation.parse(payload, PARAMS)


def test_only_the_citys_areas_are_kept_with_whole_ranks():
    batch = read(FIXTURE)
    assert [record.id for record in batch.records] == ["E01011264", "E01011265"]
    fields = batch.records[0].fields
    assert (fields["overall_rank"], fields["overall_decile"]) == (17269, 6)
    assert (fields["income_rank"], fields["education_score"]) == (17144, 29.422)
    assert isinstance(fields["income_rank"], int)
    assert fields["name"] == "Leeds 001A"
    assert batch.complete == {"inclusion.lsoa_deprivation"}


def test_a_blank_is_not_known_and_not_zero():
    fields = read(FIXTURE).records[1].fields
    assert (fields["overall_rank"], fields["overall_decile"]) == (312, 1)
    assert fields["income_rank"] is None
    assert fields["income_score"] is None
    assert fields["housing_rank"] is None
    assert fields.get("crime_rank") is None


def test_each_bad_line_is_one_issue_that_says_what_is_wrong():
    assert [(issue.where, issue.what) for issue in read(FIXTURE).issues] == [
        ("line 4", "E01011266: 99999 is not a whole number between 1 and 33755"),
        ("line 5", "E01011267: not a number: 'much'"),
        ("line 6", "E01011264 comes twice; the first is kept"),
        ("line 7", "not the code of a small area: 'NOTACODE1'"),
        ("line 8", "the line is cut short"),
    ]


def test_a_cut_of_the_table_with_short_names_reads_too():
    (record,) = read(SHORT).records
    assert (record.fields["overall_rank"], record.fields["housing_rank"]) == (17269, 28665)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"lsoa21_code,name\nE01011264,x\n"]
)
def test_what_is_no_such_table_is_refused(body):
    with pytest.raises(ValueError, match=r"no column|not UTF-8"):
        read(body)


def test_every_field_is_a_declared_column():
    columns = {column.name for column in deprivation.LSOA.columns}
    assert all(set(record.fields) <= columns for record in read(FIXTURE).records)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters='"\r\n\x00'), max_size=30)))
def test_no_line_whatever_loses_the_good_one(lines):
    body = SHORT + "".join(f"{line}\n" for line in lines).encode(errors="replace")
    assert read(body).records[0].id == "E01011264"


@pytest.mark.recordings
def test_the_recorded_indices_are_read(recordings):
    name = "imd2025_lsoa21_leicester_leeds.csv"
    batch = read((recordings / "civic" / "indicators" / name).read_bytes())
    assert (len(batch.records), batch.issues) == (688, ())
    assert max(record.fields["overall_rank"] for record in batch.records) <= 33_755
    assert sum(record.fields["overall_decile"] == 1 for record in batch.records) == 124
