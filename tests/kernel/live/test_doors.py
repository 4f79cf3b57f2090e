"""The live addresses, as a browser and a program meet them."""

import asyncio
import threading
from contextlib import suppress

import httpx
import pytest
from starlette.applications import Starlette
from tests.kernel.live.test_hub import say

from moothall.kernel.live import doors as live_doors
from moothall.kernel.live.doors import Doors
from moothall.kernel.live.filters import parse_filter
from moothall.kernel.live.hub import Hub


def ask(lake, path, *, method="GET", headers=None):
    """Ask the live plane one question."""

    async def story():
        hub = Hub(lambda: lake, is_open=lambda feed: feed != "probe.closed", max_listeners=1)
        doors = Doors(hub, who=lambda scope: "x")
        transport = httpx.ASGITransport(app=Starlette(routes=doors.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.request(method, path, headers=headers)
        hub.close()
        return answer

    return asyncio.run(story())


def test_latest_gives_the_newest_of_each_and_is_not_sent_twice(lake):
    say(lake, 1)
    say(lake, 2)
    say(lake, 3, thing="b")
    say(lake, 4, thing="c", feed="probe.closed")
    answer = ask(lake, "/live/latest?prefix=probe.")
    said = answer.json()
    assert [(one["series"], one["value"]) for one in said["latest"]] == [
        ("probe.a.level_m", 2.0),
        ("probe.b.level_m", 3.0),
    ]
    assert said["id"] == lake.last_change()
    assert said["latest"][0]["evidence"] == "/data/series/probe.a.level_m/"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    again = ask(
        lake, "/live/latest?prefix=probe.", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    say(lake, 5)
    again = ask(
        lake, "/live/latest?prefix=probe.", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 200


def test_latest_as_a_map_layer(lake):
    say(lake, 1)
    answer = ask(lake, "/live/latest.geojson?series=probe.a.level_m")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["features"][0]["geometry"] == {
        "type": "Point",
        "coordinates": [-1.5, 53.8],
    }


@pytest.mark.parametrize(
    "path",
    ["/live/latest?near=x", "/live/events?series=%00", "/live/events?after=-1", "/live/events?x=1"],
)
def test_a_wrong_question_is_a_problem_that_names_the_mend(lake, path):
    answer = ask(lake, path)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"]


def test_a_browser_of_another_site_may_ask(lake):
    answer = ask(lake, "/live/events", method="OPTIONS")
    assert answer.status_code == 204
    assert "Last-Event-ID" in answer.headers["access-control-allow-headers"]


def test_a_line_says_retry_then_what_was_missed_and_gives_its_place_back(lake):
    say(lake, 1)

    async def story():
        hub = Hub(lambda: lake, is_open=lambda feed: True, max_listeners=1)
        routes = Doors(hub, who=lambda scope: "x").routes()
        app, sent, gone = Starlette(routes=routes), [], asyncio.Event()

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if b"event: observation" in message.get("body", b""):
                gone.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live/events",
            "query_string": b"",
            "headers": [(b"last-event-id", b"0")],
        }
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(app(scope, receive, send), 10)
        hub.close()
        return sent, hub.listeners

    sent, left = asyncio.run(story())
    body = b"".join(message.get("body", b"") for message in sent)
    assert body.startswith(b"retry: ")
    assert b'"series":"probe.a.level_m"' in body
    assert dict(sent[0]["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert left == 0


@pytest.mark.parametrize("path", ["/live/latest", "/live/latest?near=x", "/live/latest.geojson"])
def test_no_answer_may_be_taken_for_a_page(lake, path):
    headers = ask(lake, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_when_too_many_ask_at_once_the_next_is_told_so_and_the_listeners_are_still_served(
    lake, monkeypatch
):
    monkeypatch.setattr(live_doors, "MOST_ASKING", 2)
    say(lake, 1)
    held = threading.Event()

    async def story():
        hub = Hub(lambda: lake, is_open=lambda feed: True)
        doors = Doors(hub, who=lambda scope: "x")
        # Both readers are held up, as by questions that take long.
        stuck = [hub.reader.submit(held.wait) for _ in range(2)]
        transport = httpx.ASGITransport(app=Starlette(routes=doors.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            waiting = [asyncio.create_task(client.get("/live/latest")) for _ in range(2)]
            while doors.asking < 2:
                await asyncio.sleep(0)
            refused = await client.get("/live/latest")
            listener = await hub.join(parse_filter({}), address="y", after=None)
            say(lake, 2)
            heard = await listener.hear(10)
            held.set()
            answered = [(await one).status_code for one in waiting]
        hub.close()
        return refused, heard, answered, stuck

    refused, heard, answered, _ = asyncio.run(story())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert b"event: observation" in heard
    assert answered == [200, 200]
