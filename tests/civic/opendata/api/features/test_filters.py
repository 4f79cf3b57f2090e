"""Part 3 of the standard: features chosen by a filter, and filters that are refused."""

from urllib.parse import urlencode

import orjson

from moothall.standards.ogcapi.crs import BRITISH

LAMPS = "/collections/lamps.lamp"


def ids(ask, **asked):
    """Name the features that a question finds."""
    said = {name.replace("_", "-"): value for name, value in asked.items()}
    answer = ask(f"{LAMPS}/items?{urlencode({'limit': 100, **said})}")
    return [one["id"] for one in answer.json()["features"]]


def test_a_filter_chooses_by_what_features_say_and_where_and_when(ask):
    assert ids(ask, filter="height > 11 OR count IN (3)") == ["lamp/03", "lamp/23", "lamp/24"]
    assert ids(ask, filter="id = 'lamp/07'") == ["lamp/07"]
    near = "S_INTERSECTS(geometry, BBOX(-1.505,53.795,-1.485,53.805))"
    assert ids(ask, filter=near) == ["lamp/00", "lamp/01"]
    since = "T_AFTER(from_at, TIMESTAMP('2026-01-03T12:00:00Z'))"
    assert ids(ask, filter=since, filter_lang="cql2-text") == ["lamp/00", "lamp/01"]
    assert ids(ask, filter="geometry IS NULL") == ["lamp/24"]


def test_a_filter_may_be_json_and_is_joined_to_all_else_that_is_asked(ask):
    tree = orjson.dumps({"op": "<", "args": [{"property": "count"}, 6]}).decode()
    assert ids(ask, filter=tree, lit="true") == ["lamp/00", "lamp/02", "lamp/04"]
    west = {"filter": tree, "filter_lang": "cql2-json", "bbox": "-1.505,53,-1.495,54"}
    assert ids(ask, **west) == ["lamp/00", "lamp/05"]


def test_a_filter_writes_places_in_the_system_it_names(ask):
    near = "S_INTERSECTS(geometry, BBOX(432700,433300,434000,434500))"
    assert ids(ask, filter=near, filter_crs=BRITISH.uri) == ["lamp/00", "lamp/01"]


def test_every_column_can_be_asked_by_its_name_and_is_among_the_queryables(ask):
    said = ask(f"{LAMPS}/queryables").json()["properties"]
    assert {"id", "geometry", "name", "height", "limit"} <= set(said)
    assert ids(ask, id="lamp/07") == ["lamp/07"]
    # Whose name the standard has taken is asked in a filter.
    assert len(ids(ask, filter="\"limit\" = 'none'")) == 25


def test_a_filter_that_cannot_be_answered_is_refused_by_name(ask):
    for asked, parameter in (
        ({"filter": "height >"}, "filter"),
        ({"filter": "colour = 'red'"}, "filter"),
        ({"filter": "height = 'tall'"}, "filter"),
        ({"filter": "name = 'x' UNION SELECT 1"}, "filter"),
        ({"filter": "{", "filter-lang": "cql2-json"}, "filter"),
        ({"filter": "height > 1", "filter-lang": "cql-text"}, "filter-lang"),
        ({"filter": "height > 1", "filter-crs": "EPSG:27700"}, "filter-crs"),
        ({"filter-lang": "cql2-text"}, "filter-lang"),
        ({"filter-crs": BRITISH.uri}, "filter-crs"),
    ):
        answer = ask(f"{LAMPS}/items?{urlencode(asked)}", 400).json()
        assert (asked, answer["parameter"]) == (asked, parameter)
        assert "Traceback" not in answer["detail"]
    said = ask(f"{LAMPS}/items?filter=colour=1", 400).json()["detail"]
    assert "height" in said


def test_pages_of_what_a_filter_finds_lead_on(ask):
    asked = urlencode({"filter": "lit = TRUE", "limit": 5})
    answer = ask(f"{LAMPS}/items?{asked}").json()
    assert answer["numberMatched"] == 13
    (following,) = [one["href"] for one in answer["links"] if one["rel"] == "next"]
    again = ask(following.partition("/api/features")[2]).json()
    assert next(one["id"] for one in again["features"]) == "lamp/10"
