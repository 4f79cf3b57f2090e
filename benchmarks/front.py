"""Measures one address for pages and events: four ways of putting Django behind it.

    python benchmarks/front.py [--seconds 4] [--connections 16]

Each serves the same Django page (a Jinja2 template of 300 rows, Django's own middleware).
`wsgi` is Django alone on Granian, which carries no events: what the others are compared with.
`bridge` is ours; `a2wsgi` the library; `proxy` a small Starlette proxy before `wsgi`.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

import psutil
import uvloop

ROOT = Path(__file__).resolve().parents[1]
PORTS = {"wsgi": 8981, "bridge": 8982, "a2wsgi": 8983, "proxy": 8984}
urlpatterns: list = []


def django_application():
    """Build a Django of one page."""
    import django
    from django.conf import settings

    settings.configure(
        ROOT_URLCONF="benchmarks.front",
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="x" * 50,
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": []}],
    )
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.template import engines
    from django.urls import path

    template = engines.all()[0].from_string(
        "<h1>{{ name }}</h1>{% for n in range(300) %}<p>{{ n }} {{ name|upper }}</p>{% endfor %}"
    )
    page = path("probe/", lambda request: HttpResponse(template.render({"name": "a<b"})))
    # Granian loads this file by its name; Django asks it for its addresses by the same.
    sys.modules["benchmarks.front"].urlpatterns.append(page)
    return get_wsgi_application()


def build_wsgi():
    """Django alone."""
    return django_application()


def build_bridge():
    """Django through our bridge."""
    from moothall.site.bridge import Bridge
    from moothall.site.front import SWITCH_INTERVAL_S

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    return Bridge(django_application(), threads=8)


def build_a2wsgi():
    """Django through a2wsgi."""
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(django_application(), workers=8)


def build_proxy():
    """A proxy in Starlette's manner, to `wsgi`."""
    import httpx

    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORTS['wsgi']}")

    async def proxy(scope, receive, send):
        if scope["type"] != "http":
            return
        answer = await client.request(scope["method"], scope["path"], headers=scope["headers"])
        headers = [(k, v) for k, v in answer.headers.raw if k.lower() != b"transfer-encoding"]
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": headers}
        )
        await send({"type": "http.response.body", "body": answer.content})

    return proxy


async def visit(port: int, until: float, took: list[float]) -> None:
    """Ask for the page again and again on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(b"GET /probe/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(head.decode())
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        took.append(time.perf_counter() - began)
    writer.close()


async def load(port: int, connections: int, seconds: float) -> list[float]:
    """Return how long each answer took."""
    took: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(visit(port, until, took) for _ in range(connections)))
    return sorted(took)


async def listening(port: int) -> None:
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


def serve(name: str) -> subprocess.Popen:
    """Start one of them."""
    asgi = ["--interface", "asgi", "--loop", "uvloop"]
    options = ["--interface", "wsgi", "--blocking-threads", "8"] if name == "wsgi" else asgi
    return subprocess.Popen(
        [sys.executable, "-m", "granian", *options, "--port", str(PORTS[name]), "--factory",
         "--no-log", f"benchmarks.front:build_{name}"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PATH": ""},
    )  # fmt: skip


def end(process: subprocess.Popen) -> None:
    """End a server and its workers."""
    workers = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
    for worker in workers:
        if worker.is_running():
            worker.kill()


def main() -> None:
    """Run each, alone but for what it needs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=4)
    asked.add_argument("--connections", type=int, default=16)
    args = asked.parse_args()
    rates: dict[str, float] = {}
    for name, port in PORTS.items():
        needed = [serve(one) for one in (("wsgi", name) if name == "proxy" else (name,))]
        try:

            async def story(name=name, port=port):
                await listening(port)
                if name == "proxy":
                    await listening(PORTS["wsgi"])
                await load(port, args.connections, 0.5)
                return await load(port, args.connections, args.seconds)

            took = uvloop.run(story())
        finally:
            for process in needed:
                end(process)
        rates[name] = len(took) / args.seconds
        print(
            f"{name:7} {rates[name]:6.0f} pages/s, p50 {took[len(took) // 2] * 1e3:.1f} ms,"
            f" p95 {took[int(len(took) * 0.95)] * 1e3:.1f} ms,"
            f" {rates[name] / rates['wsgi']:.2f} of wsgi",
            flush=True,
        )


if __name__ == "__main__":
    main()
