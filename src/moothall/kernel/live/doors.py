"""The addresses under /live/: events as they happen, and what is newest."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from moothall.kernel.live import words
from moothall.kernel.live.filters import Filter, UnableToListen, parse_bookmark, parse_filter
from moothall.kernel.live.hub import Hub, Listener, UnableToJoin
from moothall.kernel.observations.entries import Latest
from moothall.kernel.observations.lake import Lake

HEARTBEAT_S = 15.0
ANYONE = {
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
KEPT_ANSWERS = 64
MOST_ASKING = 64
"""How many may wait for an answer at once: the readers behind them serve the listeners first."""
WRITERS = {
    "json": (words.latest, "application/json"),
    "geojson": (words.geojson, "application/geo+json"),
}


class Events(StreamingResponse):
    """One open line; leaving it, in whatever way, gives its place to another."""

    def __init__(self, hub: Hub, listener: Listener) -> None:
        self.hub = hub
        self.listener = listener
        super().__init__(
            self.say(),
            media_type="text/event-stream",
            headers={**ANYONE, "Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def say(self) -> AsyncIterator[bytes]:
        """Say what is queued, and that we are still here when nothing is."""
        # Spread over seconds, so that all who lose us at once do not come back at once.
        yield b"retry: %d\n\n" % random.randint(2000, 6000)  # noqa: S311 - not a secret
        yield words.bookmark(self.listener.bookmark)
        while True:
            yield await self.listener.hear(HEARTBEAT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the listener leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.hub.leave(self.listener)


class Doors:
    """The routes of the live plane over one hub."""

    def __init__(self, hub: Hub, *, who: Callable[[Scope], str]) -> None:
        self.hub = hub
        self.who = who
        self.answers: OrderedDict[tuple[str, Filter], tuple[int, bytes]] = OrderedDict()
        self.asking = 0

    def routes(self) -> list[Route]:
        """Name the addresses."""
        methods = ["GET", "OPTIONS"]
        return [
            Route("/live/events", self.events, methods=methods),
            Route("/live/latest", self.latest_json, methods=methods),
            Route("/live/latest.geojson", self.latest_geojson, methods=methods),
        ]

    async def events(self, request: Request) -> Response:
        """Open a line of server-sent events."""
        if request.method == "OPTIONS":
            return _preflight()
        try:
            asked = parse_filter(request.query_params)
            heard = request.headers.get("last-event-id") or request.query_params.get("after", "")
            after = parse_bookmark(heard)
        except UnableToListen as fault:
            return _problem(400, fault.parameter, str(fault))
        try:
            listener = await self.hub.join(asked, address=self.who(request.scope), after=after)
        except UnableToJoin as fault:
            return _problem(429, "", str(fault), {"Retry-After": "60"})
        return Events(self.hub, listener)

    async def latest_json(self, request: Request) -> Response:
        """Give the newest value of each series asked for."""
        return await self._latest(request, "json")

    async def latest_geojson(self, request: Request) -> Response:
        """Give the newest value of each series that has a place, as a map layer."""
        return await self._latest(request, "geojson")

    async def _latest(self, request: Request, form: str) -> Response:
        if request.method == "OPTIONS":
            return _preflight()
        try:
            asked = parse_filter(request.query_params)
        except UnableToListen as fault:
            return _problem(400, fault.parameter, str(fault))
        if self.asking >= MOST_ASKING:
            busy = "Too many ask at once. Try again in a moment."
            return _problem(503, "", busy, {"Retry-After": "2"})
        self.asking += 1
        try:
            id, body = await self._answer(form, asked)
        finally:
            self.asking -= 1
        meaning = blake2b(repr((form, asked)).encode(), digest_size=6).hexdigest()
        etag = f'"{id}-{meaning}"'
        headers = {**ANYONE, "ETag": etag, "Cache-Control": "no-cache"}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=WRITERS[form][1], headers=headers)

    async def _answer(self, form: str, asked: Filter) -> tuple[int, bytes]:
        """Write an answer once for all who ask the same before anything changes."""

        def look(lake: Lake) -> tuple[int, bytes]:
            id = lake.last_change()
            kept = self.answers.get((form, asked))
            if kept is not None and kept[0] == id:
                return kept
            entries = [e for e in _read(lake, asked) if self.hub.is_open(e.feed)]
            return id, WRITERS[form][0]((e for e in entries if asked.admits(e)), id=id)

        answer = await self.hub.read(look)
        assert isinstance(answer, tuple)  # noqa: S101 - narrows for the type checker
        self.answers[(form, asked)] = answer
        self.answers.move_to_end((form, asked))
        while len(self.answers) > KEPT_ANSWERS:
            self.answers.popitem(last=False)
        return answer

    async def unknown(self, request: Request) -> Response:
        """Say what there is under /live/."""
        await asyncio.sleep(0)
        there = ", ".join(route.path for route in self.routes())
        return _problem(404, "", f"There is no such address. There are {there}.")


def _read(lake: Lake, asked: Filter) -> tuple[Latest, ...]:
    if asked.series:
        return lake.list_latest(keys=sorted(asked.series))
    if asked.feed:
        return lake.list_latest(feed=asked.feed)
    return lake.list_latest(prefix=asked.prefix or None)


def _preflight() -> Response:
    allowed = {
        "Access-Control-Allow-Methods": "GET",
        "Access-Control-Allow-Headers": "Last-Event-ID, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers={**ANYONE, **allowed})


def _problem(
    status: int, parameter: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a problem (RFC 9457) that names the parameter and the mend."""
    titles = {
        400: "That cannot be asked",
        404: "Not found",
        429: "Too many lines open",
        503: "Busy",
    }
    body = {"type": "about:blank", "title": titles[status], "status": status, "detail": detail}
    if parameter:
        body["parameter"] = parameter
    return JSONResponse(
        body, status, {**ANYONE, **(headers or {})}, media_type="application/problem+json"
    )
