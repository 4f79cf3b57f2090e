"""Entities made, changed and removed with a key: what the standard asks of each."""

import pytest
from tests.civic.opendata.api.sensorthings import bodies
from tests.civic.opendata.api.sensorthings.bodies import (
    AT,
    FEATURE,
    LOCATION,
    PROPERTY,
    SENSOR,
    STREAM,
    THING,
    WHOLE,
    observation,
)

pytestmark = pytest.mark.django_db
SETS = {
    "Things": THING,
    "Locations": LOCATION,
    "Sensors": SENSOR,
    "ObservedProperties": PROPERTY,
    "FeaturesOfInterest": FEATURE,
}


def placed(sort, coordinates):
    return {**LOCATION, "location": {"type": sort, "coordinates": coordinates}}


@pytest.mark.parametrize("name", SETS)
def test_an_entity_is_made_shown_changed_and_removed(send, see, name):
    made = send("POST", name, SETS[name])
    where = made["Location"]
    assert where.endswith(f"/{name}(1)")
    assert made.json()["@iot.id"] == 1
    shown = see(where)
    assert {k: v for k, v in shown.items() if "@" not in k} == SETS[name]
    changed = send("PATCH", where, {"description": "Another"}).json()
    assert changed["description"] == "Another"
    assert changed["name"] == SETS[name]["name"]
    send("PUT", where, {**SETS[name], "name": "New"})
    assert see(where)["name"] == "New"
    assert send("DELETE", where).content == b""
    see(where, status=404)
    assert see(name)["value"] == []
    assert send("POST", name, SETS[name])["Location"].endswith(f"/{name}(2)")


def test_a_whole_thing_is_made_in_one_with_everything_linked(send, see):
    stream = {**STREAM, "Observations": [observation(1.5), observation(2, "2026-01-05T11:00:00Z")]}
    send("POST", "Things", {**THING, "Locations": [LOCATION], "Datastreams": [stream]})
    thing = see("Things(1)", expand="Locations,HistoricalLocations,Datastreams($expand=Sensor,"
                "ObservedProperty,Observations($expand=FeatureOfInterest))")  # fmt: skip
    assert thing["Locations"][0]["name"] == LOCATION["name"]
    assert len(thing["HistoricalLocations"]) == 1
    made = thing["Datastreams"][0]
    assert (made["Sensor"]["name"], made["ObservedProperty"]["name"]) == (
        SENSOR["name"],
        PROPERTY["name"],
    )
    assert [one["result"] for one in made["Observations"]] == [1.5, 2]
    assert made["phenomenonTime"] == "2026-01-05T10:00:00Z/2026-01-05T11:00:00Z"
    assert made["observedArea"] == bodies.POINT
    assert made["Observations"][0]["FeatureOfInterest"]["feature"] == bodies.POINT
    assert see("Locations(1)/Things(1)/Datastreams(1)/Sensor")["@iot.id"] == 1
    assert see("Sensors(1)/Datastreams")["value"][0]["@iot.id"] == 1
    assert see("HistoricalLocations(1)/Locations")["value"][0]["@iot.id"] == 1


def test_what_there_is_is_linked_by_its_id_and_sets_of_one_are_posted_to(send, see):
    send("POST", "Things", THING)
    send("POST", "Sensors", SENSOR)
    send("POST", "ObservedProperties", PROPERTY)
    linked = {"Sensor": {"@iot.id": 1}, "ObservedProperty": {"@iot.id": 1}}
    send("POST", "Things(1)/Datastreams", {**STREAM, **linked})
    send("POST", "Datastreams", {**STREAM, **linked, "Thing": {"@iot.id": 1}})
    assert len(see("Things(1)/Datastreams")["value"]) == 2
    assert len(see("Sensors")["value"]) == 1
    send("POST", "Things(1)/Locations", LOCATION)
    send("POST", "Datastreams(2)/Observations", observation())
    assert see("Things(1)/Locations(1)/Things")["value"][0]["name"] == THING["name"]
    assert see("FeaturesOfInterest(1)/Observations")["value"][0]["result"] == 8
    send("POST", "Locations", {**LOCATION, "name": "The roof", "Things": [{"@iot.id": 1}]})
    assert [one["name"] for one in see("Things(1)/Locations")["value"]] == ["The roof"]
    assert len(see("Things(1)/HistoricalLocations")["value"]) == 2
    send("POST", "Things(1)/Locations", {"@iot.id": 1})
    assert see("Things(1)/Locations")["value"][0]["name"] == "The yard"


