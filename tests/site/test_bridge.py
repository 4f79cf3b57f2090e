"""Pages through the bridge: whole, streamed, refused, and left half way."""

import asyncio
import threading
import time

import httpx
import pytest
from django.http import FileResponse

from moothall.site import bridge, spool
from moothall.site.bridge import Bridge
from moothall.site.spool import Room, Spool


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
    assert said.closed.wait(10)
    assert said.given < 100_000


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


def long_ask(method="GET"):
    """A question whose asker then only listens, until `gone` is set."""
    gone = asyncio.Event()
    asked = iter([piece(b"", more=False)])

    async def receive():
        first = next(asked, None)
        if first is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return first

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    return scope, receive, gone


def test_downloads_have_their_own_limit_and_one_that_nobody_takes_is_ended(monkeypatch):
    monkeypatch.setattr(bridge, "MAX_DOWNLOADS", 1)
    monkeypatch.setattr(bridge, "TAKING_S", 0.05)
    made = []

    def app(environ, start_response):
        start_response("200 OK", [])
        made.append(Streamed([b"one", b"two"]))
        return made[-1]

    async def story():
        carried = Bridge(app)
        scope, receive, _gone = long_ask()

        async def send(message):
            if message.get("more_body"):
                await asyncio.Event().wait()

        stuck = asyncio.create_task(carried(scope, receive, send))
        while not carried.downloading:
            await asyncio.sleep(0)
        second, told = said_slowly(carried, "GET", [piece(b"", more=False)])
        await second
        await stuck
        third, given = said_slowly(carried, "GET", [piece(b"", more=False)])
        await third
        assert carried.room.taken == 0
        return told[0]["status"], given[0]["status"]

    assert asyncio.run(story()) == (503, 200)
    assert all(one.closed.wait(10) for one in made)


def test_a_slow_reader_keeps_nothing_of_a_download_waiting_to_be_made():
    said = Streamed(b"x" * 100_000 for _ in range(400))

    def app(environ, start_response):
        start_response("200 OK", [])
        return said

    async def story():
        carried, sizes, held = Bridge(app), [], []
        scope, receive, _gone = long_ask()

        async def send(message):
            if message.get("body"):
                if not sizes:
                    # Nobody has taken the first piece yet, and the last is already made.
                    while carried.making:
                        await asyncio.sleep(0.01)
                    held.append(carried.room.taken)
                sizes.append(len(message["body"]))

        await carried(scope, receive, send)
        assert carried.room.taken == 0
        return sizes, held

    sizes, held = asyncio.run(story())
    assert sum(sizes) == held[0] == 40_000_000
    assert max(sizes) <= 64 * 1024
    assert said.closed.is_set()


def test_while_the_room_on_disk_is_full_makers_wait_for_readers(monkeypatch, tmp_path):
    monkeypatch.setattr(spool, "PART", 3000)
    monkeypatch.setattr(spool, "LOOK_S", 0.01)
    said = Streamed(bytes([n % 256]) * 1000 for n in range(100))

    def app(environ, start_response):
        start_response("200 OK", [])
        return said

    async def story():
        room = spool.Room(tmp_path, most=5000)
        carried, got, most = Bridge(app, room=room), [], []
        scope, receive, _gone = long_ask()

        async def send(message):
            await asyncio.sleep(0.001)
            got.append(message.get("body", b""))
            most.append(room.taken)

        await carried(scope, receive, send)
        return b"".join(got), max(most)

    got, most = asyncio.run(story())
    assert got == b"".join(bytes([n % 256]) * 1000 for n in range(100))
    assert most <= 6000


def test_a_download_that_cannot_be_made_to_its_end_has_no_end():
    def pieces():
        yield b"some"
        raise OSError("the disk is full")

    def app(environ, start_response):
        start_response("200 OK", [])
        return Streamed(pieces())

    async def story():
        scope, receive, _gone = long_ask()
        told = []

        async def send(message):
            told.append(message)

        await Bridge(app)(scope, receive, send)
        return told

    told = asyncio.run(story())
    assert [one.get("more_body") for one in told] == [None, True]


def test_a_small_file_arrives_in_one_piece_and_a_large_one_as_it_is_taken(tmp_path):
    def app(environ, start_response):
        start_response("200 OK", [])
        return FileResponse((tmp_path / environ["PATH_INFO"][1:]).open("rb"))

    for name, size in (("small", 100_000), ("large", 1_000_000)):
        (tmp_path / name).write_bytes(b"x" * size)

    async def story(path):
        carried, sizes = Bridge(app), []
        scope, receive, _gone = long_ask()

        async def send(message):
            sizes.append(len(message.get("body", b"")))

        await carried({**scope, "path": path}, receive, send)
        assert not carried.downloading
        return sizes[1:]

    assert asyncio.run(story("/small")) == [100_000]
    large = asyncio.run(story("/large"))
    assert sum(large) == 1_000_000
    assert len(large) > 5


def test_of_two_downloads_one_piece_is_made_at_a_time_and_neither_waits_for_the_others_end(
    tmp_path,
):
    made, at_it = [], []

    def pieces(name):
        for _ in range(20):
            at_it.append(name)
            time.sleep(0.001)
            assert at_it == [name]
            at_it.clear()
            made.append(name)
            yield b"x"

    async def story():
        room, loop = Room(tmp_path), asyncio.get_running_loop()
        spools = [Spool(room, loop) for _ in range(2)]
        filling = [
            loop.run_in_executor(None, one.fill, pieces(name))
            for one, name in zip(spools, "ab", strict=True)
        ]
        await asyncio.gather(*filling)
        return [one.whole for one in spools]

    assert asyncio.run(story()) == [True, True]
    assert made != sorted(made)
