"""Charts of a dataset's rows: in words, as a picture, as a table, in one address."""

import re
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.django_db


def look(client, address):
    answer = client.get(address)
    html = answer.content.decode()
    return answer.status_code, html, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_first_chart_of_observations_is_their_numbers_over_time(client, probes):
    status, html, text = look(client, "/data/probe.readings/chart/")
    assert status == 200
    assert "Mean of value by at." in text
    assert "Each point is 15 minutes." in text
    assert "Highest: 1.95 at 2026-01-04 12:15." in text
    assert "1 row has a value missing." in text
    assert 'class="chart"' in html
    assert "What the chart shows" in text


def test_a_day_is_the_citys_own(client, probes, in_city):
    _, _, text = look(client, "/data/probe.readings/chart/?_x=at&_y=&_kind=line&at__ge=2026-01-05")
    assert "Number of rows by at." in text
    assert "2026-01-05 00:00" in text


def test_groups_are_told_apart_by_more_than_colour(client, probes):
    address = "/data/probe.readings/chart/?_x=quality&_y=&_group=thing&_kind=bar"
    _, html, text = look(client, address)
    assert html.count("<pattern ") == 2
    assert "River Aire" in text
    assert "State of the Aire" in text


@pytest.mark.parametrize(
    "asked", ["_kind=histogram&_x=value", "_kind=scatter&_x=at&_y=value", "_kind=bar&_x=thing"]
)
def test_each_kind_is_a_picture_that_stands_by_itself(client, probes, asked):
    answer = client.get(f"/data/probe.readings/chart.svg?{asked}")
    assert answer["Content-Type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.content)
    names = {one.tag.rpartition("}")[2] for one in drawn.iter()}
    assert {"title", "desc", "text"} <= names
    assert not names & {"script", "style"}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("_x=nothing", "no such column"),
        ("_y=thing", "a column of numbers"),
        ("_kind=pie", "draw one of"),
        ("_kind=line&_x=thing", "choose bars"),
        ("_kind=scatter&_x=thing&_y=value", "dots need"),
        ("_sum=guess", "sum up by"),
    ],
)
def test_what_cannot_be_drawn_says_what_can(client, probes, asked, says):
    status, _, text = look(client, f"/data/probe.readings/chart/?{asked}")
    assert status == 400
    assert says in text


def test_a_chart_of_nothing_says_so(client, probes):
    status, html, text = look(client, "/data/probe.readings/chart/?value__gt=99")
    assert status == 200
    assert "There is nothing to draw" in text
    assert '<svg class="chart"' not in html
