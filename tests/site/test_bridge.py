"""Pages through the bridge: whole, streamed, refused, and left half way."""

import asyncio
import threading

import httpx
import pytest

from moothall.site import bridge
from moothall.site.bridge import Bridge


class Streamed:
    """An answer in many pieces that knows whether it was closed."""

    streaming = True

    def __init__(self, pieces):
        self.pieces = iter(pieces)
        self.given = 0
        self.closed = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        self.given += 1
        return next(self.pieces)

    def close(self):
        self.closed.set()


class Plain(list):
    """A page in one piece."""

    streaming = False


def ask(app, method="GET", path="/", **options):
    """Ask a WSGI application through the bridge."""

    async def story():
        carried = Bridge(app, threads=2)
        transport = httpx.ASGITransport(app=carried)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.request(method, path, **options)
        carried.close()
        return answer

    return asyncio.run(story())


def echo(environ, start_response):
    """Say back what the application was asked."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1")])
    seen = {key: value for key, value in environ.items() if isinstance(value, str)}
    body = environ["wsgi.input"].read()
    return Plain([repr(seen).encode(), b"|", body])


def test_a_page_arrives_whole_with_its_headers():
    answer = ask(echo, "POST", "/a%20b/%C3%A4?x=%C3%A9", content=b"said")
    assert answer.status_code == 200
    assert answer.headers["set-cookie"] == "a=1"
    assert answer.content.endswith(b"|said")
    assert "'PATH_INFO': '/a b/Ã¤'" in answer.text
    assert "'QUERY_STRING': 'x=%C3%A9'" in answer.text


def test_cookies_are_joined_as_cookies_and_names_with_underscores_are_dropped():
    headers = [("cookie", "a=1"), ("cookie", "b=2"), ("x_forwarded_for", "9.9.9.9")]
    text = ask(echo, headers=headers).text
    assert "'HTTP_COOKIE': 'a=1; b=2'" in text
    assert "9.9.9.9" not in text


@pytest.mark.parametrize("query", [b"q=\xff\xfe", "q=é".encode()])
def test_a_query_that_is_no_ascii_is_carried_as_it_is(query):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": query,
        "http_version": "1.1",
        "headers": [],
    }
    assert bridge.build_environ(scope, None, size=0)["QUERY_STRING"].encode("latin-1") == query


def test_a_streamed_answer_arrives_in_order_and_is_closed():
    said = Streamed([b"one ", b"", b"two"])

    def app(environ, start_response):
        start_response("200 OK", [])
        return said

    assert ask(app).content == b"one two"
    assert said.closed.is_set()


def test_nothing_of_a_download_is_made_for_who_asks_for_its_head():
    said = Streamed([b"one", b"two"])

    def app(environ, start_response):
        start_response("200 OK", [("X-Size", "6")])
        return said

    assert ask(app, "HEAD").headers["x-size"] == "6"
    assert said.given == 0
    assert said.closed.is_set()


def test_who_leaves_a_download_half_way_ends_it():
    said = Streamed(b"x" * 1000 for _ in range(100_000))

    def app(environ, start_response):
        start_response("200 OK", [])
        return said

    async def story():
        carried, gone = Bridge(app), asyncio.Event()
        asked = iter([{"type": "http.request", "body": b""}])

        async def receive():
            first = next(asked, None)
            if first is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            return first

        async def send(message):
            if said.given > 5:
                gone.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "http_version": "1.1",
            "headers": [],
        }
        await asyncio.wait_for(carried(scope, receive, send), 10)
        carried.close()

    asyncio.run(story())
    assert said.closed.is_set()
    assert said.given < 1000


def test_a_body_that_is_too_large_is_refused_before_the_application_sees_it(monkeypatch):
    monkeypatch.setattr(bridge, "MAX_BODY", 10)

    def app(environ, start_response):
        raise AssertionError("it saw it")

    assert ask(app, "POST", content=b"x" * 11).status_code == 413


def test_when_too_many_wait_the_next_is_told_so(monkeypatch):
    monkeypatch.setattr(bridge, "MAX_WAITING", 0)
    answer = ask(echo)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


def said_slowly(carried, method, messages, headers=()):
    """Ask through the bridge with a body in pieces; return the messages it answers with."""
    pieces, answered = iter(messages), []

    async def receive():
        for message in pieces:
            return message
        return await asyncio.Event().wait()

    async def send(message):
        answered.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": list(headers),
    }
    return carried(scope, receive, send), answered


def piece(body, *, more):
    """One piece of a body on its way in."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_the_application_is_told_the_size_that_came_not_the_one_that_was_stated():
    async def pieces():
        yield b"in two "
        yield b"pieces"

    answer = ask(echo, "POST", content=pieces(), headers=[("transfer-encoding", "chunked")])
    assert "'CONTENT_LENGTH': '13'" in answer.text
    assert answer.text.endswith("|in two pieces")


def test_a_body_cut_short_by_its_sender_never_reaches_the_application():
    seen = []

    def app(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return Plain([b"taken"])

    async def story():
        messages = [piece(b"half of", more=True), {"type": "http.disconnect"}]
        asked, answered = said_slowly(Bridge(app), "POST", messages)
        await asked
        return answered

    assert asyncio.run(story()) == []
    assert seen == []


def test_a_sender_who_pauses_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(bridge, "PATIENCE_S", 0.01)

    async def story():
        asked, answered = said_slowly(Bridge(echo), "POST", [piece(b"a", more=True)])
        await asked
        return answered[0]["status"]

    assert asyncio.run(story()) == 408


def test_however_many_bodies_are_on_their_way_a_page_is_still_given(monkeypatch):
    monkeypatch.setattr(bridge, "MAX_READING", 3)
    monkeypatch.setattr(bridge, "MAX_WAITING", 3)

    async def story():
        carried = Bridge(echo)
        slow = [
            asyncio.create_task(said_slowly(carried, "POST", [piece(b"", more=True)])[0])
            for _ in range(3)
        ]
        await asyncio.sleep(0)
        refused, told = said_slowly(carried, "POST", [piece(b"", more=False)])
        await refused
        page, given = said_slowly(carried, "GET", [piece(b"", more=False)])
        await page
        for task in slow:
            task.cancel()
        return told[0]["status"], given[0]["status"]

    assert asyncio.run(story()) == (503, 200)


def test_downloads_have_their_own_limit_and_one_that_nobody_takes_is_ended(monkeypatch):
    monkeypatch.setattr(bridge, "MAX_STREAMS", 1)
    monkeypatch.setattr(bridge, "TAKING_S", 0.05)
    made = []

    def app(environ, start_response):
        start_response("200 OK", [])
        made.append(Streamed([b"one", b"two"]))
        return made[-1]

    async def story():
        carried, untaken = Bridge(app), asyncio.Event()

        async def receive():
            return piece(b"", more=False) if not untaken.is_set() else await asyncio.Event().wait()

        async def send(message):
            untaken.set()
            if message.get("more_body"):
                await asyncio.Event().wait()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "http_version": "1.1",
            "headers": [],
        }
        stuck = asyncio.create_task(carried(scope, receive, send))
        while not carried.streaming:
            await asyncio.sleep(0)
        second, told = said_slowly(carried, "GET", [piece(b"", more=False)])
        await second
        with pytest.raises(TimeoutError):
            await stuck
        third, given = said_slowly(carried, "GET", [piece(b"", more=False)])
        await third
        return told[0]["status"], given[0]["status"]

    assert asyncio.run(story()) == (503, 200)
    assert all(one.closed.is_set() for one in made)
