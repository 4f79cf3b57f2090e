"""What following a catalogue of ten thousand datasets costs, in CPU time, and in memory.

    python benchmarks/harvesting.py [datasets]

The datasets are invented. Each form is read by itself; then one is harvested: for the first time,
again with nothing new, and again with a tenth of it changed; then it is laid out to be found.
Beside it: rdflib over the same Turtle, which is what a graph would be read with otherwise.
"""

import json
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix="moothall-benchmark-")
os.environ["CITY"] = "leeds"
os.environ.pop("REPLAY", None)

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from moothall.civic.opendata.queries import finding, harvested  # noqa: E402
from moothall.civic.opendata.queries.finding import Question  # noqa: E402
from moothall.kernel import packs  # noqa: E402
from moothall.kernel.feeds import runner  # noqa: E402
from moothall.kernel.feeds.fetching import Answer  # noqa: E402
from moothall.kernel.feeds.reading import City  # noqa: E402
from moothall.kernel.feeds.runner import Surroundings  # noqa: E402
from moothall.kernel.keeping import kept  # noqa: E402
from moothall.kernel.registry import house  # noqa: E402
from moothall.site import discovery  # noqa: E402
from moothall.standards.catalogues import reading  # noqa: E402
from moothall.values.requests import Payload  # noqa: E402

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
PREFIXES = (
    "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> ."
    " @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n"
)
AT = datetime(2026, 1, 5, tzinfo=UTC)
FEED = "opendata.data_mill_north"


def as_list(count: int, changed: int = 0) -> bytes:
    """Write invented datasets as a plain list, the first of them changed."""
    return json.dumps(
        [
            {
                "identifier": f"d{n}",
                "title": f"Dataset {n}{' anew' if n < changed else ''}",
                "description": "<p>What the <b>council</b> counts of it, each month.</p>",
                "landingPage": f"https://north.example/dataset/d{n}",
                "issued": "2024-01-02T03:04:05Z",
                "modified": "2025-06-07T08:09:10Z",
                "license": OGL,
                "publisher": {"name": f"Office {n % 40}", "email": "data@north.example"},
                "keyword": ["council", f"word{n % 300}"],
                "distribution": [
                    {"title": f"{m}", "downloadURL": f"https://north.example/{n}/{m}.csv",
                     "format": "CSV", "byteSize": 1000 + m}
                    for m in range(3)
                ],
            }
            for n in range(count)
        ]
    ).encode()  # fmt: skip


def as_turtle(count: int) -> bytes:
    """Write the same as a graph."""
    return PREFIXES.encode() + b"".join(_thing(n) for n in range(count))


def _thing(n: int) -> bytes:
    ways = " , ".join(
        f'[ dcat:downloadURL <https://north.example/{n}/{m}.csv> ; dct:format "CSV" ]'
        for m in range(3)
    )
    said = (
        f'dct:identifier "d{n}" ; dct:title "Dataset {n}"@en ; dct:issued "2024-01-02" ;'
        ' dct:description "<p>What the <b>council</b> counts.</p>" ;'
        f' dct:license <{OGL}> ; dct:publisher [ foaf:name "Office" ] ; dcat:distribution {ways}'
    )
    return f"<https://north.example/dataset/d{n}> a dcat:Dataset ; {said} .\n".encode()


def as_packages(count: int) -> bytes:
    """Write as many packages of CKAN."""
    made = [
        {
            "id": f"d{n}", "name": f"d{n}", "title": f"Dataset {n}", "notes": "What it counts.",
            "license_id": "uk-ogl", "organization": {"title": f"Office {n % 40}"},
            "tags": [{"name": "council"}], "metadata_modified": "2025-06-07T08:09:10",
            "resources": [{"url": f"https://north.example/{n}/{m}.csv", "format": "CSV"}
                          for m in range(3)],
        }
        for n in range(count)
    ]  # fmt: skip
    return json.dumps({"success": True, "result": {"count": count, "results": made}}).encode()


def took(words: str, do, of: int):
    """Say what doing something costs."""
    begin = time.process_time()
    made = do()
    spent = time.process_time() - begin
    print(f"{words:52} {spent:8.2f} s of CPU {of / max(spent, 1e-9):12,.0f} datasets/s")
    return made


class Once:
    """Answers every request with the same body."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def fetch(self, request, *, feed, validators, now):
        return Answer(
            payload=Payload(
                body=self.body,
                request=request,
                fetched_at=now,
                sha256=sha256(self.body).hexdigest(),
            )
        )

    def further(self, feed, *, asked):
        return ()


def with_rdflib(body: bytes) -> int:
    """Read a graph as rdflib does."""
    import rdflib

    graph = rdflib.Graph()
    graph.parse(data=body, format="turtle")
    return len(graph)


def main() -> None:
    """Read in each form, harvest three times, lay out, find."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    call_command("migrate", verbosity=0)
    discovery.fill_registry()
    turtle = as_turtle(count)
    for words, body in (
        ("read as data.json", as_list(count)),
        ("read as CKAN", as_packages(count)),
        ("read as Turtle", turtle),
    ):
        read = took(words, lambda body=body: reading.read(body), count)
        assert len(read.entries) == count
    took("rdflib: the graph alone, nothing read of it", lambda: with_rdflib(turtle), count)

    feed, params = house.feed(FEED), packs.current().params(FEED)

    def harvest(body: bytes, hours: int) -> int:
        around = Surroundings(fetcher=Once(body), city=City())
        at = AT + timedelta(hours=hours)
        return runner.run(feed, params=params, around=around, clock=lambda: at, anew=True).records

    assert took("harvested the first time", lambda: harvest(as_list(count), 0), count) == count
    assert took("harvested again, nothing new", lambda: harvest(as_list(count), 1), count) == 0
    some = count // 10
    changed = took("again, a tenth changed", lambda: harvest(as_list(count, some), 2), count)
    assert changed == some
    kept.forget()
    took("listed, each once", lambda: harvested.list_harvested(AT), count)
    shelf = took("laid out to be found, with our own", lambda: finding.get_shelf(AT), count)
    asked = Question(words="council word7", chosen={"catalogue": "data_mill_north"})
    found = took("found among them", lambda: finding.find(shelf, asked), count)
    assert found.datasets
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
