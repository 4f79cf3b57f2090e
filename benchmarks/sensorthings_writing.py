"""Observations sent through HTTP: many in one request (dataArray), and one a request.

    python benchmarks/sensorthings_writing.py [--arrays 10] [--singles 1500] [--peer FOLDER]

Processor time of the whole server, its workers included, from before the first request until after
the last answer. Beside it django-ogc-sensorthings, which is installed from PyPI into an environment
of its own under the folder given (a temporary one unless told): Django's own server of WSGI under
Granian, one process, its own backend on SQLite. `--peer ""` leaves it out.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

PEER = "django-ogc-sensorthings==1.2.0"
ROWS = 20_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
THING = {
    "name": "Box",
    "description": "A box",
    "Locations": [
        {
            "name": "Yard",
            "description": "Behind",
            "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [-1.5, 53.8]},
        }
    ],
    "Datastreams": [
        {
            "name": "Warmth",
            "description": "Every second",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
            "OM_Measurement",
            "unitOfMeasurement": {"name": "degree", "symbol": "C", "definition": "ucum:Cel"},
            "Sensor": {
                "name": "DS18B20",
                "description": "A thermometer",
                "encodingType": "application/pdf",
                "metadata": "https://sensor.example/",
            },
            "ObservedProperty": {
                "name": "Temperature",
                "definition": "https://qudt.org/vocab/quantitykind/Temperature",
                "description": "How warm",
            },
        }
    ],
}
SETTINGS = """
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["sensorthings.versions.v1_1", "sensorthings.versions.v1_1.backends.django",
                  "sensorthings.versions.v1_1.extensions.dataarray"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
DATA_UPLOAD_MAX_MEMORY_SIZE = None
ROOT_URLCONF = "peer_urls"
SENSORTHINGS_V1_1_SERVICE_URL = "http://127.0.0.1:{port}"
SENSORTHINGS_V1_1_BACKEND_ADAPTER = (
    "sensorthings.versions.v1_1.backends.django.adapter.DjangoBackendAdapter")
from uuid import UUID
SENSORTHINGS_V1_1_ID_TYPE = UUID
SENSORTHINGS_V1_1_ID_DELIMITER = "'"
"""
URLS = """
from django.urls import include, path
urlpatterns = [path("", include("sensorthings.versions.v1_1.urls"))]
"""
WSGI = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "peer_settings"
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""


class Service:
    """A running server, and one connection to it."""

    def __init__(self, command: list[str], port: int, root: str, key: str = "", **options) -> None:
        self.process = subprocess.Popen(command, **options)
        self.root, self.key = root, key
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=170)
        for _ in range(600):
            try:
                self.line.request("GET", root)
                self.line.getresponse().read()
                return
            except OSError:
                self.line.close()
                time.sleep(0.1)
        raise SystemExit(f"{command[0]} did not answer")

    def send(self, path: str, body: object) -> tuple[int, dict, object]:
        """Post a body; return the status, the headers and what came back."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        self.line.request("POST", f"{self.root}/{path}", json.dumps(body), headers)
        answer = self.line.getresponse()
        read = answer.read()
        if answer.status not in {200, 201}:
            raise SystemExit(f"{path}: {answer.status} {read[:600]!r}")
        return answer.status, dict(answer.getheaders()), json.loads(read) if read else None

    def get(self, path: str) -> dict:
        """Read something."""
        self.line.request("GET", f"{self.root}/{path}")
        return json.loads(self.line.getresponse().read())

    def cpu(self) -> float:
        """How much processor time all its processes have had, in seconds."""
        mine = psutil.Process(self.process.pid)
        every = [mine, *mine.children(recursive=True)]
        return sum(one.cpu_times().user + one.cpu_times().system for one in every)

    def end(self) -> None:
        """Stop it."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        self.process.wait(timeout=20)
        for one in children:
            if one.is_running():
                one.kill()


def free_port() -> int:
    """Find a port nobody listens on."""
    import socket

    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def ours(folder: Path) -> Service:
    """Start the house, with a key made."""
    port = free_port()
    environment = {
        **os.environ,
        "MOOTHALL_HOME": str(folder),
        "CITY": "leeds",
        "MOOTHALL_LIMITS": "0",
        "MOOTHALL_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
    }
    prepare = (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from moothall.kernel import clock; from moothall.kernel.feeds import push\n"
        "print(push.make_key('opendata.sensed', label='benchmark', now=clock.now()))"
    )
    said = subprocess.run(
        [sys.executable, "-c", prepare], env=environment, capture_output=True, text=True, check=True
    )
    key = said.stdout.strip().splitlines()[-1]
    command = [sys.executable, "-m", "moothall.site.front", "127.0.0.1", str(port)]
    return Service(command, port, "/api/sta/v1.1", key, env=environment)


def peer(folder: Path) -> Service:
    """Install and start django-ogc-sensorthings."""
    port = free_port()
    home = folder / "environment"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    wanted = [PEER, "django~=5.2.0", "granian", "tzdata"]
    subprocess.run([python, "-m", "pip", "install", "-qqq", *wanted], check=True)
    database = str(folder / "peer.sqlite3")
    Path(database).unlink(missing_ok=True)
    (folder / "peer_settings.py").write_text(SETTINGS.format(database=database, port=port))
    (folder / "peer_urls.py").write_text(URLS)
    (folder / "peer_wsgi.py").write_text(WSGI)
    migrate = [python, "-m", "django", "migrate", "--settings", "peer_settings", "-v", "0"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run(migrate, env=environment, check=True)
    command = [str(home / "bin" / "granian"), "--interface", "wsgi", "--port", str(port)]
    command += ["--no-ws", "--log-level", "error", "peer_wsgi:application"]
    return Service(command, port, "/v1.1", env=environment, cwd=folder)


def rows(start: int, count: int) -> list[list]:
    """Make rows of an array: an observation a second."""
    return [
        [f"{BEGIN + timedelta(seconds=start + n):%Y-%m-%dT%H:%M:%SZ}", (n % 300) / 10]
        for n in range(count)
    ]


def measure(service: Service, *, arrays: int, rows_each: int, singles: int) -> tuple[float, float]:
    """Return observations a processor second: in arrays, and one a request."""
    service.send("Things", THING)
    stream = service.get("Datastreams")["value"][0]["@iot.id"]
    service.send("Observations", _one(stream, -1))
    spent = service.cpu()
    for number in range(arrays):
        body = {
            "Datastream": {"@iot.id": stream},
            "components": ["phenomenonTime", "result"],
            "dataArray@iot.count": rows_each,
            "dataArray": rows(number * rows_each, rows_each),
        }
        said = service.send("CreateObservations", [body])[2]
        assert "error" not in said, said[:3]
        assert len(said) == rows_each, said[:3]
    array_s = service.cpu() - spent
    begin = arrays * rows_each
    spent = service.cpu()
    for number in range(singles):
        service.send("Observations", _one(stream, begin + number))
    single_s = service.cpu() - spent
    held = service.get("Observations?$top=1&$count=true")["@iot.count"]
    assert held == 1 + begin + singles, held
    return arrays * rows_each / array_s, singles / single_s


def _one(stream: object, second: int) -> dict:
    at = f"{BEGIN + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"
    return {"Datastream": {"@iot.id": stream}, "phenomenonTime": at, "result": 8.5}


def main() -> None:
    """Print both figures, and how many times the peer's they are."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--arrays", type=int, default=10)
    parser.add_argument("--singles", type=int, default=1500)
    parser.add_argument("--peer", default=None, help="a folder for the peer; empty for none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moothall-benchmark-") as folder:
        service = ours(Path(folder))
        try:
            own = measure(service, arrays=given.arrays, rows_each=ROWS, singles=given.singles)
        finally:
            service.end()
        print(f"{'observations a processor second':34}{'in arrays':>12}{'one a request':>16}")
        print(f"{'ours':34}{own[0]:12,.0f}{own[1]:16,.0f}", flush=True)
        if given.peer == "":
            return
        at = Path(given.peer or f"{folder}/peer")
        at.mkdir(parents=True, exist_ok=True)
        service = peer(at)
        try:
            other = measure(service, arrays=2, rows_each=2_000, singles=200)
        finally:
            service.end()
    print(f"{PEER:34}{other[0]:12,.0f}{other[1]:16,.0f}")
    print(f"{'times':34}{own[0] / other[0]:12.1f}{own[1] / other[1]:16.1f}")


if __name__ == "__main__":
    main()
