"""The front: one address for pages and live events. Pages run in threads, events in the loop."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Scope

from moothall.kernel.counts import one_client
from moothall.site import memory, parent

if TYPE_CHECKING:
    from moothall.site.bridge import Bridge

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")

SWITCH_INTERVAL_S = 0.0005
"""Threads and the loop hand over ten times sooner than Python's own 5 ms (decision 0060)."""


GRACE_S = 2.5
"""How long pages under way may still take when the process is told to end."""
LAST_WORDS_S = 0.2
"""How long the last of them has to be sent."""
FIRST_PAGES = ("/", "/now/", "/near/", "/search/", "/status/")


def build(*, pages: bool = True) -> ASGIApp:
    """Build the application of one front process; without pages, of a live process."""
    from django.conf import settings

    from moothall.kernel.live.doors import Doors
    from moothall.kernel.live.hub import Hub
    from moothall.kernel.observations import lake
    from moothall.kernel.registry import house
    from moothall.site.bridge import Bridge
    from moothall.site.spool import Room
    from moothall.site.wsgi import application as django
    from moothall.values.observations import Access

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    parent.follow()
    open_feeds = frozenset(feed.name for feed in house.feeds() if feed.access is Access.OPEN)
    limits = {
        "max_listeners": settings.LISTENERS,
        "max_per_address": settings.LISTENERS_PER_ADDRESS,
    }
    hub = Hub(lake.current, is_open=open_feeds.__contains__, **limits)
    doors = Doors(hub, who=Asker())
    routes: list[Route | Mount] = [
        *doors.routes(),
        Route("/live/{rest:path}", doors.unknown),
    ]
    threads = int(os.environ.get("MOOTHALL_PAGE_THREADS", "8"))
    # Not in /tmp, which on many a machine is memory.
    bridge = Bridge(django, threads=threads, room=Room(settings.STORES))
    if pages:
        routes.append(Mount("/", app=bridge))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if multiprocessing.parent_process() is not None:
            leave_when_told(bridge)
        if pages:
            threading.Thread(target=warm_up, args=(django,), name="warm-up", daemon=True).start()
        yield
        hub.close()
        bridge.close()

    made = Starlette(routes=routes, lifespan=lifespan)
    # It would send people on to whatever host they say we are.
    made.router.redirect_slashes = False
    return made


def leave_when_told(bridge: "Bridge") -> None:
    """Have this process end soon after it is told to, with what pages are under way given.

    The server would wait for every open line and every slow reader, and Python for every thread;
    neither has an end in sight. Nothing is lost: what is written is written in transactions, who
    listens comes again, and a download cut short is never taken for whole.
    """

    def leave() -> None:
        until = time.monotonic() + GRACE_S
        while bridge.waiting and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(LAST_WORDS_S)
        os._exit(0)

    def told(*_: object) -> None:
        threading.Thread(target=leave, name="leave", daemon=True).start()

    # The server's own handlers are the loop's, and are called besides these.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)


def warm_up(app: Callable[..., Iterable[bytes]]) -> None:
    """Make the first pages once: no visitor waits for libraries and templates to be loaded."""
    from django.conf import settings

    host = next((name for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    for path in FIRST_PAGES:
        environ: dict[str, Any] = {
            "PATH_INFO": path,
            "HTTP_HOST": host.lstrip("."),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "https" if settings.SECURE_SSL_REDIRECT else "http",
        }
        setup_testing_defaults(environ)
        answer = app(environ, lambda status, headers, fault=None: None)
        for _ in answer:
            pass
        getattr(answer, "close", int)()


def build_live() -> ASGIApp:
    """Build the application of a live process: `/live/` alone."""
    return build(pages=False)


class Asker:
    """Finds who opens a line; a forwarded address is believed from our own proxies only."""

    def __init__(self) -> None:
        from moothall.site.middleware.client import Client

        self.client = Client(lambda request: None)  # type: ignore[arg-type,return-value]

    def __call__(self, scope: Scope) -> str:
        """Return what counts as one asker: an address, or a /64 of them."""
        return one_client(self.address(scope))

    def address(self, scope: Scope) -> str:
        """Return the asker's address."""
        peer = (scope.get("client") or ("",))[0]
        if not self.client.is_trusted(peer):
            return str(peer)
        heard = [v.decode("latin-1") for k, v in scope["headers"] if k == b"x-forwarded-for"]
        meta = {"HTTP_X_FORWARDED_FOR": ",".join(heard), "REMOTE_ADDR": peer}
        self.client.believe(meta, peer)
        return str(meta["REMOTE_ADDR"])


def serve(
    *, host: str, port: int, workers: int = 1, pages: bool = True, uds: str | None = None
) -> None:
    """Serve until told to end."""
    from pathlib import Path

    memory.share_heaps(also_of_children=True)

    from django.conf import settings
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops

    settings.HOME  # noqa: B018 - wrong settings end here in a sentence, not in each worker
    parent.follow()
    os.environ[parent.NAMED] = str(os.getpid())  # its workers end with it, even when it is killed
    options: dict[str, Any] = {
        "address": host,
        "port": port,
        "uds": Path(uds) if uds else None,
        "interface": Interfaces.ASGI,
        "http": HTTPModes.http1,  # no proxy speaks HTTP/2 to us, and no browser without TLS
        "loop": Loops.uvloop,
        "workers": workers,
        "backlog": 8192,
        # Every open line is a request in flight; the default would stop at 1,024 of them.
        "backpressure": 8192,
        "factory": True,
        "websockets": False,
        "log_access": False,
        "log_level": "warning",
        "workers_kill_timeout": 3,
        "respawn_failed_workers": True,
    }
    target = "moothall.site.front:build" if pages else "moothall.site.front:build_live"
    Granian(target, **{k: v for k, v in options.items() if v is not None}).serve()


if __name__ == "__main__":
    serve(host=sys.argv[1], port=int(sys.argv[2]))
