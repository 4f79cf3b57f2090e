"""Part 2 of the standard: boxes and answers in other reference systems, axes in their own order."""

from math import log, pi, radians, tan
from urllib.parse import urlencode

import pytest

from moothall.standards.ogcapi.crs import BRITISH, CRS84, MERCATOR, WGS84

ITEMS = "/collections/lamps.lamp/items"
WARD = "/collections/lamps.ward/items/east"


def ids(answer):
    """Name the features of an answer."""
    return [one["id"] for one in answer.json()["features"]]


def mercator(lon, lat):
    """Return a position in Web Mercator, by its own formula."""
    radius = 6_378_137
    return [radius * radians(lon), radius * log(tan(pi / 4 + radians(lat) / 2))]


def test_an_answer_says_its_system_and_keeps_to_its_order_of_axes(ask):
    places = {}
    for system in (CRS84, WGS84, BRITISH, MERCATOR):
        one = ask(f"{ITEMS}/lamp/00?{urlencode({'crs': system.uri})}")
        assert one["Content-Crs"] == f"<{system.uri}>"
        places[system.code] = one.json()["geometry"]["coordinates"]
    assert places["OGC:CRS84"] == [-1.5, 53.8]
    assert places["EPSG:4326"] == [53.8, -1.5]
    assert places["EPSG:27700"] == pytest.approx([433_030, 433_860], abs=5)
    assert places["EPSG:3857"] == pytest.approx(mercator(-1.5, 53.8), abs=0.001)


def test_shapes_are_said_in_other_systems_as_points_are(ask):
    ring = ask(WARD).json()["geometry"]["coordinates"][0]
    turned = ask(f"{WARD}?{urlencode({'crs': WGS84.uri})}").json()["geometry"]["coordinates"][0]
    assert turned == [[lat, lon] for lon, lat in ring]
    metres = ask(f"{WARD}?{urlencode({'crs': BRITISH.uri})}").json()["geometry"]["coordinates"][0]
    assert metres[0] == pytest.approx([433_031, 433_858], abs=5)
    page = ask(f"{ITEMS}?{urlencode({'crs': WGS84.uri, 'limit': 1})}").json()
    assert page["features"][0]["geometry"]["coordinates"] == [53.8, -1.5]


@pytest.mark.parametrize(
    ("system", "box"),
    [
        (CRS84, "-1.505,53.795,-1.485,53.805"),
        (WGS84, "53.795,-1.505,53.805,-1.485"),
        (BRITISH, "432700,433300,434000,434500"),
        (MERCATOR, "-167536,7131427,-165309,7133311"),
    ],
)
def test_a_box_chooses_the_same_in_whatever_system_it_is_written(ask, system, box):
    asked = urlencode({"bbox": box, "bbox-crs": system.uri})
    assert ids(ask(f"{ITEMS}?{asked}")) == ["lamp/00", "lamp/01"]
    assert ids(ask(f"/collections/lamps.ward/items?{asked}")) == ["east"]


def test_a_box_on_the_national_grid_is_straight_on_the_grid_and_not_in_degrees(ask):
    """The first row of lamps is on one latitude, which the grid sees as a slope of some metres."""
    rows = [
        one["geometry"]["coordinates"]
        for one in ask(f"{ITEMS}?limit=5&{urlencode({'crs': BRITISH.uri})}").json()["features"]
    ]
    north = sorted(y for _, y in rows)
    assert north[-1] - north[0] > 1
    edge = f"430000,430000,440000,{north[2] + 0.01:.2f}"
    found = ids(ask(f"{ITEMS}?{urlencode({'bbox': edge, 'bbox-crs': BRITISH.uri})}"))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("system", "box"),
    [
        (WGS84, "-1.6,53.7,-91,53.9"),
        (WGS84, "91,0,92,1"),
        (BRITISH, "-1.6,53.7,99999999,1"),
        (MERCATOR, "0,0,30000000,1"),
    ],
)
def test_a_box_beyond_what_its_system_can_say_is_refused(ask, system, box):
    asked = urlencode({"bbox": box, "bbox-crs": system.uri})
    assert ask(f"{ITEMS}?{asked}", 400).json()["parameter"] == "bbox"


def test_pages_of_another_system_lead_to_pages_of_that_system(ask):
    answer = ask(f"{ITEMS}?{urlencode({'crs': BRITISH.uri, 'limit': 2})}").json()
    (following,) = [one["href"] for one in answer["links"] if one["rel"] == "next"]
    assert urlencode({"crs": BRITISH.uri}) in following
