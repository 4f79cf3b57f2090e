"""What finding among a thousand datasets costs, in CPU time: the question alone, and its page.

    python benchmarks/catalogue.py [datasets]

The datasets are invented. The page is made anew for each question, as if nobody
had asked it before.
Beside it: the description of all of them as a harvester fetches it, in each form.
"""

import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import product

os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix="moothall-benchmark-")
os.environ.setdefault("CITY", "leeds")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from moothall.civic.opendata.queries import datasets, describing, finding, quality  # noqa: E402
from moothall.civic.opendata.queries.datasets import Dataset  # noqa: E402
from moothall.civic.opendata.queries.finding import Question  # noqa: E402
from moothall.kernel.keeping import kept  # noqa: E402
from moothall.standards.dcat import graph, writing  # noqa: E402
from moothall.standards.dcat.words import THEMES  # noqa: E402
from moothall.values.observations import Column  # noqa: E402

ABOUT = [
    "trees",
    "bins",
    "roads",
    "schools",
    "rents",
    "crossings",
    "meters",
    "grants",
    "markets",
    "libraries",
    "pitches",
]
WHAT = [
    "counts",
    "costs",
    "visits",
    "repairs",
    "requests",
    "places",
    "inspections",
    "permits",
    "closures",
    "members",
]
WHERE = ["north", "south", "east", "west", "inner", "outer", "central", "riverside"]
AT = datetime(2026, 1, 5, tzinfo=UTC)
ROUNDS = 200


def invent(count: int) -> tuple[Dataset, ...]:
    """Invent datasets."""
    chance = random.Random(1)
    titles = [" ".join(words) for words in product(ABOUT, WHAT, WHERE)]
    return tuple(
        Dataset(
            name=f"table.invented-{number}",
            title=f"{titles[number % len(titles)].capitalize()} {number}",
            summary=" ".join(chance.choices(ABOUT + WHAT + WHERE, k=30)),
            source="table",
            rows=number,
            columns=tuple(Column(name=name) for name in chance.sample(WHAT, 6)),
            formats=("csv", "parquet", "json"),
            publisher_names=(f"Office of {chance.choice(ABOUT)}",),
            licences=(chance.choice(("OGL-UK-3.0", "CC-BY-4.0", "ODbL-1.0")),),
            attribution="Contains invented data.",
            theme=chance.choice([*THEMES]),
            modified_at=AT - timedelta(days=number),
            last_at=AT - timedelta(days=number),
            promise=timedelta(days=1),
        )
        for number in range(count)
    )


def cost(words: str, count: int, do) -> None:
    """Print the CPU time of doing something, at the median and at the 95th of a hundred."""
    took = []
    for number in range(count):
        began = time.process_time()
        do(number)
        took.append((time.process_time() - began) * 1000)
    took.sort()
    print(f"{words:<46} {took[len(took) // 2]:8.1f} {took[int(len(took) * 0.95)]:8.1f} ms")


def main() -> None:
    """Measure."""
    listed = invent(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    call_command("migrate", verbosity=0)
    datasets.list_datasets = lambda now: listed
    print(f"{len(listed)} datasets, CPU time" + " " * 23 + "median      p95")
    cost("judge how good each is (for each change)", 3, lambda _: quality.judge(listed, AT))
    scores = quality.judge(listed, AT)
    cost("lay the shelf out (once for each change)", 3, lambda _: finding.shelve(listed, scores))
    shelf = finding.shelve(listed, scores)
    kept.keep = lambda name, now, make, **_: shelf if name == ("shelf",) else make()
    questions = [
        Question(
            words=f"{ABOUT[n % len(ABOUT)]} {WHAT[n % len(WHAT)][:-2]}" if n % 4 else "",
            chosen={"theme": [*THEMES][n % len(THEMES)] if n % 2 else ""},
        )
        for n in range(ROUNDS)
    ]
    cost("find, with all facets counted", ROUNDS, lambda n: finding.find(shelf, questions[n]))
    client = Client(headers={"host": "localhost"})
    client.get("/data/")
    cost(
        "the page of a question, never asked before",
        ROUNDS,
        lambda n: client.get(questions[n].address()).content,
    )
    for form in writing.MEDIA_TYPES:

        def tell(_: int, form: str = form) -> bytes:
            found = describing.get_catalogue(AT, root="https://a", at="/", page=1, services=())
            return writing.write(graph.describe(found), form)

        cost(f"describe all of them: {form}", 1, tell)


main()
