"""SensorThings 1.1 over a small invented city: every part of an answer, of open feeds only."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.civic.opendata.api.sensorthings.conftest import GRID, RAIN, ROOT
from tests.civic.opendata.conftest import NOW, series

from moothall.kernel.observations.lake import Lake
from moothall.standards.sensorthings import query
from moothall.standards.sensorthings.model import ENTITIES
from moothall.values.observations import Batch, Observation

pytestmark = pytest.mark.django_db
LEVEL, STATE = "probe.aire.level_m", "probe.aire.state"
EVERY = 96 + 1 + 5 + 3
LATEST = "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"


def ids(body):
    return [one["@iot.id"] for one in body["value"]]


def links(body):
    """Every link of an answer, however deep."""
    if isinstance(body, list):
        return [link for one in body for link in links(one)]
    if not isinstance(body, dict):
        return []
    own = [v for k, v in body.items() if k.split("@")[-1].startswith("iot.") and "Link" in k]
    return own + [link for value in body.values() for link in links(value)]


def pages(follow, link):
    """Every page from a link on."""
    found = []
    while link:
        body = follow(link)
        found.append(body)
        link = body.get("@iot.nextLink")
    return found


def test_the_root_names_every_set_and_what_is_conformed_to(client, ask):
    body = ask("")
    assert {one["name"] for one in body["value"]} == set(ENTITIES)
    assert body == client.get(ROOT).json()
    assert body["serverSettings"]["conformance"][0].endswith("/req/datamodel")


def test_every_link_leads_somewhere(ask, follow):
    waiting = [one["url"] for one in ask("")["value"]]
    seen = set()
    while waiting:
        link = waiting.pop()
        if link in seen or len(seen) > 400:
            continue
        seen.add(link)
        waiting += links(follow(link))
    assert len(seen) > 100


def test_each_entity_has_what_the_standard_requires_of_it(ask):
    for name, entity in ENTITIES.items():
        for one in ask(name)["value"]:
            assert set(entity.required) <= set(one), name
            assert {f"{link}@iot.navigationLink" for link in entity.links} <= set(one)


def test_what_a_closed_feed_brings_is_nowhere(ask):
    for name in ENTITIES:
        assert "hidden" not in str(ask(name, top=1000))
    ask("Datastreams('probe.hidden.level_m')", status=404)
    ask("Observations('probe.hidden.level_m@2026-01-05T12:00:00Z')", status=404)
    assert ask("Observations", filter="result eq 9", count="true")["@iot.count"] == 0
    assert len(ids(ask("Observations", top=1000))) == EVERY


def test_a_stream_says_unit_span_origin_and_terms(ask):
    stream = ask(f"Datastreams('{RAIN}')")
    assert stream["unitOfMeasurement"] == {
        "name": "mm", "symbol": "mm", "definition": "ucum:mm"
    }  # fmt: skip
    assert stream["phenomenonTime"] == "2026-01-05T07:00:00Z/2026-01-05T12:00:00Z"
    assert stream["observedArea"] == {"type": "Point", "coordinates": [-1.7, 53.7]}
    assert stream["properties"]["origin"] == "replayed"
    assert stream["properties"]["license"] == "OGL-UK-3.0"
    assert stream["properties"]["attribution"] == "Contains Probe Office data."
    assert stream["observationType"].endswith("OM_Measurement")
    assert ask(f"Datastreams('{STATE}')")["observationType"].endswith("OM_CategoryObservation")


def test_an_observation_says_when_over_which_time_and_where_it_comes_from(ask):
    newest = ask(f"Datastreams('{RAIN}')/Observations", orderby="phenomenonTime desc")["value"][0]
    assert newest["phenomenonTime"] == "2026-01-05T11:00:00Z/2026-01-05T12:00:00Z"
    assert newest["resultTime"] == "2026-01-05T12:00:00Z"
    assert newest["parameters"] == {"origin": "replayed"}
    assert newest["resultQuality"] == "unchecked"
    again = ask(f"Observations('{newest['@iot.id']}')")
    assert again == newest


def test_what_has_no_place_is_of_the_city(ask):
    place = ask(f"Datastreams('{GRID}')/Observations", top=1, expand="FeatureOfInterest")
    feature = place["value"][0]["FeatureOfInterest"]
    assert feature["feature"]["type"] == "Polygon"
    assert ask("Things('probe.grid')/Locations")["value"] == []


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("Things('probe.aire')/Datastreams", [LEVEL, STATE]),
        (f"Datastreams('{LEVEL}')/Thing", "probe.aire"),
        ("Locations('probe.calder')/Things", ["probe.calder"]),
        (f"Things('probe.aire')/Datastreams('{LEVEL}')/ObservedProperty", "level"),
        ("ObservedProperties('rainfall')/Datastreams", [RAIN]),
        ("HistoricalLocations('probe.aire')/Thing/Locations", ["probe.aire"]),
        (f"Datastreams('{STATE}')/Observations", [f"{STATE}@2026-01-05T12:00:00Z"]),
        (f"Observations('{STATE}@2026-01-05T12:00:00Z')/Datastream/Thing", "probe.aire"),
        (f"Observations('{STATE}@2026-01-05T12:00:00Z')/FeatureOfInterest", "probe.aire"),
    ],
)
def test_links_are_followed_by_address(ask, address, found):
    body = ask(address)
    assert (ids(body) if "value" in body else body["@iot.id"]) == found


@pytest.mark.parametrize(
    "address",
    [
        "Nothing",
        "Things('x')",
        f"Things('probe.calder')/Datastreams('{LEVEL}')",
        f"Datastreams('{RAIN}')/Observations('{STATE}@2026-01-05T12:00:00Z')",
        "Observations('x')",
        f"Observations('{LEVEL}@9999-12-31T23:59:59.999999Z')",
        "Things('probe.aire')/properties/none",
        "Things('probe.aire')/properties/license/$value/x",
        "Things/Datastreams",
        "$batch",
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(client, city, address):
    answer = client.get(f"{ROOT}/{address}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith((".", "'"))


@pytest.mark.parametrize(
    ("address", "option", "value"),
    [
        ("Things", "$filter", "nome eq 'x'"),
        ("Things", "$filter", "name"),
        ("Things", "$filter", "'x'"),
        ("Things", "$filter", "name/x eq 1"),
        ("Things", "$filter", "Datastreams eq 1"),
        ("Things", "$filter", "length(name)"),
        ("Things", "$filter", "st_within(Locations/location, geography'POINT (1')"),
        ("Datastreams", "$filter", "phenomenonTime gt 2026-13-01T00:00:00Z"),
        ("Observations", "$filter", "result"),
        ("Observations", "$filter", "result add 1"),
        ("Observations", "$filter", "result gt Datastream/name"),
        ("Observations", "$filter", "st_within(parameters, geography'POINT (1 1)')"),
        ("Observations", "$orderby", "Datastream/name"),
        ("Observations", "$skiptoken", "x"),
        ("Things", "$skiptoken", "x"),
        ("Things", "$orderby", "nome"),
        ("Things", "$top", "-1"),
        ("Things", "$expand", "Nothing"),
        ("Things", "$select", "nothing"),
        ("Things", "$nothing", "1"),
        ("Things", "$resultFormat", "dataArray"),
        ("Things", "colour", "red"),
        ("Things('probe.aire')", "$filter", "name eq 'x'"),
        ("Things('probe.aire')", "$top", "1"),
        ("Things('probe.aire')/name", "$select", "name"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_option_and_the_mend(
    client, city, address, option, value
):
    answer = client.get(f"{ROOT}/{address}", {option: value})
    assert answer.status_code == 400, answer.content
    said = answer.json()
    assert said["parameter"] in {option, "$filter"}
    assert len(said["detail"]) > len(said["parameter"]) + 10


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"$orderby": "phenomenonTime desc"},
        {"$orderby": "phenomenonTime"},
        {"$filter": "result gt 1.2"},
        {"$filter": "phenomenonTime lt 2026-01-05T11:00:00Z", "$orderby": "phenomenonTime desc"},
        {"$orderby": "result desc,phenomenonTime"},
        {"$skip": "5"},
    ],
)
@pytest.mark.parametrize("address", ["Observations", f"Datastreams('{LEVEL}')/Observations"])
def test_pages_hold_everything_once_and_in_order(client, city, follow, address, options):
    whole = client.get(f"{ROOT}/{address}", {**options, "$top": 1000}).json()
    assert "@iot.nextLink" not in whole
    small = client.get(f"{ROOT}/{address}", {**options, "$top": 7, "$count": "true"}).json()
    rest = pages(follow, small["@iot.nextLink"])
    assert ids(small) + [one for body in rest for one in ids(body)] == ids(whole)
    assert small["@iot.count"] == len(ids(whole)) + int(options.get("$skip", 0))


def test_entities_are_paged_too(ask, follow):
    first = ask("Datastreams", top=3, orderby="name desc")
    assert len(ids(first)) == 3
    assert ids(follow(first["@iot.nextLink"])) == [RAIN]


def test_what_is_expanded_has_its_own_options_and_pages(ask, follow):
    body = ask(
        "Things",
        filter="id eq 'probe.aire'",
        expand="Datastreams($orderby=name desc;$count=true;$expand=Observations($top=2;$filter="
        "result gt 1.9;$orderby=result;$count=true;$select=result),Thing($select=name)),Locations",
    )["value"][0]
    assert body["Datastreams@iot.count"] == 2
    state, level = body["Datastreams"]
    assert state["Observations"] == []
    assert state["Observations@iot.count"] == 0
    assert level["Thing"] == {"name": "River Aire"}
    assert level["Observations"] == [{"result": 1.91}, {"result": 1.92}]
    assert level["Observations@iot.count"] == 5
    rest = pages(follow, level["Observations@iot.nextLink"])
    assert [one["result"] for page in rest for one in page["value"]] == [1.93, 1.94, 1.95]
    assert body["Locations"][0]["location"]["coordinates"] == [-1.5, 53.8]


def test_the_newest_of_every_stream_is_one_reading_of_what_is_newest(ask, monkeypatch):
    asked = []
    monkeypatch.setattr(Lake, "query", lambda *a: asked.append(a))
    monkeypatch.setattr(Lake, "read_series", lambda *a, **k: asked.append(a))
    body = ask("Things", expand=f"Locations,{LATEST}")
    newest = {
        stream["@iot.id"]: stream["Observations"][0]["result"]
        for thing in body["value"]
        for stream in thing["Datastreams"]
    }
    assert newest == {LEVEL: 1.0, STATE: "=cmd()|'x'!A1", RAIN: 0.0, GRID: "low"}
    assert asked == []


def test_the_observations_of_many_streams_are_one_question_to_the_lake(ask, monkeypatch):
    asked, real = [], Lake.query
    monkeypatch.setattr(Lake, "query", lambda *a: asked.append(a) or real(*a))
    body = ask("Datastreams", expand="Observations($top=2)")
    assert [len(one["Observations"]) for one in body["value"]] == [2, 1, 2, 2]
    assert len(asked) == 1
    features = ask("FeaturesOfInterest", expand="Observations($top=2)")["value"]
    assert [len(one["Observations"]) for one in features] == [2, 2, 2]


def test_only_what_is_selected_is_written(ask):
    assert ask("Things", select="name,properties/license", filter="id eq 'probe.grid'")[
        "value"
    ] == [{"name": "The grid", "properties": {"license": "OGL-UK-3.0"}}]
    one = ask(f"Datastreams('{STATE}')/Observations", select="result,id,Datastream")["value"][0]
    assert set(one) == {"result", "@iot.id", "Datastream@iot.navigationLink"}


def test_a_property_is_answered_by_name_or_bare(ask):
    assert ask("Things('probe.aire')/name") == {"name": "River Aire"}
    assert ask("Things('probe.aire')/name/$value") == "River Aire"
    assert ask("Things('probe.aire')/properties/license/$value") == "OGL-UK-3.0"
    assert ask("Locations('probe.aire')/location/coordinates/1") == {"1": 53.8}
    assert ask(f"Observations('{STATE}@2026-01-05T12:00:00Z')/id")["@iot.id"].startswith(STATE)
    assert ask(f"Datastreams('{LEVEL}')/Observations/$ref", top=1)["value"][0].keys() == {
        "@iot.selfLink"
    }


def test_a_data_array_holds_the_same_by_stream(ask):
    body = ask("Observations", resultFormat="dataArray", top=100, count="true")
    assert body["@iot.count"] == EVERY
    assert sum(group["dataArray@iot.count"] for group in body["value"]) == 100
    group = body["value"][0]
    assert group["Datastream@iot.navigationLink"].endswith(f"Datastreams('{LEVEL}')")
    first = dict(zip(group["components"], group["dataArray"][0], strict=True))
    assert first["result"] == 1.95
    assert first["parameters"] == {"origin": "live"}
    chosen = ask("Observations", resultFormat="dataArray", select="result,phenomenonTime")
    assert chosen["value"][0]["components"] == ["result", "phenomenonTime"]


def test_anybodys_page_may_read_and_a_copy_that_stands_is_not_sent_again(client, city):
    answer = client.get(f"{ROOT}/Things")
    assert answer["Access-Control-Allow-Origin"] == "*"
    again = client.get(f"{ROOT}/Things", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    asked = client.options(f"{ROOT}/Things")
    assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("method", ["post", "patch", "put", "delete"])
def test_writing_is_refused_in_words(client, city, method):
    answer = getattr(client, method)(f"{ROOT}/Things", "{}", content_type="application/json")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, OPTIONS"
    assert "reading" in answer.json()["detail"]


def test_a_new_series_and_a_new_reading_are_seen_at_once(ask, city):
    assert len(ids(ask("Datastreams"))) == 4
    city.append(
        Batch(
            observations=(Observation(series="probe.new.level_m", at=NOW, result=3.0),),
            series=(series("probe.new.level_m", "New"),),
        ),
        feed="probe.readings",
        key="new",
        now=NOW,
    )
    assert "probe.new.level_m" in ids(ask("Datastreams"))
    assert ask("Datastreams('probe.new.level_m')/Observations")["value"][0]["result"] == 3.0


def test_an_answer_does_not_grow_without_end(ask, monkeypatch):
    from moothall.civic.opendata.queries.sensorthings import answering

    monkeypatch.setattr(answering, "MOST_IN_ALL", 20)
    said = ask("Things", expand="Datastreams($expand=Observations)", status=400)
    assert said["parameter"] == "$expand"
    assert "$top" in said["detail"]


def test_what_the_next_page_is_asked_with_is_what_this_one_was(ask):
    body = ask("Observations", top=2, filter="result ne 'it''s & so'", select="id,result")
    asked = dict(parse_qsl(urlsplit(body["@iot.nextLink"]).query))
    assert asked.pop("$skiptoken") == body["value"][-1]["@iot.id"]
    assert asked == {
        "$top": "2",
        "$filter": "result ne 'it''s & so'",
        "$select": "id,result",
    }
    entity = ENTITIES["Observations"]
    assert query.read(entity, asked.items()).top == 2
