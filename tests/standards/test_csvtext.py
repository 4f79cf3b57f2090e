"""CSV of strangers: encodings, rows that cannot be read, columns named twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.csvtext import Rows, decode, find_column


@pytest.mark.parametrize(
    "body",
    [
        "café,£5\n".encode(),
        b"\xef\xbb\xbf" + "café,£5\n".encode(),
        "café,£5\n".encode("utf-16"),
        b"\xfe\xff" + "café,£5\n".encode("utf-16-be"),
        "café,£5\n".encode("cp1252"),
    ],
    ids=["utf-8", "with a mark", "utf-16", "the other utf-16", "windows"],
)
def test_a_text_reads_the_same_however_it_is_encoded(body):
    assert list(Rows(body)) == [(1, ["café", "£5"])]


def test_one_byte_that_is_not_utf_8_spoils_no_other_character():
    assert decode("café ".encode() + b"\xa35") == "café £5"


def test_a_cell_too_long_costs_its_row_and_no_other():
    rows = Rows(b"a,b\n1,2\n3," + b"x" * 10_000_000 + b"\n5,6\n")

    assert rows.heading() == ["a", "b"]
    assert list(rows) == [(2, ["1", "2"]), (4, ["5", "6"])]
    assert [(issue.where, "field larger" in issue.what) for issue in rows.issues()] == [
        ("line 3", True)
    ]


def test_a_cell_may_hold_line_ends_and_separators():
    assert list(Rows(b'"a,\r\nb",c\r\n')) == [(2, ["a,\r\nb", "c"])]


def test_a_column_named_twice_cannot_be_chosen():
    assert find_column(["a", "b", "b"], "x", "a") == 0
    assert find_column(["a"], "x") is None
    with pytest.raises(ValueError, match="two columns are called b"):
        find_column(["a", "b", "b"], "b")


def test_a_heading_that_cannot_be_read_is_no_csv_file():
    with pytest.raises(ValueError, match="not a CSV file"):
        Rows(b"x" * 200_000).heading()


@given(st.binary(max_size=400))
def test_any_bytes_are_rows(body):
    rows = Rows(body)

    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)


def test_a_row_of_columns_without_end_is_no_table():
    with pytest.raises(ValueError, match="1,000,001 columns"):
        Rows(b"," * 1_000_000).heading()
