"""What answers a search."""

import pytest

from moothall.kernel.search import list_hits
from moothall.values.facts import Hit

KNOWN = (
    (Hit(title="Weir at the mill", url="/1/"), "river aire bridge"),
    (Hit(title="Bridge Street", url="/2/"), "car park"),
    (Hit(title="Market", url="/3/"), ""),
)


@pytest.mark.parametrize(
    ("asked", "urls"),
    [
        ("bridge", ["/2/", "/1/"]),
        ("BRIDGE  aire", ["/1/"]),
        ("bridge nowhere", []),
        ("market", ["/3/"]),
        ("", []),
        ("   ", []),
    ],
)
def test_all_words_must_be_held_and_titles_come_first(asked, urls):
    assert [hit.url for hit in list_hits(asked, KNOWN, limit=9)] == urls


def test_no_more_than_asked_for_are_given():
    assert len(list_hits("r", KNOWN, limit=1)) == 1
