"""Many requests in one, in either form; and everything as it was at an instant."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.civic.opendata.api.sensorthings.bodies import STREAM, THING, WHOLE, observation

from moothall.kernel import clock
from moothall.standards.sensorthings import batches

pytestmark = pytest.mark.django_db


def batch(send, *requests, status=200):
    body = {"requests": [{"id": str(n), **one} for n, one in enumerate(requests)]}
    return send("POST", "$batch", body, status=status).json()["responses"]


def test_each_is_answered_in_order_and_may_name_what_was_made_before(send, see):
    stream = {**STREAM, "Thing": {"@iot.id": "$0"}}
    said = batch(
        send,
        {"method": "post", "url": "Things", "body": WHOLE},
        {"method": "post", "url": "Datastreams", "body": stream},
        {"method": "post", "url": "$1/Observations", "body": observation()},
        {"method": "get", "url": "Datastreams(2)/Observations?$count=true"},
        {"method": "patch", "url": "/api/sta/v1.1/Things(1)", "body": {"name": "New"}},
        {"method": "patch", "url": "Things(8)", "body": {"name": "New"}},
        {"method": "post", "url": "Things", "body": {}},
        {"method": "get", "url": "Things?$filter=nome eq 1"},
        {"method": "delete", "url": "Datastreams(1)"},
    )
    assert [one["status"] for one in said] == [201, 201, 201, 200, 200, 404, 400, 400, 200]
    assert [one["id"] for one in said] == [str(n) for n in range(9)]
    assert said[0]["location"].endswith("Things(1)")
    assert said[3]["body"]["@iot.count"] == 1
    assert see("Things(1)")["name"] == "New"
    assert len(see("Datastreams")["value"]) == 1


def test_a_group_is_done_whole_or_not_at_all(send, see):
    two = [{"method": "post", "url": "Things", "body": THING, "atomicityGroup": "a"}] * 2
    assert [one["status"] for one in batch(send, *two)] == [201, 201]
    wrong = {"method": "post", "url": "Things", "body": {}, "atomicityGroup": "a"}
    assert [one["status"] for one in batch(send, two[0], wrong, two[1])] == [424, 400, 424]
    assert len(see("Things")["value"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"requests": 1},
        {"requests": [1]},
        {"requests": [{"id": "1", "method": "TRACE", "url": "Things"}]},
        {"requests": [{"id": "1", "method": "get"}]},
        {"requests": [{"id": "1", "method": "get", "url": "Things"}] * 2},
        {"requests": [{"id": str(n), "method": "get", "url": "Things"} for n in range(1001)]},
    ],
)
def test_what_is_no_batch_is_refused(send, body):
    send("POST", "$batch", body, status=400)


MIME = """--b
Content-Type: application/http
Content-ID: 7

POST /api/sta/v1.1/Things HTTP/1.1
Host: testserver
Content-Type: application/json

{thing}
--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/http
Content-ID: 8

POST Things HTTP/1.1
Content-Type: application/json

{thing}

--c
Content-Type: application/http
Content-ID: 9

PATCH $8 HTTP/1.1
Content-Type: application/json

{{"name": "Second"}}

--c--
--b
Content-Type: application/http

GET Things?$orderby=id HTTP/1.1

--b--
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_may_be_mime_parts(send, see, end):
    body = MIME.format(thing=json.dumps(THING)).replace("\n", end).encode()
    kind = "multipart/mixed; boundary=b"
    answer = send("POST", "$batch", body, content_type=kind, status=200)
    text = answer.content.decode()
    assert text.count("HTTP/1.1 201") == 2
    assert text.count("HTTP/1.1 200") == 2
    assert "Content-ID: 8" in text
    assert see("Things(2)")["name"] == "Second"
    assert '"Second"' in text
    send("POST", "$batch", b"nothing", content_type=kind, status=400)
    send("POST", "$batch", b"--b\r\n\r\nhello\r\n--b--", content_type=kind, status=400)


@pytest.fixture
def at(monkeypatch):
    """Set the clock: `at(hour)` of one day."""
    day = datetime(2026, 1, 6, tzinfo=UTC)

    def set_clock(hour):
        monkeypatch.setattr(clock, "now", lambda: day + timedelta(hours=hour))
        return f"2026-01-06T{hour:02}:30:00Z"

    return set_clock


def test_everything_can_be_seen_as_it_was(send, see, at):
    before = at(0)
    first = at(1)
    send("POST", "Things", WHOLE)
    one = send("POST", "Datastreams(1)/Observations", observation(1))["Location"]
    send("POST", "Datastreams(1)/Observations", observation(5, "2026-01-05T11:00:00Z"))
    see("Observations")
    second = at(2)
    send("PATCH", "Things(1)", {"name": "Renamed"})
    send("PATCH", one, {"result": 2})
    send("POST", "Datastreams(1)/Observations", observation(9, "2026-01-05T12:00:00Z"))
    see("Observations")
    third = at(3)
    send("DELETE", one)
    send("DELETE", "Things(1)/Locations(1)")
    at(4)

    def results(when, **options):
        found = see("Observations", as_of=when, orderby="phenomenonTime", **options)
        return [one["result"] for one in found["value"]]

    assert see("Things", as_of=before)["value"] == []
    assert see("Things(1)", as_of=first)["name"] == "Weather box"
    assert see("Things(1)", as_of=second)["name"] == "Renamed"
    assert results(first) == [1, 5]
    assert results(second) == [2, 5, 9]
    assert results(third) == [5, 9]
    assert results(second, filter="result gt 4") == [5, 9]
    assert see(one, as_of=first)["result"] == 1
    assert see(one, as_of=second)["result"] == 2
    assert len(see("Things(1)", as_of=second, expand="Locations")["Locations"]) == 1
    assert see("Things(1)", as_of=third, expand="Locations")["Locations"] == []
    small = see("Observations", as_of=second, top=1)
    assert f"as_of={second}" in small["@iot.nextLink"]
    see("Things", as_of="then", status=400)


@pytest.mark.parametrize("depth", [100, 400, 900])
def test_what_is_too_deep_is_refused_in_either_form(send, see, depth):
    deep = "[" * depth + "{}" + "]" * depth
    body = f'{{"name": {{"@iot.id": "$0"}}, "x": {deep}}}'
    one = f'{{"requests": [{{"id": "0", "method": "post", "url": "Things", "body": {body}}}]}}'
    answer = send("POST", "$batch", one.encode(), status=200 if depth < 200 else 400).json()
    assert depth > 200 or answer["responses"][0]["status"] == 400
    lines = ["--b", "Content-Type: application/http", "", "POST Things HTTP/1.1", "", body, "--b--"]
    mime = "\r\n".join([*lines, ""]).encode()
    kind = "multipart/mixed; boundary=b"
    assert b"400" in send("POST", "$batch", mime, status=200, content_type=kind).content
    assert see("Things")["value"] == []


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_address_that_is_none_fails_alone(send, see, method):
    said = batch(
        send,
        {"method": "post", "url": "Things", "body": THING},
        {"method": method, "url": "http://[::1", "body": THING},
    )
    assert [one["status"] for one in said] == [201, 400]
    assert len(see("Things")["value"]) == 1


def test_one_batch_reads_only_so_much(send, see, monkeypatch):
    monkeypatch.setattr(batches, "MOST_READS", 2)
    read = {"method": "get", "url": "Things"}
    assert [one["status"] for one in batch(send, read, read)] == [200, 200]
    body = {"requests": [{"id": str(n), **read} for n in range(3)]}
    assert "more than 2 read" in send("POST", "$batch", body, status=400).json()["detail"]
