"""What is not known of a ward is not counted as well off."""

from moothall.topics.inclusion import rules


def standing(rank, decile=None):
    return rules.Standing(
        domain="overall",
        rank=rank,
        decile=decile,
        score=None,
    )


def test_a_ward_is_summed_up_by_its_areas_and_the_unknown_stay_unknown():
    summed = rules.sum_up([standing(100, 1), standing(5000, 2), standing(20000, 6), None])
    assert summed == rules.WardStanding(
        areas=4, known=3, in_most_deprived_tenth=1, in_most_deprived_fifth=2, median_rank=5000
    )


def test_a_ward_of_which_nothing_is_known_has_no_median():
    summed = rules.sum_up([None, standing(None)])
    assert (summed.areas, summed.known, summed.median_rank) == (2, 0, None)


def test_the_most_deprived_fifth_ends_with_the_second_tenth():
    summed = rules.sum_up([standing(9_000, 3), standing(6_000, 2), standing(3_000, 1)])
    assert (summed.in_most_deprived_tenth, summed.in_most_deprived_fifth) == (1, 2)
