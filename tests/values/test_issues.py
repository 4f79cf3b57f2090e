"""An issue shows the item it is about, in words a person understands."""

import json
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.values.observations import EXCERPT, Issue, excerpt


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ("as it is", "as it is"),
        (b"b\xffytes", "b\ufffdytes"),
        (["a", "b"], "a,b"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        ({"a": "\ud800"}, "{'a': '\\ud800'}"),
        ({"a": nan}, '{"a":null}'),
        (10**30, "1" + "0" * 30),
        pytest.param(10**5_000, "(a int that cannot be shown)", id="endless"),
    ],
)
def test_an_item_is_shown_as_it_stood(item, shown):
    assert excerpt(item) == shown


def test_an_item_however_deep_or_long_is_shown_short():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]

    assert len(excerpt(deep)) <= EXCERPT
    assert len(excerpt({"a": "x" * 100_000})) == EXCERPT


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("as it is said", "as it is said"),
        (ValueError("not a day: 'x'"), "not a day: 'x'"),
        (ValueError(), "ValueError"),
        (KeyError("value"), "no value"),
        (KeyError(), "something is missing"),
        (OverflowError("cannot convert float infinity"), "it holds a number too large to be one"),
        (TypeError("'NoneType' object"), "it is not laid out as its source promises"),
        (AttributeError("rpartition"), "it is not laid out as its source promises"),
        (IndexError(), "it is not laid out as its source promises"),
    ],
)
def test_what_reading_raised_is_said_without_a_word_of_python(fault, words):
    assert Issue.of("items[0]", fault, {}).what == words


@given(st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists))
def test_anything_can_be_shown(item):
    assert len(excerpt(item)) <= EXCERPT
    assert json.dumps(excerpt(item))
