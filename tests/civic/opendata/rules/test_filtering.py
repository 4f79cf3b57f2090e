"""Questions of rows read out of an address: typed by their columns, or told what mends them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules import UnableToAnswer
from moothall.civic.opendata.rules.filtering import (
    Filter,
    Order,
    read_question,
    write_question,
)
from moothall.values.observations import Column
from moothall.values.places import Box

ZONE = ZoneInfo("Europe/London")
MICRO = timedelta(microseconds=1)
COLUMNS = tuple(
    Column(name=name, type=type_)
    for name, type_ in (
        ("name", "string"),
        ("size", "number"),
        ("count", "integer"),
        ("on", "date"),
        ("at", "datetime"),
        ("open", "boolean"),
        ("odd__name", "string"),
    )
)


def read(*pairs):
    return read_question(pairs, COLUMNS, zone=ZONE, placed=True)


def test_values_are_of_the_type_of_their_column():
    found = read(
        ("name", "x"), ("size__ge", "2.5"), ("count__lt", "7"), ("on__eq", "2026-07-01"),
        ("at__ge", "2026-07-01"), ("open__eq", "yes"), ("name__is_null", "no"),
        ("odd__name__contains", "y"), ("odd__name", "z"),
    ).where  # fmt: skip
    assert found == (
        Filter("name", "eq", "x"),
        Filter("size", "ge", 2.5),
        Filter("count", "lt", 7),
        Filter("on", "eq", date(2026, 7, 1)),
        Filter("at", "ge", datetime(2026, 6, 30, 23, tzinfo=UTC)),
        Filter("open", "eq", True),
        Filter("name", "is_null", False),
        Filter("odd__name", "contains", "y"),
        Filter("odd__name", "eq", "z"),
    )


def test_several_values_of_one_column_are_any_of_them():
    assert read(("name__in", "a"), ("name__in", "b"), ("name__in", "a")).where == (
        Filter("name", "in", ("a", "b")),
    )


def test_an_empty_field_asks_nothing():
    assert read(("name__contains", " "), ("_sort", ""), ("_q", "")) == read()


def test_a_page_beyond_the_deepest_is_refused_with_the_better_way():
    with pytest.raises(UnableToAnswer, match="download"):
        read(("_page", "5000"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size__ge", "1e999"), ("size__ge", "nan"), ("count", "1,5"), ("on", "2026-02-30"),
        ("at", "0001-01-01"), ("open", "perhaps"), ("open__gt", "yes"), ("nothing", "1"),
        ("size__like", "1"), ("_box", "1,1,0,0"), ("_columns", "nothing"), ("_size", "0"),
        ("name", "x" * 401), ("name", "\x00"), ("size__contains", "1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_what_is_wrong(name, text):
    with pytest.raises(UnableToAnswer) as fault:
        read((name, text))
    assert fault.value.parameter.partition("__")[0] == name.partition("__")[0]


values = {
    "name": st.text(min_size=1, max_size=20).filter(lambda t: t.strip() and "\x00" not in t),
    "size": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "count": st.integers(-(2**62), 2**62),
    "on": st.dates(date(1900, 1, 2), date(2199, 1, 1)),
    "at": st.integers(0, 2**52).map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + n * MICRO),
    "open": st.booleans(),
}
filters = st.sampled_from(sorted(values)).flatmap(
    lambda name: st.builds(
        Filter,
        st.just(name),
        st.sampled_from(("eq", "ne")),
        values[name].map(lambda value: value.strip() if isinstance(value, str) else value),
    )
)


@given(
    st.lists(filters, max_size=5),
    st.lists(st.builds(Order, st.sampled_from(sorted(values)), st.booleans()), max_size=3),
    st.integers(1, 9),
)
def test_what_is_written_reads_as_the_same_question(where, order, page):
    asked = read_question([], COLUMNS, zone=ZONE)
    pairs = write_question(
        type(asked)(
            where=tuple(where),
            order=tuple(order),
            page=page,
            words="a b",
            columns=("name",),
            box=Box(west=-2.0, south=53.0, east=-1.5, north=54.0),
        )
    )
    found = read(*pairs)
    assert (found.where, found.order, found.page) == (tuple(where), tuple(order), page)
    assert write_question(found) == pairs


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=4))
def test_any_address_is_answered_or_told_what_would_mend_it(pairs):
    with suppress(UnableToAnswer):
        assert len(read(*pairs).where) <= len(pairs)
