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

    Errors:  413 for a body over `MAX_BODY`; 503 when `MAX_WAITING` requests already wait.
    """

    def __init__(self, app: Wsgi, *, threads: int = 8) -> None:
        self.app = app
        self.pages = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")
        self.streams = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream")
        self.waiting = 0

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if self.waiting >= MAX_WAITING:
            await refuse(send, 503, b"The service is busy. Try again in a moment.")
            return
        self.waiting += 1
        try:
            with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
                if not await read_body(receive, body):
                    await refuse(send, 413, b"That is too large to send here.")
                    return
                environ = build_environ(scope, body)
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self.pages, self.answer, environ)
        finally:
            self.waiting -= 1
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
        gone = asyncio.ensure_future(receive())
        try:
            while not gone.done():
                chunk = await loop.run_in_executor(self.streams, next, answer.rest, END)
                if chunk is END:
                    await send({"type": "http.response.body", "body": b""})
                    return
                if chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
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
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence})


async def read_body(receive: Any, body: IO[bytes]) -> bool:
    """Read the request's body, on disk once it is large; False if it is too large."""
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            return False
        body.write(message.get("body", b""))
        more = message.get("more_body", False)
    body.seek(0)
    return True


def build_environ(scope: Message, body: IO[bytes]) -> dict[str, Any]:
    """Say an ASGI request in WSGI's words (PEP 3333): bytes as latin-1 text throughout."""
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
