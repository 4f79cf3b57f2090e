"""Observations sent with a key: kept once however often they are sent, and told as they were."""

import pytest
from tests.civic.opendata.api.sensorthings.bodies import (
    AT,
    FEATURE,
    OM,
    STREAM,
    THING,
    WHOLE,
    observation,
)

pytestmark = pytest.mark.django_db
HERE = "Datastreams(1)/Observations"


@pytest.fixture
def stream(send):
    """A stream of numbers."""
    send("POST", "Things", WHOLE)


def results(body):
    return [one["result"] for one in body["value"]]


def test_an_observation_says_what_was_sent_and_nothing_that_was_not(send, see, stream):
    made = send("POST", HERE, observation(8))
    body = see(made["Location"])
    assert {k: v for k, v in body.items() if "@" not in k} == {
        "phenomenonTime": AT,
        "result": 8,
        "resultTime": None,
    }
    assert body == made.json()
    whole = observation(
        9.5,
        "2026-01-05T11:00:00Z/2026-01-05T12:00:00Z",
        resultTime="2026-01-05T12:30:00Z",
        validTime="2026-01-05T12:00:00Z/2026-01-06T12:00:00Z",
        resultQuality={"accuracy": 0.5},
        parameters={"tilt": 3, "by": "Ann"},
    )
    body = send("POST", HERE, whole).json()
    assert {k: v for k, v in body.items() if "@" not in k} == whole
    assert len(see(HERE)["value"]) == 2


def test_when_nobody_says_when_it_is_now(send, see, stream):
    for _ in range(2):
        send("POST", HERE, {"result": 1})
    times = [one["phenomenonTime"] for one in see(HERE)["value"]]
    assert len(set(times)) == 2


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"resultTime": AT},
        {"resultTime": "2026-01-05T10:05:00Z"},
        {"resultQuality": "good"},
        {"parameters": {"a": 1}},
        {"phenomenonTime": "2026-01-05T09:00:00Z/2026-01-05T10:00:00Z"},
    ],
)
def test_what_is_sent_again_makes_no_second(send, see, stream, more):
    first = send("POST", HERE, {**observation(8), **more})
    send("POST", HERE, observation(1, "2026-01-05T11:00:00Z"))
    again = send("POST", HERE, {**observation(8), **more})
    assert again["Location"] == first["Location"]
    assert see(HERE, count="true")["@iot.count"] == 2


def test_two_results_of_one_instant_are_two(send, see, stream):
    ids = [send("POST", HERE, observation(n)).json()["@iot.id"] for n in (1, 2, 2, 3)]
    assert len(set(ids)) == 3
    found = see(HERE, orderby="phenomenonTime")
    assert sorted(results(found)) == [1, 2, 3]
    assert {one["phenomenonTime"] for one in found["value"]} == {AT}
    assert results(see(HERE, filter=f"phenomenonTime eq {AT}", orderby="result")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("sort", "good", "wrong"),
    [
        ("OM_Measurement", [1.25, -3], ["x", True, {}]),
        ("OM_CountObservation", [4, 5], [1.5, "x"]),
        ("OM_TruthObservation", [True, False], [1, "true"]),
        ("OM_CategoryObservation", ["sunny", "=1+1"], [1, []]),
        ("OM_Observation", [1, "x", True, {"a": [1, {"b": None}]}, [1, 2], 12345678901234567], []),
    ],
)
def test_results_are_of_the_streams_type(send, see, sort, good, wrong):
    own = {**STREAM, "observationType": f"{OM}{sort}"}
    send("POST", "Things", {**WHOLE, "Datastreams": [own]})
    for n, one in enumerate(good):
        send("POST", HERE, observation(one, f"2026-01-05T10:{n:02}:00Z"))
    for one in wrong:
        send("POST", HERE, observation(one), status=400)
    assert results(see(HERE, orderby="phenomenonTime")) == good
    assert [type(a) for a in results(see(HERE))] == [type(a) for a in results(see(HERE))]


def test_of_another_feature_or_with_a_feature_of_its_own(send, see, stream):
    send("POST", HERE, {**observation(1), "FeatureOfInterest": FEATURE})
    send("POST", HERE, {**observation(2), "FeatureOfInterest": {"@iot.id": 1}})
    send("POST", HERE, observation(3))
    assert results(see("FeaturesOfInterest(1)/Observations")) == [1, 2]
    assert results(see("FeaturesOfInterest(2)/Observations")) == [3]
    names = see("Observations", expand="FeatureOfInterest($select=name)", orderby="result")
    assert [one["FeatureOfInterest"]["name"] for one in names["value"]] == [
        "The air of the yard",
        "The air of the yard",
        "The yard",
    ]
    where = see("Observations", filter="FeatureOfInterest/name eq 'The yard'")
    assert results(where) == [3]
    have = see("FeaturesOfInterest", filter="Observations/result gt 2")
    assert [one["@iot.id"] for one in have["value"]] == [2]


def test_a_thing_that_is_nowhere_needs_a_feature(send, stream):
    send("POST", "Things", {**THING, "Datastreams": [STREAM]})
    said = send("POST", "Datastreams(2)/Observations", observation(), status=400).json()
    assert said["errors"][0]["property"] == "FeatureOfInterest"
    send("POST", "Datastreams(2)/Observations", {**observation(), "FeatureOfInterest": FEATURE})


