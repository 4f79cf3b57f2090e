"""A problem names the line it is on, however the TOML is nested."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.pack_check.city import contrast
from moothall.kernel.pack_check.problems import find_lines, nearest

TEXT = """\
name = "x"  # a comment
[feeds.readings]
every = 5
[[gauge]]
id = "a"
[[gauge]]
id = "b"
[[gauge.level]]
low = 1
[[gauge.level]]
low = 2
[gauge.owner]
name = "c"
"""


def test_each_table_and_key_has_its_line():
    lines = find_lines(TEXT)
    assert lines["name",] == 1
    assert lines["feeds", "readings"] == 2
    assert lines["gauge", 0, "id"] == 5
    assert lines["gauge", 1, "id"] == 7
    assert lines["gauge", 1, "level", 1, "low"] == 11
    assert lines["gauge", 1, "owner", "name"] == 13


def test_every_place_found_is_a_place_of_the_table():
    for path in find_lines(TEXT):
        value = tomllib.loads(TEXT)
        for step in path:
            value = value[step]


@given(st.text(max_size=200))
def test_no_text_whatever_stops_the_search_for_lines(text):
    assert all(line >= 1 for line in find_lines(text).values())


def test_the_nearest_name_is_asked_for_and_a_far_one_is_not():
    assert nearest("fluod", ["flood", "air"]) == ' (did you mean "flood"?)'
    assert nearest("tramways", ["flood", "air"]) == ""


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#777777", "#ffffff", 4.478)],
)
def test_contrast_is_that_of_the_guidelines(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(one, other) == contrast(other, one)
