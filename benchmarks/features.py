"""OGC API - Features beside its peers: 5,000 points of 10,000 in a box, as GeoJSON.

    python benchmarks/features.py [--peers FOLDER] [--no-peers]

Processor time of one process through the whole of the application, without the network: the median
of nine after one to warm up. The peers, datasette with datasette-geojson and pygeoapi, are
installed into an environment of their own; they are given the same rows, and pygeoapi its GeoJSON
provider, the one that needs nothing that PyPI has not. GDAL's wall time is that of `ogr2ogr` to
GeoJSON through the driver OAPIF, by HTTP, its start not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from statistics import median
from time import process_time
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POINTS, WANTED, ROUNDS = 10_000, 5_000, 9
BOX = (-1.8, 53.7, -1.5, 53.9)
ITEMS = "/api/features/collections/trees.tree/items"
ASKED = f"{ITEMS}?bbox={','.join(map(str, BOX))}&limit={WANTED}"
PEERS = ("datasette==0.65.2", "datasette-geojson", "pygeoapi", "setuptools<81")
TIMING = """
import json, sys
from statistics import median
from time import process_time
def measure(ask):
    took = []
    for _ in range(int(sys.argv[2]) + 1):
        began = process_time()
        body = ask()
        took.append(process_time() - began)
    print(json.dumps([median(took[1:]), len(json.loads(body)["features"])]))
"""
DATASETTE = """
import asyncio, os, sqlite3
from urllib.parse import urlencode
from datasette.app import Datasette
os.chdir(sys.argv[1])
rows = json.load(open("points.geojson"))["features"]
names = list(rows[0]["properties"])
with sqlite3.connect("points.db") as db:
    db.execute("drop table if exists points")
    db.execute(f"create table points (id text primary key, {', '.join(names)}, lon, lat, geometry)")
    for row in rows:
        place = row["geometry"]
        said = [row["id"], *row["properties"].values(), *place["coordinates"], json.dumps(place)]
        db.execute(f"insert into points values ({','.join('?' * len(said))})", said)
    db.execute("create index points_place on points (lon, lat)")
