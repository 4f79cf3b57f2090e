"""A sum over too few, or over one that outweighs the rest, is found before it is published."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules import disclosure
from moothall.standards.tables.faults import SCHEMA
from moothall.values.observations import Column


def sorts(**columns):
    """Each sort found, with its column and rows."""
    count = len(next(iter(columns.values())))
    table = pa.table({**columns, "row": list(range(2, count + 2))})
    types = {pa.int64(): "integer", pa.float64(): "number", pa.string(): "string"}
    found = disclosure.check(
        table,
        [Column(name=name, type=types[table[name].type]) for name in columns],
        faults=SCHEMA.empty_table(),
        row="row",
    )
    return [(one.sort, one.column, one.rows) for one in found]


def test_a_sum_over_one_or_two_firms_is_found_and_over_three_is_not():
    assert sorts(
        sector=["a", "b", "c", "d"],
        number_of_firms=[1, 2, 3, 0],
        turnover=[10.0, 20.0, 30.0, 0.0],
    ) == [("few-contributors", "number_of_firms", (2, 3))]


def test_firms_that_are_only_counted_tell_nothing():
    assert sorts(sector=["a", "b"], number_of_firms=[1, 2]) == []


def test_one_firm_that_makes_up_more_than_three_quarters_is_found():
    assert sorts(
        sector=["a", "b", "c"], total_sales=[100.0, 100.0, 100.0], largest_firm=[76.0, 75.0, None]
    ) == [("dominance", "largest_firm", (2,))]


@pytest.mark.parametrize("of", [1, 100])
def test_a_share_is_read_of_one_or_of_a_hundred(of):
    shares = [0.91 * of, 0.90 * of, 0.5 * of]
    assert sorts(sector=["a", "b", "c"], **{"share of two largest": shares}) == [
        ("dominance", "share of two largest", (2,))
    ]


@given(
    st.lists(
        st.tuples(st.floats(0, 1e9), st.floats(0, 1e9), st.integers(0, 50)), min_size=1, max_size=9
    )
)
def test_what_is_found_is_what_the_rule_says(rows):
    whole = [a + b for a, b, _ in rows]
    largest = [max(a, b) for a, b, _ in rows]
    told = sorts(total_rent=whole, largest=largest, landlords=[n for *_, n in rows])
    few = tuple(n + 2 for n, (*_, count) in enumerate(rows) if 0 < count < 3)
    over = tuple(
        n + 2 for n, (w, m) in enumerate(zip(whole, largest, strict=True)) if 0 < w * 0.75 < m
    )
    expected = [("few-contributors", "landlords", few)] if few else []
    assert told == expected + ([("dominance", "largest", over)] if over else [])
