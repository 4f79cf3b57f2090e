"""What a file of ours says to a spreadsheet."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import spreadsheets


def neutralised(text: str) -> str:
    return spreadsheets.neutralise(pa.array([text]))[0].as_py()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1-2", "-cmd", "@SUM(A1)", "\t=1", " =1", "\r\n=1", "＝1+1", "＠SUM(A1)", "\u00a0=1"],
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-1.5", "+44", "River Aire", "a=b", "1-2", "O'Hara"])
def test_what_is_harmless_stays_as_it_is(text):
    assert neutralised(text) == text


@given(st.text(max_size=20))
def test_after_neutralising_nothing_begins_as_a_formula(text):
    safe = neutralised(text)
    assert safe.endswith(text)
    assert not safe.startswith(("=", "@"))


def test_a_missing_text_stays_missing():
    assert spreadsheets.neutralise(pa.array([None, "=1"])).to_pylist() == [None, "'=1"]


@given(st.text(max_size=12) | st.sampled_from(["=1", "-1.5", "-cmd", " @x", "\u00a0=1", "+44"]))
def test_a_cell_and_a_column_are_made_safe_alike(text):
    assert spreadsheets.safe(text) == neutralised(text)


def test_what_is_no_text_is_left_as_it_is():
    assert [spreadsheets.safe(cell) for cell in (-1, None, -2.5)] == [-1, None, -2.5]


def test_every_text_of_a_table_is_made_safe_and_its_numbers_stay():
    table = pa.table(
        {"n": [-1, 2], "t": ["=1", "x"], "more": pa.array(["@x", None], "large_string")}
    )
    assert spreadsheets.neutralise_table(table).to_pydict() == {
        "n": [-1, 2],
        "t": ["'=1", "x"],
        "more": ["'@x", None],
    }