@pytest.mark.parametrize(
    ("name", "body", "where"),
    [
        ("Things", {}, "name"),
        ("Things", {"name": 3, "description": "x"}, "name"),
        ("Things", {"name": " ", "description": "x"}, "name"),
        ("Things", {**THING, "properties": [1]}, "properties"),
        ("Things", {**THING, "nome": "x"}, "nome"),
        ("Things", [], "body"),
        ("Things", {**THING, "Locations": LOCATION}, "Locations"),
        ("Things", {**THING, "Locations": [{"@iot.id": True}]}, "Locations[0]/@iot.id"),
        ("Things", {**THING, "Datastreams": [{"name": "x"}]}, "Datastreams[0]/description"),
        ("Locations", {**LOCATION, "location": None}, "location"),
        ("Locations", placed("Dot", 1), "location"),
        ("Locations", placed("Point", [200, 9]), "location"),
        ("Locations", placed("Polygon", [[[0, 0], [1, 1], [0, 1], [2, 2]]]), "location"),
        ("Sensors", {**SENSOR, "metadata": None}, "metadata"),
        ("Datastreams", STREAM, "Thing"),
        ("Things(1)/Datastreams", {**STREAM, "unitOfMeasurement": {}}, "unitOfMeasurement"),
        ("Observations", {"result": 1}, "Datastream"),
        ("Observations", {"Datastream": {"@iot.id": 1}}, "result"),
        ("Datastreams(1)/Observations", observation("warm"), "result"),
        ("Datastreams(1)/Observations", observation(None), "result"),
        ("Datastreams(1)/Observations", observation(at="yesterday"), "phenomenonTime"),
        ("Datastreams(1)/Observations", observation(resultTime="a/b"), "resultTime"),
        ("Datastreams(1)/Observations", observation(validTime=AT), "validTime"),
        ("Datastreams(1)/Observations", observation(parameters=3), "parameters"),
        ("HistoricalLocations", {"time": "now", "Thing": {"@iot.id": 1}}, "time"),
        ("Things", b'{"name": NaN}', "body"),
        ("Things", b'{"name": 1e999}', "body"),
        ("Things", b"[" * 3000, "body"),
        ("Things", b"{\"properties\": " * 30 + b"1" + b"}" * 30, "body"),
        ("Things", b"\xff", "body"),
        ("Things", b'{"name": "\\u0000", "description": ""}', "body"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_mend_and_nothing_is_kept(send, see, name, body, where):
    send("POST", "Things", WHOLE)
    said = send("POST", name, body, status=400).json()
    assert where in {one["property"] for one in said["errors"]}
    assert all(len(one["message"]) > 5 for one in said["errors"])
    assert len(see("Things")["value"]) == 1
    assert see("Observations")["value"] == []


def test_every_fault_of_a_body_is_named_at_once(send):
    said = send("POST", "Sensors", {"name": 1, "extra": 2}, status=400).json()
    named = {one["property"] for one in said["errors"]}
    assert named == {"name", "extra", "description", "encodingType", "metadata"}


def test_only_who_has_a_key_writes_and_only_what_is_their_own(client, send, make_key, see):
    answer = send("POST", "Things", THING, key="", status=401)
    assert "Bearer" in answer["WWW-Authenticate"]
    send("POST", "Things", THING, key="wrong", status=401)
    send("POST", "Things", THING)
    other = make_key("Another")
    send("PATCH", "Things(1)", {"name": "Mine"}, key=other, status=403)
    send("DELETE", "Things(1)", key=other, status=403)
    assert see("Things(1)")["name"] == THING["name"]
    send("POST", "Things(1)/Datastreams", STREAM, key=other)
    basic = {
        "Authorization": "Basic " + __import__("base64").b64encode(f"x:{other}".encode()).decode()
    }
    send("POST", "Things", THING, key="", **basic)


def test_what_is_not_there_or_not_written_so_is_said(send):
    send("PATCH", "Things(9)", {"name": "x"}, status=404)
    send("DELETE", "Things('x')", status=404)
    send("POST", "Things(9)/Datastreams", STREAM, status=404)
    send("POST", "Nothings", {}, status=404)
    send("POST", "Things", {**THING, "Locations": [{"@iot.id": 7}]}, status=404)
    send("POST", "Things", THING)
    assert "PATCH" in send("POST", "Things(1)", THING, status=405)["Allow"]
    assert "POST" in send("PATCH", "Things", THING, status=405)["Allow"]
    send("PATCH", "Things(1)/name", {"name": "x"}, status=405)
    send("DELETE", "Things(1)/Locations/$ref", status=405)
    send("POST", "Things", b'"' + b"x" * (2 << 20) + b'"', status=413)


def test_when_nobody_may_write_that_is_said(client, city):
    answer = client.post(f"{'/api/sta/v1.1'}/Things", THING, content_type="application/json")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("Things(1)", {"Things": 0, "Locations": 1, "HistoricalLocations": 0, "Datastreams": 0,
                       "Sensors": 1, "Observations": 0, "FeaturesOfInterest": 1}),
        ("Locations(1)", {"Things": 1, "Locations": 0, "HistoricalLocations": 0, "Datastreams": 1}),
        ("Datastreams(1)", {"Things": 1, "Datastreams": 0, "Observations": 0, "Sensors": 1}),
        ("Sensors(1)", {"Things": 1, "Datastreams": 0, "Observations": 0, "Sensors": 0}),
        ("ObservedProperties(1)", {"Datastreams": 0, "Observations": 0}),
        ("FeaturesOfInterest(1)", {"Datastreams": 1, "Observations": 0}),
    ],
)  # fmt: skip
def test_what_cannot_be_without_an_entity_goes_with_it(send, see, gone, left):
    send("POST", "Things", WHOLE)
    send("POST", "Datastreams(1)/Observations", observation())
    send("DELETE", gone)
    for name, count in left.items():
        assert len(see(name)["value"]) == count, name
    send("POST", "Things", WHOLE)


def test_links_are_changed_and_a_thing_that_moves_leaves_a_trace(send, see):
    send("POST", "Things", WHOLE)
    send("POST", "Things", {**THING, "name": "Other box"})
    send("POST", "Locations", {**LOCATION, "name": "The roof"})
    send("PATCH", "Things(1)", {"Locations": [{"@iot.id": 2}]})
    assert see("Things(1)/Locations")["value"][0]["name"] == "The roof"
    assert len(see("Things(1)/HistoricalLocations")["value"]) == 2
    send("PATCH", "Datastreams(1)", {"Thing": {"@iot.id": 2}})
    assert see("Things(2)/Datastreams")["value"][0]["@iot.id"] == 1
    send("PATCH", "Datastreams(1)", {"Thing": {"@iot.id": 9}}, status=404)
    send("PATCH", "Datastreams(1)", {"Sensor": SENSOR}, status=400)
    earlier = {
        "time": "2020-01-01T00:00:00Z",
        "Thing": {"@iot.id": 1},
        "Locations": [{"@iot.id": 1}],
    }
    send("POST", "HistoricalLocations", earlier)
    assert see("Things(1)/Locations")["value"][0]["name"] == "The roof"
    later = {**earlier, "time": "2200-01-01T00:00:00Z"}
    send("POST", "Things(1)/HistoricalLocations", later)
    assert see("Things(1)/Locations")["value"][0]["name"] == "The yard"


def test_a_json_patch_is_applied(send, see):
    send("POST", "Things", THING)
    patch = [
        {"op": "test", "path": "/name", "value": "Weather box"},
        {"op": "replace", "path": "/description", "value": "New"},
        {"op": "add", "path": "/properties/n", "value": 3},
        {"op": "remove", "path": "/properties/class"},
    ]
    kind = "application/json-patch+json"
    send("PATCH", "Things(1)", patch, content_type=kind)
    assert see("Things(1)")["description"] == "New"
    assert see("Things(1)")["properties"] == {"n": 3}
    wrong = [{"op": "remove", "path": "/nothing"}]
    send("PATCH", "Things(1)", wrong, content_type=kind, status=400)
    send("PATCH", "Things(1)", {"op": "x"}, content_type=kind, status=400)


def test_the_audit_log_tells_by_which_key(send):
    from moothall.kernel.audit import log

    send("POST", "Things", WHOLE)
    for n in range(3):
        send("POST", "Datastreams(1)/Observations", observation(n))
    send("DELETE", "Things(1)")
    did = [line.did for line in log.list_lines()]
    assert did.count("sensorthings_made") == 1
    assert did.count("sensorthings_observed") <= 1
    assert did[0] == "sensorthings_removed"
    assert all(line.by.startswith("key:") and "School" not in line.by for line in log.list_lines())
