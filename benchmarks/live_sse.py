"""Measures the live plane: 2,000 listeners on one process, beside Django's streaming threads.

    python benchmarks/live_sse.py [--listeners 2000] [--peers 200] [--seconds 20]

Both servers tell every listener each reading the moment it is in the lake. The delay is from the
commit of the reading to its arrival in the listener's hands. Prints one line a server, and the
ratio. The peer gets fewer listeners, for each costs it a thread.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
LIVE, PEER = 8971, 8972


def make_ready(home: str) -> None:
    """Point this process and its children at a home of their own."""
    os.environ.update(
        MOOTHALL_HOME=home,
        CITY="leeds",
        DJANGO_SETTINGS_MODULE="moothall.site.settings",
        MOOTHALL_LISTENERS="10000",
        MOOTHALL_LISTENERS_PER_ADDRESS="10000",
    )
    os.environ.pop("REPLAY", None)
    import django

    django.setup()


def build_live():
    """Build the live application over a lake whose one feed is open."""
    make_ready(os.environ["MOOTHALL_HOME"])
    from starlette.applications import Starlette

    from moothall.kernel.live.doors import Doors
    from moothall.kernel.live.hub import Hub
    from moothall.kernel.observations import lake

    hub = Hub(lake.current, is_open=lambda feed: True, max_listeners=10000, max_per_address=10000)
    return Starlette(routes=Doors(hub, who=lambda scope: "x").routes())


def build_peer():
    """Build the peer: a Django view that streams, a thread a listener, polling as often."""
    make_ready(os.environ["MOOTHALL_HOME"])
    from django.core.wsgi import get_wsgi_application
    from django.http import StreamingHttpResponse
    from django.urls import path

    from moothall.kernel.live import words
    from moothall.kernel.observations import lake
    from moothall.site import urls

    def events(request):
        def say():
            seen = lake.current().last_change()
            yield b": still here\n\n"
            while True:
                time.sleep(0.2)
                last = lake.current().last_change()
                if last != seen:
                    yield words.observations(lake.current().list_latest(after=seen), id=last)
                    seen = last

        return StreamingHttpResponse(say(), content_type="text/event-stream")

    urls.urlpatterns.insert(0, path("live/events", events))
    return get_wsgi_application()


class Line(asyncio.Protocol):
    """One open line: keeps what it hears with the instant, to be read when all is over."""

    def __init__(self, ready: asyncio.Semaphore) -> None:
        self.ready: asyncio.Semaphore | None = ready
        self.heard: list[tuple[float, bytes]] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport) -> None:
        """Ask for the events."""
        self.transport = transport
        transport.write(b"GET /live/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        """Note when something came."""
        if self.ready is not None and b"still here" in data:
            self.ready.release()
            self.ready = None
        if b"data: " in data:
            self.heard.append((time.time(), data))

    def delays(self) -> list[float]:
        """Return how late each event came."""
        return [
            at - json.loads(text.partition(b"data: ")[2].partition(b"\n")[0])["value"]
            for at, data in self.heard
            for text in data.split(b"event: observation")[1:]
        ]


async def measure(name: str, port: int, process: subprocess.Popen, count: int, seconds: int):
    """Open the lines, append readings, and say how late they were heard."""
    from moothall.kernel.observations import lake
    from moothall.values.observations import Batch, Observation, Series

    loop = asyncio.get_running_loop()
    ready = asyncio.Semaphore(0)
    lines: list[Line] = []
    for _ in range(count):
        _transport, line = await loop.create_connection(lambda: Line(ready), "127.0.0.1", port)
        lines.append(line)
    for _ in range(count):
        await asyncio.wait_for(ready.acquire(), 60)
    series = Series(key="probe.one.time_s", title="t", unit="s", observed_property="t", thing="t")
    await asyncio.sleep(1)
    for number in range(seconds):
        at = datetime.now(UTC)
        batch = Batch(
            observations=(Observation(series=series.key, at=at, result=time.time()),),
            series=(series,),
        )
        await asyncio.to_thread(
            lake.current().append, batch, feed="probe.one", key=f"{name}{number}", now=at
        )
        await asyncio.sleep(1)
    await asyncio.sleep(2)
    main = psutil.Process(process.pid)
    family = [main, *main.children(recursive=True)]
    memory = sum(one.memory_full_info().pss for one in family) / 1e6
    threads = sum(one.num_threads() for one in family)
    for line in lines:
        line.transport.abort()
    delays = sorted(delay for line in lines for delay in line.delays())
    p50, p99 = delays[len(delays) // 2] * 1e3, delays[int(len(delays) * 0.99)] * 1e3
    print(
        f"{name}: {count} listeners, {len(delays)} of {count * seconds} events heard,"
        f" p50 {p50:.0f} ms, p99 {p99:.0f} ms, {threads} threads, {memory:.0f} MB",
        flush=True,
    )
    return p99, memory / count, threads / count


def serve(kind: str, port: int, count: int) -> subprocess.Popen:
    """Start one of the two servers."""
    options = ["--interface", "asgi", "--loop", "uvloop", "--backpressure", "8192"]
    if kind == "peer":
        options = ["--interface", "wsgi", "--blocking-threads", str(count + 8)]
        options += ["--backpressure", str(count + 64)]
    return subprocess.Popen(
        [sys.executable, "-m", "granian", *options, "--port", str(port), "--factory", "--no-log",
         "--backlog", "8192", f"benchmarks.live_sse:build_{kind}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


async def wait_for(port: int) -> None:
    """Wait until a server listens."""
    for _ in range(300):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit(f"nothing answers on port {port}")


def main() -> None:
    """Run both, one after the other, on the same machine and lake."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--listeners", type=int, default=2000)
    asked.add_argument("--peers", type=int, default=200)
    asked.add_argument("--seconds", type=int, default=15)
    args = asked.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as home:
        make_ready(home)
        results = {}
        for kind, port, count in (("live", LIVE, args.listeners), ("peer", PEER, args.peers)):
            process = serve(kind, port, count)
            try:

                async def story(kind=kind, port=port, process=process, count=count):
                    await wait_for(port)
                    return await measure(kind, port, process, count, args.seconds)

                results[kind] = asyncio.run(story())
            finally:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    for one in psutil.Process(process.pid).children(recursive=True):
                        one.kill()
                    process.kill()
        live, peer = results["live"], results["peer"]
        print(f"p99 {peer[0] / live[0]:.1f}x, memory a listener {peer[1] / live[1]:.1f}x less")


if __name__ == "__main__":
    main()