def test_an_observation_is_changed_and_keeps_its_id(send, see, stream):
    where = send("POST", HERE, observation(8, parameters={"a": 1}))["Location"]
    send("PATCH", where, {"result": 9})
    assert see(where)["result"] == 9
    assert see(where)["parameters"] == {"a": 1}
    send("PATCH", where, {"phenomenonTime": "2026-01-04T10:00:00Z", "resultTime": AT})
    body = see(where)
    assert (body["phenomenonTime"], body["resultTime"]) == ("2026-01-04T10:00:00Z", AT)
    assert results(see(HERE, filter="phenomenonTime lt 2026-01-05T00:00:00Z")) == [9]
    send("PUT", where, {"result": 4})
    assert {k: v for k, v in see(where).items() if "@" not in k} == {
        "phenomenonTime": "2026-01-04T10:00:00Z",
        "result": 4,
        "resultTime": None,
    }
    send("PATCH", where, {"result": "x"}, status=400)
    send("PATCH", where, {"FeatureOfInterest": {"@iot.id": 1}}, status=400)


def test_an_observation_taken_back_is_told_no_more(send, see, stream, sensed):
    where = send("POST", HERE, observation(8))["Location"]
    send("POST", HERE, observation(9, "2026-01-05T11:00:00Z"))
    send("DELETE", where)
    see(where, status=404)
    send("DELETE", where, status=404)
    assert results(see(HERE)) == [9]
    assert results(see("Datastreams(1)", expand="Observations")["Observations"] and see(HERE)) == [
        9
    ]
    assert see(HERE, count="true")["@iot.count"] == 1
    again = send("POST", HERE, observation(8))
    assert again["Location"] != where
    assert results(see(HERE, orderby="phenomenonTime")) == [8, 9]
    # The lake forgets nothing, but says what it is.
    kept = sensed.query(
        "SELECT quality, value FROM observations ORDER BY at".replace(" at", ' "at"')
    )
    assert kept["quality"].to_pylist()[0] == 3


def test_questions_reach_what_was_said_besides(send, see, stream):
    for n in range(4):
        send(
            "POST",
            HERE,
            observation(
                n,
                f"2026-01-05T10:0{n}:00Z",
                parameters={"n": n, "odd": n % 2 == 1, "deep": {"w": f"w{n}"}},
                resultQuality={"level": n},
                validTime=f"2026-01-0{n + 1}T00:00:00Z/2026-01-0{n + 2}T00:00:00Z",
                resultTime=f"2026-01-06T00:0{n}:00Z",
            ),
        )
    send("POST", HERE, observation(9, "2026-01-05T12:00:00Z"))
    for question, found in {
        "parameters/n ge 2": [2, 3],
        "parameters/odd eq true": [1, 3],
        "parameters/deep/w eq 'w2'": [2],
        "resultQuality/level lt 1": [0],
        "validTime gt 2026-01-03T12:00:00Z": [3],
        "during(resultTime,2026-01-06T00:01:00Z/2026-01-06T00:03:00Z)": [1, 2],
        "resultTime eq null": [9],
        "parameters/n eq null": [9],
        "Datastream/id eq 1 and result gt 2": [3, 9],
        "Datastream/Thing/properties/class eq '4b' and result lt 1": [0],
    }.items():
        assert results(see("Observations", filter=question, orderby="result")) == found, question
    assert results(see(HERE, orderby="parameters/n desc", top=2)) == [3, 2]
    assert [
        one["@iot.id"]
        for one in see("Things", filter="Datastreams/Observations/result eq 9")["value"]
    ] == [1]


def test_pages_hold_everything_once(send, see, client, stream):
    for n in range(9):
        more = {"parameters": {"n": n}} if n % 2 else {"resultTime": f"2026-01-05T10:0{n}:00Z"}
        send("POST", HERE, observation(n, f"2026-01-05T10:0{n}:00Z", **more))
    for options in ({}, {"orderby": "phenomenonTime desc"}, {"orderby": "result"}):
        body, found = see("Observations", top=2, **options), []
        while True:
            found += results(body)
            if "@iot.nextLink" not in body:
                break
            body = client.get(body["@iot.nextLink"].removeprefix("http://testserver")).json()
        assert sorted(found) == list(range(9)), options


def test_what_is_sent_is_a_series_of_the_house_like_any_other(send, sensed, stream):
    send("POST", HERE, observation(8.5))
    newest = sensed.list_latest(feed="opendata.sensed")[0]
    assert (newest.series.thing, newest.series.unit) == ("Weather box", "Cel")
    assert (newest.series.lon, newest.series.lat) == (-1.5, 53.8)
    assert newest.observation.result == 8.5
    send("PATCH", "Things(1)", {"name": "Renamed"})
    assert sensed.list_latest(feed="opendata.sensed")[0].series.thing == "Renamed"


def test_what_is_sent_is_a_dataset_like_any_other(client, send, stream):
    send("POST", HERE, observation(8.5, parameters={"a": "=1+1"}))
    rows = b"".join(client.get("/data/opendata.sensed.csv").streaming_content).decode()
    assert '"Weather box","Air temperature","2026-01-05T10:00:00Z",,8.5' in rows
    for address in (
        "/data/opendata.sensed/",
        "/data/opendata.entity/",
        "/data/opendata.detail/",
        "/data/feeds/opendata.sensed/",
        "/data/series/opendata.d1.f1/",
        "/data/opendata.entity/records/Things/1/",
    ):
        assert client.get(address).status_code == 200, address
    places = b"".join(client.get("/data/opendata.entity.geojson").streaming_content).decode()
    assert "The yard" in places
    assert client.get("/data/opendata.entity.parquet").status_code == 200
