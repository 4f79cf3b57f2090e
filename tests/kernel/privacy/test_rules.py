"""A small count stays hidden from a reader who subtracts."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.kernel.privacy.rules import find_range, suppress_small_counts


def tables(rows: int, columns: int, most: int) -> st.SearchStrategy[dict[tuple[str, str], int]]:
    cells = [(f"r{r}", f"c{c}") for r in range(rows) for c in range(columns)]
    return st.fixed_dictionaries({cell: st.integers(0, most) for cell in cells})


def possible_values(counts, hidden, cell):
    """Try every table that agrees with what is told: the slow way a clever reader would."""
    hidden = sorted(hidden)
    rows, columns = {r for r, _ in counts}, {c for _, c in counts}
    most = max(sum(counts[r, c] for c in columns) for r in rows)
    found = set()
    for guess in product(range(most + 1), repeat=len(hidden)):
        tried = {**counts, **dict(zip(hidden, guess, strict=True))}
        if all(
            sum(tried[r, c] for c in columns) == sum(counts[r, c] for c in columns) for r in rows
        ) and all(
            sum(tried[r, c] for r in rows) == sum(counts[r, c] for r in rows) for c in columns
        ):
            found.add(tried[cell])
    return found


@settings(max_examples=60, deadline=None)
@given(tables(2, 2, 9), st.data())
def test_the_range_is_what_a_reader_who_tries_everything_finds(counts, data):
    hidden = data.draw(st.sets(st.sampled_from(sorted(counts)), min_size=1))
    cell = data.draw(st.sampled_from(sorted(hidden)))

    found = possible_values(counts, hidden, cell)

    assert find_range(cell, counts, hidden) == (min(found), max(found))
    assert found == set(range(min(found), max(found) + 1))


@settings(max_examples=300, deadline=None)
@given(tables(4, 3, 30))
def test_no_small_count_can_be_narrowed_down(counts):
    table = suppress_small_counts(counts)

    if table is None:
        return
    hidden = {cell for cell, count in table.counts.items() if count is None}
    for cell, count in counts.items():
        if 0 < count < 5:
            assert cell in hidden
            least, most = find_range(cell, counts, hidden)
            assert most - least + 1 >= 5


@given(tables(3, 3, 40))
def test_what_is_told_is_true(counts):
    table = suppress_small_counts(counts)

    if table is None:
        return
    assert all(told in (None, counts[cell]) for cell, told in table.counts.items())
    assert table.total == sum(counts.values()) == sum(table.rows.values())
    assert sum(table.columns.values()) == table.total


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.integers(5)))
def test_a_table_without_small_counts_is_told_whole(counts):
    table = suppress_small_counts(counts)

    assert table is not None
    assert None not in table.counts.values()


def test_a_lone_small_count_takes_a_rectangle_with_it():
    table = suppress_small_counts(
        {
            ("Abbey", "yes"): 3,
            ("Abbey", "no"): 40,
            ("Aylestone", "yes"): 12,
            ("Aylestone", "no"): 60,
        }
    )

    assert table is not None
    assert set(table.counts.values()) == {None}
    assert table.rows == {"Abbey": 43, "Aylestone": 72}


def test_one_row_cannot_be_told_with_its_totals():
    assert suppress_small_counts({("Abbey", "yes"): 3, ("Abbey", "no"): 40}) is None


def test_a_count_below_zero_is_refused():
    with pytest.raises(ValueError, match="below zero"):
        suppress_small_counts({("a", "b"): -1})
