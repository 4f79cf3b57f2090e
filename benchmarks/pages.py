"""How fast the first pages are: requests a second and p95, beside a bare JSON answer.

    python benchmarks/pages.py [address of a running site]
    python benchmarks/pages.py --each    every page by itself, in this process, on the stores
                                         that CITY, MOOTHALL_HOME and REPLAY name

The claims are those of docs/performance.md: p95 of 100 ms at 16 at once, and 300 requests a second
of Home and City now. What misses one is marked, and named at the end. The first takes three
minutes, the second one.

Without an address it starts a city of its own (replayed from REPLAY if that is set, else
simulated). The peer is the least Django can do on the same server: one view that answers
`{"ok": true}`, with no template and no store.
"""

import asyncio
import gzip
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

BIN = Path(sys.executable).parent
PATHS = (
    "/", "/now/", "/now.json", "/near/?ward=Armley", "/near/?postcode=LS1+4DY", "/search/?q=armley",
    "/data/", "/travel/buses/", "/inclusion/",
)  # fmt: skip
CLIENTS, SECONDS = 16, 8.0
MOST_P95_MS = 100.0
LEAST_A_SECOND = {"/": 300, "/now/": 300}

PEER = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, 
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"])
urlpatterns = [path("", lambda request: JsonResponse({"ok": True}))]
application = get_wsgi_application()
"""


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, **environment: str):
    """Run a server until the end of the block; it answers when the block begins."""
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=said, stderr=said
        )
        try:
            for _ in range(240):
                try:
                    urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
                    break
                except OSError:
                    time.sleep(0.5)
            else:
                sys.exit("the server did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


async def ask(host: str, port: int, path: str, until: float, took: list[float]) -> int:
    """Ask for one path again and again on one connection; return how many answers were not 200."""
    reader, writer = await asyncio.open_connection(host, port)
    head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
    asked = f"{head}Accept: */*\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    wrong = 0
    while (begun := time.perf_counter()) < until:
        writer.write(asked)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - begun)
        wrong += b" 200 " not in head.split(b"\r\n")[0]
    writer.close()
    return wrong


async def load(base: str, path: str) -> tuple[float, float, float]:
    """Load one path from CLIENTS connections; return requests a second, median and p95 in ms."""
    site = urlsplit(base)
    took: list[float] = []
    begun = time.perf_counter()
    wrong = await asyncio.gather(
        *(
            ask(site.hostname or "", site.port or 80, path, begun + SECONDS, took)
            for _ in range(CLIENTS)
        )
    )
    spent = time.perf_counter() - begun
    if sum(wrong):
        sys.exit(f"{path}: {sum(wrong)} answers were not 200")
    ordered = sorted(took)
    return (
        len(took) / spent,
        statistics.median(ordered) * 1000,
        ordered[int(len(ordered) * 0.95)] * 1000,
    )


def measure(base: str, peer: float) -> None:
    """Measure every path, print it beside the peer, and name what misses its target."""
    missed = []
    for path in PATHS:
        urlopen(base + path, timeout=60).read()
        rate, median, p95 = asyncio.run(load(base, path))
        met = p95 <= MOST_P95_MS and rate >= LEAST_A_SECOND.get(path, 0)
        if not met:
            missed.append(path)
        print(
            f"{path:24}{rate:8.0f} req/s  median {median:6.1f} ms  p95 {p95:6.1f} ms  "
            f"{rate / peer:5.2f} of the peer{'' if met else '  MISSED'}"
        )
    print(f"missed: {', '.join(missed) or 'none'}")


OF_A_THING = (
    "/near/?ward=Armley", "/near/?postcode=LS1+4DY", "/search/?q=armley", "/search/?q=crown+piont",
    "/flood/gauges/L1707/", "/data/travel.vehicle/", "/data/flood.readings/", "/data/feeds/",
    "/data/feeds/travel.vehicles/", "/data/series/flood.l1707.level_m/", "/now/list/", "/now.json",
    "/now/features.geojson",
)  # fmt: skip
"""Pages of one thing or one question, besides those the registry names."""


def each() -> None:
    """Print what each page costs: made anew, and kept; without a server or a socket."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")
    import django

    django.setup()
    import logging

    from django.conf import settings
    from django.test import Client

    from moothall.kernel.keeping import kept
    from moothall.kernel.observations.database import Cursor
    from moothall.portal.queries.pages import list_chapters, list_portal_pages

    logging.disable(logging.CRITICAL)
    settings.LIMITS_ON, settings.ALLOWED_HOSTS = False, ["*"]
    asked: list[str] = []
    run = Cursor._run
    Cursor._run = lambda self, sql, of: (asked.append(sql), run(self, sql, of))[1]
    client = Client(headers={"accept-encoding": "gzip"})
    named = [one.url for one in list_portal_pages()]
    named += [one.url for chapter in list_chapters() for one in chapter.pages]
    print(f"{'page':40} {'status':6} {'anew':>9} {'kept':>9} {'reads':>6} {'bytes':>9} {'gzip':>8}")
    for path in dict.fromkeys((*named, *OF_A_THING)):
        client.get(path)
        kept.forget()
        asked.clear()
        began = time.process_time()
        answer = client.get(path)
        anew, reads = time.process_time() - began, len(asked)
        began = time.process_time()
        for _ in range(20):
            answer = client.get(path)
        again = (time.process_time() - began) / 20
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        plain = gzip.decompress(body) if "Content-Encoding" in answer.headers else body
        print(
            f"{path:40} {answer.status_code:6} {anew * 1e3:6.1f} ms {again * 1e3:6.2f} ms"
            f" {reads:6} {len(plain):9,} {len(gzip.compress(plain, 6)):8,}"
        )


def main() -> None:
    """Measure the peer, then the site."""
    if sys.argv[1:] == ["--each"]:
        each()
        return
    print(f"{CLIENTS} connections, {SECONDS:.0f} s each, {os.cpu_count()} cores, client beside it")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "peer.py").write_text(PEER)
        port = free_port()
        command = [
            str(BIN / "granian"),
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "peer:application",
        ]
        with running(command, port, PYTHONPATH=folder) as base:
            peer, median, p95 = asyncio.run(load(base, "/"))
            print(
                f"{'peer: bare Django JSON':24}{peer:8.0f} req/s  median {median:6.1f} ms  "
                f"p95 {p95:6.1f} ms"
            )
        if len(sys.argv) > 1:
            measure(sys.argv[1].rstrip("/"), peer)
            return
        port = free_port()
        home = {"PORT": str(port), "CITY": "leeds", "MOOTHALL_HOME": f"{folder}/home"}
        # One client asks for everybody here; the counting itself stays on.
        home["MOOTHALL_LIMIT_READING"] = "100000000/minute"
        with running([str(BIN / "moothall"), "run"], port, **home) as base:
            time.sleep(15)
            measure(base, peer)


if __name__ == "__main__":
    main()
