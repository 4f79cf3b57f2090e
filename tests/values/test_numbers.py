"""Numbers of strangers: finite, and within what can be."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.values.numbers import read_count, read_number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_be_it_a_text_or_not(number):
    assert read_number(number) == read_number(repr(number)) == number


@pytest.mark.parametrize(
    "told",
    [
        None,
        True,
        "",
        "wet",
        "1,5",
        "1_000",
        "٣",
        "1e999",
        "nan",
        "-inf",
        nan,
        inf,
        -inf,
        [1],
        {},
        10**400,
    ],
)
def test_what_is_no_number_is_refused(told):
    with pytest.raises(ValueError, match="number"):
        read_number(told)


def test_a_number_that_cannot_be_says_what_could_be():
    assert read_number("5", least=5, most=5) == 5
    with pytest.raises(ValueError, match=r"between -20 and 700 m: 701\.0"):
        read_number(701, least=-20, most=700, unit="m")
    with pytest.raises(ValueError, match="can be"):
        read_number(-0.1, least=0)


def test_a_count_is_whole_and_not_below_the_least():
    assert (read_count("61"), read_count("61.0"), read_count(0)) == (61, 61, 0)
    assert read_count(-3, least=-5) == -3
    for told in ("61.5", -1, 1_000_001):
        with pytest.raises(ValueError, match="not a"):
            read_count(told)
