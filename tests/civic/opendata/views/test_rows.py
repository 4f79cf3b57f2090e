"""The table of a dataset's rows: everything in the address, nothing that needs a script."""

import csv
import io
import json
import re

import pytest

pytestmark = pytest.mark.django_db


def look(client, address):
    """Read a page, its text without tags."""
    answer = client.get(address)
    html = answer.content.decode()
    return answer.status_code, html, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def taken(client, address):
    """Read a file to its end."""
    answer = client.get(address)
    return b"".join(answer.streaming_content).decode()


def test_a_page_says_which_of_how_many_rows_it_shows(client, probes):
    status, html, text = look(client, "/data/probe.readings/table/?_size=25&_page=2")
    assert status == 200
    assert "Rows 26 to 50 of 97" in text
    assert 'rel="prev"' in html
    assert 'rel="next"' in html
    _, last, text = look(client, "/data/probe.readings/table/?_size=25&_page=4")
    assert "Rows 76 to 97 of 97" in text
    assert 'rel="next"' not in last


def test_a_heading_sorts_and_says_how_it_is_sorted(client, probes):
    _, html, _ = look(client, "/data/probe.readings/table/?_sort=value&_size=25")
    assert re.findall(r'aria-sort="(\w+)"', html).count("ascending") == 1
    assert "_sort=-value" in html
    _, html, _ = look(client, "/data/probe.readings/table/")
    assert re.findall(r'aria-sort="(\w+)"', html).count("descending") == 1
    _, _, text = look(client, "/data/probe.thing/table/?_sort=-name")
    assert text.index("Ä") < text.index("+1-2")


def test_what_is_asked_is_said_in_words_and_can_be_taken_back(client, probes):
    _, html, text = look(client, "/data/probe.readings/table/?value__ge=1.9&thing__contains=river")
    assert "Rows 1 to 6 of 6" in text
    assert "value at least 1.9" in text
    assert "thing contains river" in text
    assert 'href="/data/probe.readings/table/?thing__contains=river"' in html


def test_nothing_found_says_which_filter_to_loosen(client, probes):
    status, _, text = look(client, "/data/probe.readings/table/?value__ge=1.9&text__eq=nothing")
    assert status == 200
    assert "without “text is nothing” : 6 rows" in text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("value__ge=much", "value: give a number"),
        ("at__ge=yesterday", "at: give a day like"),
        ("colour=red", "there is no such column"),
        ("value__contains=1", "of this column can be asked"),
        ("_page=0", "give a whole number"),
        ("_page=99999", "rows deep"),
        ("_sort=nothing", "sort by columns"),
        ("_box=1,2,3", "west,south,east,north"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_would_mend_it(client, probes, asked, says):
    status, _, text = look(client, f"/data/probe.readings/table/?{asked}")
    assert status == 400
    assert says in text


def test_a_view_is_taken_as_a_file_exactly(client, probes):
    asked = "value__ge=1.9&_sort=-value&_columns=at&_columns=value"
    rows = list(
        csv.DictReader(io.StringIO(taken(client, f"/data/probe.readings/table.csv?{asked}")))
    )
    assert [row["value"] for row in rows] == ["1.95", "1.94", "1.93", "1.92", "1.91", "1.9"]
    assert list(rows[0]) == ["at", "value"]
    found = json.loads(taken(client, f"/data/probe.readings/table.json?{asked}"))
    assert [row["value"] for row in found["rows"]] == [1.95, 1.94, 1.93, 1.92, 1.91, 1.9]
    placed = json.loads(taken(client, "/data/probe.thing/table.geojson?_columns=name"))
    assert {one["geometry"]["type"] for one in placed["features"]} == {"Point"}


def test_the_links_of_a_page_lead_where_they_say(client, probes):
    _, html, _ = look(client, "/data/probe.readings/table/?value__lt=1.5&_size=25")
    links = {one.replace("&amp;", "&") for one in re.findall(r'href="(/data/[^"]+)"', html)}
    assert any("/column/" in one for one in links)
    for one in sorted(links):
        assert client.get(one).status_code == 200, one


def test_a_column_says_its_range_and_how_its_numbers_are_spread(client, probes):
    _, _, text = look(client, "/data/probe.readings/column/?_column=value")
    for words in (
        "Rows 97",
        "Without a value 1",
        "Different values 96",
        "Least 1",
        "Greatest 1.95",
    ):
        assert words in text, words
    assert "How the numbers are spread" in text
    _, html, text = look(client, "/data/probe.readings/column/?_column=quality")
    assert re.search(r"good 96", text)
    assert "quality__eq=good" in html


def test_a_page_needs_no_script_and_runs_none(client, probes):
    _, html, _ = look(client, "/data/probe.thing/table/")
    assert "&lt;b&gt;thing" in html
    assert "<b>thing" not in html


@pytest.mark.parametrize("name", ["probe.readings", "probe.thing", "portal.quality"])
def test_no_two_links_of_a_page_say_the_same_and_lead_to_different_places(client, probes, name):
    ways = ["", "table/", "table/?_size=25", "chart/", "map/", "column/?_column=id"]
    for way in ways:
        _, html, _ = look(client, f"/data/{name}/{way}")
        leads = {}
        for to, inside in re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', html, re.S):
            leads.setdefault(" ".join(re.sub(r"<[^>]+>", "", inside).split()), set()).add(to)
        assert [words for words, to in leads.items() if len(to) > 1] == [], way
