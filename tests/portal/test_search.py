"""A search finds what was meant, and answers whatever is typed."""

import re
from dataclasses import replace

import pytest

from moothall.kernel.registry import house


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


def test_what_can_be_found_is_asked_of_a_service_once(city, client):
    asked = []
    service = house.service("wells")
    counted = replace(service, list_findable=lambda: asked.append(1) or service.list_findable())
    house.services = (counted, *house.services[1:])
    for query in ("bridge", "draw crossing", "bridge"):
        assert "Old bridge well" in client.get("/search/", {"q": query}).content.decode()
    assert len(asked) == 1


def test_what_a_service_holds_is_found_by_some_of_the_words_when_nothing_has_all(city, client):
    text = client.get("/search/", {"q": "bridge horsfurthington"}).content.decode()
    assert "This has some of them" in text
    assert "/wells/old-bridge/" in text
