"""JSON of strangers."""

import json
from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards.jsontext import read_json


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_text_reads_the_same_however_it_is_encoded(encoding):
    assert read_json('{"name": "café"}'.encode(encoding)) == {"name": "café"}


def test_what_only_some_tools_write_is_read_for_whoever_judges_the_item():
    isnt, far, long, half = read_json(b'[NaN, Infinity, %s, "\\ud800"]' % (b"9" * 5_000))

    assert isnan(isnt)
    assert (far, long) == (inf, inf)
    assert half == "\ud800"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b'{"a": ', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_in_a_sentence(body, words):
    with pytest.raises(ValueError, match=words):
        read_json(body)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.text(st.characters(exclude_categories=["Cs"])),
        st.lists,
    )
)
def test_what_the_standard_allows_is_read_as_it_is(value):
    assert read_json(json.dumps(value).encode()) == value
