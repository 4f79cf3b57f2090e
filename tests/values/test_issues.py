"""However many items are bad, the issues of a payload take little room and are all counted."""

from hypothesis import given
from hypothesis import strategies as st

from moothall.values.issues import KEPT, Issues
from moothall.values.observations import Issue, Mender, Severity


def test_the_first_are_kept_and_the_others_counted_apart_by_how_bad_they_are():
    issues = Issues()
    for number in range(KEPT + 500):
        issues.note(f"row {number}", ValueError("not a number"), ["a", "b"])
    issues.note("row 9", "rather old", severity=Severity.INFO)

    said = list(issues)

    assert len(issues) == KEPT + 501
    assert said[0] == Issue(where="row 0", what="not a number", item="a,b")
    assert said[KEPT] == Issue(where="row 9", what="rather old", severity=Severity.INFO)
    assert [(one.count, one.what) for one in said[KEPT + 1 :]] == [
        (500, "as much is wrong with 500 further items")
    ]


def test_nothing_is_made_of_an_item_that_is_only_counted():
    class Unshown:
        def __repr__(self):
            raise AssertionError("an excerpt was made of it")

    issues = Issues(Issue(where="row", what="bad") for _ in range(KEPT))
    issues.note("row", "bad", Unshown())

    assert len(issues) == KEPT + 1


@given(st.lists(st.integers(1, 2 * KEPT), max_size=8))
def test_issues_put_together_count_what_each_counted(sizes):
    parts = [Issues(Issue(where="row", what="bad") for _ in range(size)) for size in sizes]
    whole = Issues()
    for part in parts:
        whole.extend(part)

    assert len(whole) == sum(sizes) == sum(one.count for one in whole)
    assert len(list(whole)) <= KEPT + 1


def test_whose_fault_it_is_is_not_mixed_up():
    issues = Issues(Issue(where="row", what="bad") for _ in range(KEPT))
    issues.note("row", "bad")
    issues.note("row", "ours", mender=Mender.US)

    assert [(one.mender, one.count) for one in issues][KEPT:] == [
        (Mender.PUBLISHER, 1),
        (Mender.US, 1),
    ]
