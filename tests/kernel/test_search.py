"""What answers a search: every word met, slips of the fingers forgiven, codes taken as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.kernel.search import lay_out
from moothall.values.facts import Hit

KNOWN = tuple(
    (Hit(title=title, url=f"/{number}/"), more)
    for number, (title, more) in enumerate(
        (
            ("River Aire, Leeds Crown Point", "L1707 river level flood gauge"),
            ("River Aire, Kirkstall Abbey", "L1706 river level flood gauge"),
            ("Woodhouse Lane Car Park", "Leeds City Council car park"),
            ("Leeds City Museum", "museum"),
            ("Bramley & Stanningley", "ward"),
        )
    )
)


def first(text):
    return [hit.title for hit in lay_out(KNOWN).list_hits(text, 10)]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("crown piont", "River Aire, Leeds Crown Point"),
        ("crwon point", "River Aire, Leeds Crown Point"),
        ("CROWN", "River Aire, Leeds Crown Point"),
        ("aire crown", "River Aire, Leeds Crown Point"),
        ("kirkstal abey", "River Aire, Kirkstall Abbey"),
        ("woodhose lane", "Woodhouse Lane Car Park"),
        ("woodhouse, lane!", "Woodhouse Lane Car Park"),
        ("musuem", "Leeds City Museum"),
        ("museums", "Leeds City Museum"),
        ("house", "Woodhouse Lane Car Park"),
        ("stanningley", "Bramley & Stanningley"),
        ("bramley stanningly", "Bramley & Stanningley"),
        ("hall crown", None),
        ("thames", None),
    ],
)
def test_a_slip_of_the_fingers_still_finds_it(typed, title):
    assert first(typed)[:1] == ([title] if title else [])


def test_a_code_finds_its_own_and_no_other():
    assert first("L1707") == ["River Aire, Leeds Crown Point"]
    assert first("l170") == ["River Aire, Leeds Crown Point", "River Aire, Kirkstall Abbey"]


@given(st.text(max_size=400))
def test_any_text_is_answered(text):
    assert len(lay_out(KNOWN).list_hits(text, 3)) <= 3


def test_a_very_long_text_asks_for_no_more_than_a_few_words():
    assert first(" ".join(["river"] * 5000)) == [
        "River Aire, Leeds Crown Point",
        "River Aire, Kirkstall Abbey",
    ]
    assert first("") == first("😀") == []


def test_a_title_that_meets_the_words_goes_before_what_says_them_in_passing():
    known = ((Hit(title="Notes", url="/a/"), "museum"), (Hit(title="Museum", url="/b/"), ""))
    assert [hit.url for hit in lay_out(known).list_hits("museum", 5)] == ["/b/", "/a/"]
