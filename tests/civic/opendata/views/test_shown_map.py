"""Maps of a dataset's rows: a picture without a script, and the same places as a list."""

import re
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "place", "way"),
    [
        ("probe.readings", "River Aire", "/data/series/probe.aire.level_m/"),
        ("probe.thing", "+1-2", "/data/probe.thing/records/b/"),
    ],
)
def test_what_is_on_the_map_is_also_in_the_list(client, probes, name, place, way):
    answer = client.get(f"/data/{name}/map/")
    html = answer.content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert answer.status_code == 200
    assert "2 places." in text
    assert place in text
    assert f'href="{way}"' in html
    assert f'data-features="/data/{name}/map.geojson"' in html


def test_the_picture_stands_by_itself(client, probes):
    answer = client.get("/data/probe.thing/map.svg")
    drawn = ElementTree.fromstring(answer.content)
    tags = [one.tag.rpartition("}")[2] for one in drawn.iter()]
    assert tags.count("circle") == 2
    assert tags.count("path") > 10
    assert not {"script", "style", "foreignObject"} & set(tags)


def test_a_filter_leaves_places_out_of_the_map_too(client, probes):
    found = client.get("/data/probe.thing/map.geojson?id=b").json()
    assert [one["properties"]["title"] for one in found["features"]] == ["+1-2"]
    assert client.get("/data/probe.readings/map.geojson?_box=2,50,3,51").json()["features"] == []
