"""Carries an ASGI request to a WSGI application in a thread, and its answer back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar
from urllib.parse import unquote_to_bytes

import structlog

from moothall.site import memory
from moothall.site.spool import SENT, Cut, Room, Spool

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Wsgi = Callable[..., Iterable[bytes]]
T = TypeVar("T")
IN_MEMORY = 256 * 1024
MAX_BODY = 64 * 1024 * 1024
MAX_WAITING = 512
MAX_READING = 512
MAX_DOWNLOADS = 64
"""How many answers that are made as they go may be under way."""
MAX_MAKING = 4
"""How many of them may still be made, two at a time: each holds a piece of the lake in memory."""
MAX_FILES = 512
"""How many files may be read by slow readers: each holds a file open, and nothing in memory."""
PATIENCE_S = 15.0
"""How long a sender may pause between two pieces of a body."""
TAKING_S = 60.0
"""How long a reader may leave one piece of a download untaken."""
SLOWEST_S = 300.0
"""How long a body may take in all."""
BUSY = b"The service is busy. Try again in a moment."
MANY = b"Many files are being taken. Try again in a moment."


@dataclass(slots=True)
class Answer:
    """What the application began to answer, and what is left of it."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    rest: Iterator[bytes] | None = None
    is_file: bool = False
    close: Callable[[], None] = lambda: None


