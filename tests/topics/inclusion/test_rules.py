"""Tenths are equal parts of a ranking, and what is not known is not counted as well off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.topics.inclusion import rules


def standing(rank, decile=None):
    return rules.Standing(
        domain="overall",
        rank=rank,
        decile=rules.decile_of(rank) if decile is None and rank else decile,
        score=None,
    )


@given(st.integers(1, rules.LSOAS_IN_ENGLAND), st.integers(1, rules.LSOAS_IN_ENGLAND))
def test_a_more_deprived_rank_is_never_in_a_later_tenth(one, other):
    first, second = sorted((one, other))
    assert 1 <= rules.decile_of(first) <= rules.decile_of(second) <= 10


def test_each_tenth_holds_a_tenth_of_the_ranks():
    sizes = [0] * 11
    for rank in range(1, rules.LSOAS_IN_ENGLAND + 1):
        sizes[rules.decile_of(rank)] += 1
    assert sizes[0] == 0
    assert max(sizes[1:]) - min(sizes[1:]) <= 1


@pytest.mark.parametrize("rank", [0, -1, rules.LSOAS_IN_ENGLAND + 1])
def test_a_rank_there_cannot_be_is_refused(rank):
    with pytest.raises(ValueError, match="not between"):
        rules.decile_of(rank)


def test_a_ward_is_summed_up_by_its_areas_and_the_unknown_stay_unknown():
    summed = rules.sum_up([standing(100), standing(5000), standing(20000), None])
    assert summed == rules.WardStanding(
        areas=4, known=3, in_most_deprived_tenth=1, in_most_deprived_fifth=2, median_rank=5000
    )


def test_a_ward_of_which_nothing_is_known_has_no_median():
    summed = rules.sum_up([None, standing(None)])
    assert (summed.areas, summed.known, summed.median_rank) == (2, 0, None)


@pytest.mark.recordings
def test_the_published_tenths_are_those_of_the_rule(recordings):
    import csv

    path = recordings / "civic" / "indicators" / "imd2025_lsoa21_leicester_leeds.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            rank, decile = int(float(row["IMD_rank"])), int(float(row["IMD_decile"]))
            assert rules.decile_of(rank) == decile
