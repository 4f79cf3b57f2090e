"""What may be asked of the live plane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.live.filters import (
    KNOWN,
    MAX_SERIES,
    Filter,
    UnableToListen,
    parse_bookmark,
    parse_filter,
)
from moothall.values.places import Point


def test_a_filter_is_read_and_those_who_ask_alike_share_it():
    asked = {"series": "a.b.c,d.e.f", "near": "-1.5,53.8", "within_m": "500"}
    found = parse_filter(asked)
    assert found == Filter(
        series=frozenset({"a.b.c", "d.e.f"}), near=Point(lon=-1.5, lat=53.8), within_m=500
    )
    assert hash(found) == hash(parse_filter({**asked, "series": "d.e.f,a.b.c"}))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"series": "../x"}, "series"),
        ({"series": ",".join(f"a.b{n}.c" for n in range(MAX_SERIES + 1))}, "series"),
        ({"prefix": "%"}, "prefix"),
        ({"feed": "x"}, "feed"),
        ({"near": "1"}, "near"),
        ({"near": "nan,0"}, "near"),
        ({"near": "200,0"}, "near"),
        ({"within_m": "-1"}, "within_m"),
        ({"within_m": "inf"}, "within_m"),
        ({"limit": "1"}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_named(query, parameter):
    with pytest.raises(UnableToListen) as fault:
        parse_filter(query)
    assert fault.value.parameter == parameter


@given(st.dictionaries(st.sampled_from([*sorted(KNOWN), "x"]), st.text(max_size=30)))
def test_any_query_is_a_filter_or_named(query):
    try:
        found = parse_filter(query)
    except UnableToListen as fault:
        found = fault
    assert isinstance(found, Filter) or (found.parameter and found.mend)


@given(st.text(max_size=25))
def test_any_bookmark_is_a_number_nothing_or_named(text):
    try:
        found = parse_bookmark(text)
    except UnableToListen:
        return
    assert found is None or found >= 0
