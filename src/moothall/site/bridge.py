"""Carries an ASGI request to a WSGI application in a thread, and its answer back."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import structlog

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Wsgi = Callable[..., Iterable[bytes]]
IN_MEMORY = 256 * 1024
MAX_BODY = 64 * 1024 * 1024
MAX_WAITING = 512
MAX_READING = 512
MAX_STREAMS = 32
"""How many downloads may be under way: each holds a piece of its file in memory."""
PATIENCE_S = 15.0
"""How long a sender may pause between two pieces of a body."""
TAKING_S = 60.0
"""How long a reader may leave one piece of a download untaken."""
SLOWEST_S = 300.0
"""How long a body may take in all."""
END = object()


@dataclass(slots=True)
class Answer:
    """What the application began to answer, and what is left of it."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | None = None
    rest: Iterator[bytes] | None = None
    close: Callable[[], None] = lambda: None


class Bridge:
    """An ASGI application that runs a WSGI one in a small pool of threads.

    A page is made in one visit to a thread. A streamed answer is pulled, chunk by chunk, as
    the client takes it, so a slow download holds no thread, and a client that leaves ends it.

    Bodies still on their way are counted apart: however many arrive slowly, who only reads is
    answered.

    Errors:  413 for a body over `MAX_BODY`; 408 for one that comes too slowly; 503 when
             `MAX_WAITING` requests already wait, `MAX_READING` bodies come or `MAX_STREAMS`
             downloads go. A body cut short by its sender is nothing: the application never
             sees it.
    """

    def __init__(self, app: Wsgi, *, threads: int = 8) -> None:
        self.app = app
        self.pages = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")
        self.streams = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream")
        self.waiting = 0
        self.reading = 0
        self.streaming = 0

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                if self.reading >= MAX_READING and may_bring_body(scope):
                    raise UnableToTake(503, b"The service is busy. Try again in a moment.")
                size = await self.take(receive, body)
                if self.waiting >= MAX_WAITING:
                    raise UnableToTake(503, b"The service is busy. Try again in a moment.")
            except UnableToTake as fault:
                await refuse(send, fault.status, fault.sentence)
                return
            except SenderGone:
                return
            self.waiting += 1
            try:
                environ = build_environ(scope, body, size=size)
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self.pages, self.answer, environ)
            finally:
                self.waiting -= 1
        if answer.rest is not None and self.streaming >= MAX_STREAMS:
            await loop.run_in_executor(self.streams, answer.close)
            await refuse(send, 503, b"Many files are being taken. Try again in a moment.")
            return
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.headers,
            }
        )
        if answer.rest is not None and scope["method"] == "HEAD":
            # Only the head is wanted: nothing of the rest is made.
            await asyncio.get_running_loop().run_in_executor(self.streams, answer.close)
            answer.rest = None
        if answer.rest is None:
            await send({"type": "http.response.body", "body": answer.body or b""})
        else:
            await self.stream(answer, receive, send)

    async def take(self, receive: Any, body: IO[bytes]) -> int:
        """Read a body into a file and return its size; errors: UnableToTake, SenderGone."""
        self.reading += 1
        try:
            async with asyncio.timeout(SLOWEST_S):
                return await read_body(receive, body)
        except TimeoutError:
            raise UnableToTake(408, b"What you send comes too slowly.") from None
        finally:
            self.reading -= 1

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Call the application; runs in a thread. A plain page comes back whole."""
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            answer.status = int(status.split(" ", 1)[0])
            answer.headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
            ]

        chunks = self.app(environ, start_response)
        close = getattr(chunks, "close", lambda: None)
        # Django says which answers are streamed; another application's are taken to be.
        if getattr(chunks, "streaming", True):
            answer.rest, answer.close = iter(chunks), close
            return answer
        try:
            answer.body = b"".join(chunks)
        finally:
            close()
        return answer

    async def stream(self, answer: Answer, receive: Any, send: Any) -> None:
        """Pull the rest of an answer, as fast as the client takes it, until either is done."""
        loop = asyncio.get_running_loop()
        self.streaming += 1
        gone = asyncio.ensure_future(receive())
        try:
            while not gone.done():
                chunk = await loop.run_in_executor(self.streams, next, answer.rest, END)
                if chunk is END:
                    await send({"type": "http.response.body", "body": b""})
                    return
                if chunk:
                    async with asyncio.timeout(TAKING_S):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            self.streaming -= 1
            gone.cancel()
            # The pool may be closing with the process, or a cancelled pull still be running.
            with suppress(RuntimeError, ValueError):
                await loop.run_in_executor(self.streams, answer.close)

    def close(self) -> None:
        """Let the threads go."""
        self.pages.shutdown(wait=False, cancel_futures=True)
        self.streams.shutdown(wait=False, cancel_futures=True)


async def refuse(send: Any, status: int, sentence: bytes) -> None:
    """Answer with one plain sentence."""
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"retry-after", b"5"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence})


class UnableToTake(Exception):
    """A request is refused before the application sees it."""

    def __init__(self, status: int, sentence: bytes) -> None:
        super().__init__(sentence.decode())
        self.status = status
        self.sentence = sentence


class SenderGone(Exception):
    """Who was sending a body left before its end."""


def may_bring_body(scope: Message) -> bool:
    """Say whether a body may follow (RFC 9112, 6.3): a plain request for a page has none."""
    lengths = {b"transfer-encoding", b"content-length"}
    return scope["method"] not in {"GET", "HEAD"} or any(n in lengths for n, _ in scope["headers"])


async def read_body(receive: Any, body: IO[bytes]) -> int:
    """Read the request's body, on disk once it is large, and return its size.

    Errors:  UnableToTake for one too large; SenderGone; TimeoutError for one that pauses too long.
    """
    size = 0
    more = True
    while more:
        async with asyncio.timeout(PATIENCE_S):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            raise UnableToTake(413, b"That is too large to send here.")
        body.write(message.get("body", b""))
        more = message.get("more_body", False)
    body.seek(0)
    return size


def build_environ(scope: Message, body: IO[bytes], *, size: int) -> dict[str, Any]:
    """Say an ASGI request in WSGI's words (PEP 3333): bytes as latin-1 text throughout.

    Units:   `size` of the body in bytes, as it came: a chunked one states no length, and what a
             header states is only a claim.
    """
    raw_path = scope.get("raw_path") or scope["path"].encode()
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path.split(b"?", 1)[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": ErrorLog(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # A name with an underscore could pass for another header a proxy vouches for.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    if size or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(size)
    return environ


class ErrorLog:
    """What a WSGI application writes its errors to: the log."""

    def write(self, words: str) -> None:
        """Log what the application says."""
        log.error("wsgi", words=words)

    def writelines(self, lines: Iterable[str]) -> None:
        """Log each line."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Nothing waits."""