class Bridge:
    """An ASGI application that runs a WSGI one in a small pool of threads.

    A page is made in one visit to a thread, and so is a small file. A large file is read as its
    reader takes it. What is made as it goes is written to disk first: a slow reader holds no
    thread and no memory. A reader who leaves, or takes nothing for `TAKING_S`, ends it.

    Bodies still on their way are counted apart: however many arrive slowly, who only reads is
    answered.

    Errors:  413 for a body over `MAX_BODY`; 408 for one that comes too slowly; 503 when
             `MAX_WAITING` requests already wait, `MAX_READING` bodies come, `MAX_DOWNLOADS` go,
             `MAX_MAKING` are made or their room on disk is full. A body cut short by its sender is
             nothing: the application never sees it. An answer that cannot be made to its end has
             no end: the connection breaks, so that nobody takes it for whole.
    """

    def __init__(self, app: Wsgi, *, threads: int = 8, room: Room | None = None) -> None:
        self.app = app
        self.pages = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")
        self.files = ThreadPoolExecutor(max_workers=4, thread_name_prefix="file")
        self.makers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="download")
        self.room = room or Room()
        self.waiting = self.reading = self.downloading = self.making = self.sending = 0

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        loop = asyncio.get_running_loop()
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                if self.reading >= MAX_READING and may_bring_body(scope):
                    raise UnableToTake(503, BUSY)
                size = await self.take(receive, body)
                if self.waiting >= MAX_WAITING:
                    raise UnableToTake(503, BUSY)
            except UnableToTake as fault:
                await refuse(send, fault.status, fault.sentence)
                return
            except SenderGone:
                return
            self.waiting += 1
            try:
                environ = build_environ(scope, body, size=size)
                answer = await loop.run_in_executor(self.pages, self.answer, environ)
            finally:
                self.waiting -= 1
        head = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": answer.headers,
        }
        if answer.rest is not None and scope["method"] == "HEAD":
            # Its head alone is wanted: nothing of the rest is made.
            loop.run_in_executor(self.files, answer.close)
            answer.rest = None
        if answer.rest is None:
            await send(head)
            await send({"type": "http.response.body", "body": answer.body})
        elif not self.has_room(answer):
            loop.run_in_executor(self.files, answer.close)
            await refuse(send, 503, MANY)
        else:
            gone = asyncio.ensure_future(receive())
            with suppress(Cut, ReaderGone):
                try:
                    follow = self.send_file if answer.is_file else self.download
                    await follow(answer, Reader(send, gone), head)
                finally:
                    gone.cancel()

    def has_room(self, answer: Answer) -> bool:
        """Say whether one more long answer can be given."""
        if answer.is_file:
            return self.sending < MAX_FILES
        full = self.downloading >= MAX_DOWNLOADS or self.making >= MAX_MAKING
        return not full and not self.room.is_full

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
        if not getattr(chunks, "streaming", True):
            try:
                answer.body = b"".join(chunks)
            finally:
                close()
            return answer
        answer.rest, answer.close = iter(chunks), close
        answer.is_file = getattr(chunks, "file_to_stream", None) is not None
        if answer.is_file and environ["REQUEST_METHOD"] != "HEAD":
            answer.body = read_on(answer.rest, IN_MEMORY)
            if len(answer.body) < IN_MEMORY:
                answer.rest = None
                close()
        return answer

    async def send_file(self, answer: Answer, reader: "Reader", head: Message) -> None:
        """Send a file, read as its reader takes it; errors: ReaderGone."""
        loop = asyncio.get_running_loop()
        self.sending += 1
        try:
            await reader.give(head)
            said = answer.body
            while said:
                await reader.give_piece(said)
                said = await loop.run_in_executor(self.files, read_on, answer.rest, SENT)
            await reader.give_end()
        finally:
            self.sending -= 1
            with suppress(RuntimeError):  # the process ends
                loop.run_in_executor(self.files, answer.close)

    async def download(self, answer: Answer, reader: "Reader", head: Message) -> None:
        """Send what is made as it goes, by way of the disk; errors: Cut, ReaderGone."""
        loop = asyncio.get_running_loop()
        spool = Spool(self.room, loop)
        self.downloading += 1
        self.making += 1
        made = loop.run_in_executor(self.makers, make, spool, answer)
        made.add_done_callback(self.has_made)
        try:
            await reader.give(head)
            while said := await reader.unless_gone(spool.read()):
                await reader.give_piece(said)
            await reader.give_end()
        finally:
            self.downloading -= 1
            spool.leave()

    def has_made(self, made: "asyncio.Future[None]") -> None:
        """Count a download that is made, or never will be."""
        self.making -= 1

    def close(self) -> None:
        """Let the threads go."""
        self.pages.shutdown(wait=False, cancel_futures=True)
        self.files.shutdown(wait=False, cancel_futures=True)
        self.makers.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class Reader:
    """Who takes a long answer, and may leave or fall asleep over it.

    Errors:  ReaderGone in all it is given.
    """

    send: Any
    gone: "asyncio.Future[Any]"

    async def give(self, message: Message) -> None:
        """Give one message, once there is room for it on the line."""
        try:
            async with asyncio.timeout(TAKING_S):
                await self.unless_gone(self.send(message))
        except TimeoutError:
            raise ReaderGone from None

    async def give_piece(self, said: bytes) -> None:
        """Give a piece that is not the last."""
        await self.give({"type": "http.response.body", "body": said, "more_body": True})

    async def give_end(self) -> None:
        """Say that this was all."""
        await self.give({"type": "http.response.body", "body": b""})

    async def unless_gone(self, work: Awaitable[T]) -> T:
        """Return what comes of some work, unless the reader leaves first."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, self.gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ReaderGone
        finally:
            task.cancel()


def make(spool: Spool, answer: Answer) -> None:
    """Write a download to disk and end what it was made from; runs in a thread."""
    try:
        spool.fill(answer.rest or iter(()))
    finally:
        answer.close()
        memory.give_back()


def read_on(pieces: Iterator[bytes], least: int) -> bytes:
    """Read so much or a little more; less at the end, and nothing after it."""
    read: list[bytes] = []
    size = 0
    for piece in pieces:
        read.append(piece)
        size += len(piece)
        if size >= least:
            break
    return b"".join(read)


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


class ReaderGone(Exception):
    """Who was taking an answer left, or takes nothing any more."""


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
