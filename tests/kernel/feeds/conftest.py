"""A source on this machine, a made-up feed, and the surroundings of a run."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from moothall.kernel.feeds import http
from moothall.kernel.feeds.politeness import Hosts
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.registry import Feed
from moothall.values.observations import Batch, Column, Issue, Kind, Observation, Record, Series
from moothall.values.places import Box
from moothall.values.requests import Request
from moothall.values.times import parse_instant

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
BOX = Box(west=-1.8, south=53.69, east=-1.29, north=53.95)

Answerer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Source:
    """A source that answers as it is told, and remembers what it was asked."""

    url: str
    answer: Answerer | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def says(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answer = answer


@pytest.fixture
def source() -> Iterator[Source]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            source.asked.append(dict(self.headers))
            source.paths.append(self.path)
            source.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    source = Source(url=f"http://127.0.0.1:{server.server_address[1]}")
    yield source
    server.shutdown()
    server.server_close()


@pytest.fixture
def client() -> Iterator[http.Client]:
    """A client that may speak to this machine, and does not dawdle."""
    made = http.Client(
        allow_hosts=frozenset({"127.0.0.1"}),
        environment={"THE_KEY": "opensesame"},
        hosts=Hosts(apart_s=0),
        deadline_s=5,
    )
    yield made
    made.close()


THING = Kind(
    name="made_up.thing",
    title="Things",
    columns=(
        Column(name="name"),
        Column(name="size", type="number"),
        Column(name="seen_at", type="datetime"),
    ),
    geometry="Point",
)


def series(key: str, **more: object) -> Series:
    return Series(key=key, title=key, unit="m", observed_property="height", thing="a thing", **more)


def parse(payload, params):
    """{"items": [{"thing", "at", "value"}], "things": [{"id", ...}], "next": [url]}"""
    table = json.loads(payload.body)
    observations, issues, seen = [], [], {}
    for number, item in enumerate(table["items"]):
        try:
            key = f"made_up.{item['thing']}.height_m"
            observations.append(
                Observation(series=key, at=parse_instant(item["at"]), result=float(item["value"]))
            )
            seen[key] = series(key, lon=item.get("lon"), lat=item.get("lat"))
        except (KeyError, TypeError, ValueError) as fault:
            issues.append(Issue(where=f"items[{number}]", what=repr(fault), item=str(item)))
    records = tuple(
        Record(
            kind="made_up.thing",
            id=thing["id"],
            from_at=payload.fetched_at,
            fields={name: thing.get(name) for name in ("name", "size", "seen_at")},
            geometry={"type": "Point", "coordinates": [thing["lon"], thing["lat"]]},
        )
        for thing in table.get("things", ())
    )
    return Batch(
        observations=tuple(observations),
        records=records,
        series=tuple(seen.values()),
        issues=tuple(issues),
        as_of=payload.fetched_at,
        follow=tuple(Request(url=url) for url in table.get("next", ())),
    )


def simulate(params, now):
    key = "made_up.aire.height_m"
    return Batch(observations=(Observation(series=key, at=now, result=1.0),), series=(series(key),))


def make_feed(url: str, **more: object) -> Feed:
    settings = {
        "name": "made_up.heights",
        "title": "Heights",
        "summary": "Heights of made-up things.",
        "publisher": "Nobody",
        "documentation": "https://example.org/",
        "licence": "CC0-1.0",
        "attribution": "Nobody",
        "every": timedelta(minutes=15),
        "stale_after": timedelta(hours=1),
        "parse": parse,
        "requests": lambda params: [Request(url=url)],
        "kinds": (THING,),
    }
    return Feed(**(settings | more))


def items(*values: float, thing: str = "aire") -> bytes:
    return json.dumps(
        {
            "items": [
                {"thing": thing, "at": f"2026-01-05T09:{minute:02}:00Z", "value": value}
                for minute, value in enumerate(values)
            ]
        }
    ).encode()


@pytest.fixture
def house(lake, settings, tmp_path):
    """The stores of a run: a lake and a place for raw bytes."""
    settings.RAW_STORE = str(tmp_path / "raw")
    return lake


@pytest.fixture
def around(client) -> Surroundings:
    return Surroundings(fetcher=client, city=City(box=BOX))


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