app = Datasette(["points.db"], settings={"max_returned_rows": 20000})
asyncio.run(app.invoke_startup())
west, south, east, north = json.load(open("box.json"))
sql = f"select id, {', '.join(names)}, geometry from points where lon between {west} and {east}"
sql += f" and lat between {south} and {north} limit 5000"
address = "/points.geojson?" + urlencode({"sql": sql})
loop = asyncio.new_event_loop()
measure(lambda: loop.run_until_complete(app.client.get(address)).content)
"""
PYGEOAPI = """
import os, yaml
os.chdir(sys.argv[1])
link = {"type": "text/html", "rel": "canonical", "title": "t", "href": "http://x.example"}
settings = {
    "server": {
        "bind": {"host": "127.0.0.1", "port": 5000}, "url": "http://localhost:5000",
        "mimetype": "application/json; charset=UTF-8", "encoding": "utf-8", "gzip": False,
        "languages": ["en-US"], "cors": True, "pretty_print": False,
        "limits": {"default_items": 10, "max_items": 10000},
        "map": {"url": "https://tile.example/{z}/{x}/{y}.png", "attribution": "none"},
    },
    "logging": {"level": "ERROR"},
    "metadata": {
        "identification": {
            "title": "t", "description": "d", "keywords": ["k"], "keywords_type": "theme",
            "terms_of_service": "https://x.example", "url": "https://x.example",
        },
        "license": {"name": "l", "url": "https://x.example"},
        "provider": {"name": "n", "url": "https://x.example"},
        "contact": {
            "name": "n", "position": "p", "address": "a", "city": "c", "stateorprovince": "s",
            "postalcode": "p", "country": "c", "phone": "1", "fax": "1", "email": "a@x.example",
            "url": "https://x.example", "hours": "h", "instructions": "i", "role": "r",
        },
    },
    "resources": {
        "points": {
            "type": "collection", "title": "t", "description": "d", "keywords": ["k"],
            "links": [link], "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
            "providers": [{
                "type": "feature", "name": "GeoJSON", "data": os.path.abspath("points.geojson"),
                "id_field": "id",
            }],
        }
    },
}
yaml.safe_dump(settings, open("pygeoapi.yml", "w"))
os.environ["PYGEOAPI_CONFIG"] = os.path.abspath("pygeoapi.yml")
os.environ["PYGEOAPI_OPENAPI"] = os.path.abspath("openapi.yml")
from pygeoapi.openapi import generate_openapi_document
open("openapi.yml", "w").write(
    generate_openapi_document(open("pygeoapi.yml"), output_format="yaml")
)
from pygeoapi.flask_app import APP
client = APP.test_client()
box = ",".join(map(str, json.load(open("box.json"))))
address = f"/collections/points/items?f=json&limit=5000&bbox={box}"
measure(lambda: client.get(address).data)
"""
OGR = """
import sys, time
import pyogrio
began = time.perf_counter()
about, _, places, columns = pyogrio.raw.read(f"OAPIF:{sys.argv[1]}", layer="trees.tree")
pyogrio.raw.write(
    sys.argv[2], places, columns, about["fields"], driver="GeoJSON", crs=about["crs"],
    geometry_type="Point",
)
print(time.perf_counter() - began, len(places))
"""


def make_points() -> list[dict[str, object]]:
    """Make points of which exactly half lie in the box, with ten columns."""
    rows = []
    for n in range(POINTS):
        inside = n % 2 == 0
        row, column = divmod(n // 2, 100)
        lon = (-1.79 if inside else -1.49) + column * 0.0028
        says = {
            "species": ("oak", "ash", 'Chêne à l\'écorce "rouge"')[n % 3],
            "street": f"{n % 400} Long Street",
            "owner": ("council", "school", "rail")[n % 3],
            "height": round(n % 317 / 10, 1),
            "girth": round(n % 97 / 7, 4),
            "rings": n % 250,
            "healthy": n % 5 != 0,
            "planted_on": f"20{n % 25:02}-0{n % 9 + 1}-03",
            "seen_at": f"2025-06-{n % 28 + 1:02}T09:15:00Z",
            "note": f"Tree number {n} of the street",
        }
        place = {"type": "Point", "coordinates": [round(lon, 6), round(53.71 + row * 0.0035, 6)]}
        feature = {"type": "Feature", "id": f"tree-{n:05}", "geometry": place, "properties": says}
        rows.append(feature)
    return rows


def fill(points: list[dict[str, object]], total: int) -> None:
    """Bring the points into a lake as records of an invented feed."""
    from moothall.kernel import packs
    from moothall.kernel.observations.lake import current
    from moothall.kernel.registry import Feed, house
    from moothall.values.observations import Batch, Column, Kind, Record

    types = {"height": "number", "girth": "number", "rings": "integer", "healthy": "boolean"}
    types |= {"planted_on": "date", "seen_at": "datetime"}
    kind = Kind(
        name="trees.tree",
        title="Trees",
        columns=tuple(
            Column(name=name, type=types.get(name, "string")) for name in points[0]["properties"]
        ),
        geometry="Point",
    )
    feed = Feed(
        name="trees.all",
        title="Trees",
        summary="Every tree.",
        publisher="The Tree Office",
        documentation="https://trees.example/",
        licence="OGL-UK-3.0",
        attribution="Contains data of the Tree Office.",
        every=timedelta(days=1),
        stale_after=timedelta(days=7),
        parse=lambda payload, params: Batch(),
        observes=False,
        kinds=(kind,),
    )
    house._feeds = {feed.name: feed}
    packs.Pack.feeds_on = lambda self: {feed.name: {}}
    records = tuple(
        Record(
            kind=kind.name,
            id=one["id"],
            from_at=NOW,
            fields=one["properties"],
            geometry=one["geometry"],
        )
        for one in points[:total]
    )
    current().append(Batch(records=records), feed=feed.name, key="1", now=NOW)


def ours(points: list[dict[str, object]]) -> dict[str, float]:
    """Measure our own answers, in seconds of processor time."""
    from django.test import Client

    from moothall.civic.opendata.queries import sources
    from moothall.kernel.keeping import kept

    client = Client()
    grid = "&crs=http://www.opengis.net/def/crs/EPSG/0/27700"
    near = "&filter=S_INTERSECTS(geometry,BBOX(-1.8,53.7,-1.5,53.9)) AND rings < 200"
    questions = {
        "5,000 in a box": (ASKED, False, {}),
        "the same, read anew after a change": (ASKED, True, {}),
        "the same, gzipped": (ASKED, False, {"accept-encoding": "gzip"}),
        "the same on the National Grid": (ASKED + grid, False, {}),
        "the same by CQL2": (f"{ITEMS}?limit={WANTED}{near}", False, {}),
        "ten in a box": (f"{ITEMS}?bbox={','.join(map(str, BOX))}", False, {}),
        "a tile of 10,000 points": (
            "/api/features/collections/trees.tree/tiles/WebMercatorQuad/8/82/126",
            True,
            {},
        ),
    }
    found = {}
    for words, (address, anew, headers) in questions.items():
        took = []
        for _ in range(ROUNDS + 1):
            if anew:
                kept.forget()
                sources._held._tables.clear()
            began = process_time()
            answer = client.get(address, headers=headers)
            took.append(process_time() - began)
            assert answer.status_code == 200, answer.content[:300]
        found[words] = median(took[1:])
    assert client.get(ASKED).json()["numberReturned"] == WANTED
    return found


def peers(folder: Path, points: list[dict[str, object]]) -> dict[str, float]:
    """Install the peers where they are not, and measure each; what fails is told and left out."""
    python = folder / "environment" / "bin" / "python"
    if not python.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", str(folder / "environment")], check=True)
        install = [*uv, "pip", "install", "-q", "--python", str(python), *PEERS]
        subprocess.run(install, check=True)
    (folder / "points.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": points})
    )
    (folder / "box.json").write_text(json.dumps(BOX))
    found = {}
    for name, script in (("datasette-geojson", DATASETTE), ("pygeoapi", PYGEOAPI)):
        run = [str(python), "-c", TIMING + script, str(folder), str(ROUNDS)]
        done = subprocess.run(run, capture_output=True, text=True, timeout=170, check=False)
        if done.returncode:
            print(f"{name} could not be measured: {done.stderr[-800:]}")
            continue
        seconds, count = json.loads(done.stdout.splitlines()[-1])
        assert count == WANTED, f"{name} gave {count}"
        found[name] = seconds
    return found


def gdal() -> tuple[float, int]:
    """Let GDAL read every feature over HTTP and write a file; return the seconds, and how many."""
    from django.core.wsgi import get_wsgi_application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        address = f"http://127.0.0.1:{server.server_port}/api/features"
        run = [sys.executable, "-c", OGR, address, f"{folder}/out.geojson"]
        done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    server.shutdown()
    seconds, count = done.stdout.split()
    return float(seconds), int(count)


def _begin(folder: str) -> None:
    os.environ["MOOTHALL_HOME"] = folder
    os.environ.setdefault("CITY", "leeds")
    os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
    import logging

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.LIMITS_ON = False
    settings.ALLOWED_HOSTS = ["*"]
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)


def _alone(count: int) -> tuple[float, int]:
    """Read exactly so many features with GDAL, from a house of its own."""
    run = [sys.executable, __file__, "--gdal", str(count)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=170)
    seconds, found = done.stdout.split()
    return float(seconds), int(found)


def main() -> None:
    """Print a table: a row a question, and ratios beside the peers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path, default=None, help="where the peers are kept")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--gdal", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    points = make_points()
    with tempfile.TemporaryDirectory(prefix="moothall-benchmark-") as home:
        _begin(home)
        fill(points, asked.gdal or POINTS)
        if asked.gdal:
            print(*gdal())
            return
        found = ours(points)
        print(f"{'':44}{'CPU ms':>10}{'features/CPU s':>18}")
        for words, seconds in found.items():
            rate = f"{WANTED / seconds:18,.0f}" if "5,000" in words or "same" in words else ""
            print(f"{words:44}{seconds * 1e3:10.1f}{rate}")
        seconds, count = _alone(WANTED)
        print(f"{f'GDAL through OAPIF: {count:,} features':44}{seconds:8.2f} s wall")
        if asked.no_peers:
            return
        own = found["5,000 in a box"]
        with tempfile.TemporaryDirectory(prefix="moothall-peers-") as other:
            folder = asked.peers or Path(other)
            folder.mkdir(parents=True, exist_ok=True)
            for name, seconds in peers(folder, points).items():
                told = f"{seconds * 1e3:10.1f}{WANTED / seconds:18,.0f}"
                print(f"{name:44}{told}   ours is {seconds / own:.1f} times as fast")


if __name__ == "__main__":
    main()
