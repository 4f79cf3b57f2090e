"""A search finds what was meant, and answers whatever is typed."""

import re

import pytest


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("armley", "Armley"),
        ("Armely", "Armley"),
        ("headingly", "Headingley &amp; Hyde Park"),
        ("chapel allertn", "Chapel Allerton"),
        ("hunslet riverside", "Hunslet &amp; Riverside"),
        ("privcy", "Privacy"),
        ("accesibility", "Accessibility statement"),
    ],
)
def test_a_search_finds_what_was_meant(city, client, query, first):
    text = client.get("/search/", {"q": query}).content.decode()
    assert re.search(r"<h3>.*?</h3>", text)[0].count(first) == 1


@pytest.mark.parametrize(
    "query",
    ["DROP TABLE segment;--", "' OR 1=1 --", "😀", "x" * 1500, "%00", "<b>", "بس"],
)
def test_whatever_is_typed_is_answered_with_ten_at_most(city, client, query):
    answer = client.get("/search/", {"q": query})
    assert answer.status_code == 200
    assert answer.content.count(b"<h3>") <= 10


def test_nothing_found_names_what_is_written_most_like_it(city, client):
    text = client.get("/search/", {"q": "horsfurthington"}).content.decode()
    assert "Did you mean:" in text
    assert "Horsforth" in text
