"""What looking at a dataset costs in CPU time: pages of 100 rows of five million observations.

    python benchmarks/looking.py [--days 11] [--keep FOLDER]

5,000 series read every quarter of an hour: 11 days are 5.3 million observations, sealed as a
running house seals them, the last hours not yet. Each question is asked again and again with other
values; processor time of this process, DuckDB's threads included. Beside it Datasette's own way,
rows in SQLite with an index on the time, over as many rows as `--peer-rows` says.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix="moothall-benchmark-")
os.environ.setdefault("CITY", "leeds")

import django

django.setup()

import lake_ingest as ingest  # noqa: E402
import lake_read  # noqa: E402
import numpy as np  # noqa: E402

from moothall.civic.opendata.queries import looking, rows  # noqa: E402
from moothall.civic.opendata.queries.datasets import FORMATS, OBSERVED, Dataset  # noqa: E402
from moothall.civic.opendata.rules.charting import Ask  # noqa: E402
from moothall.civic.opendata.rules.filtering import Filter, Order, Question  # noqa: E402
from moothall.kernel.observations import lake as lakes  # noqa: E402


def percentiles(ask: Callable[[int], object], times: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of what a question costs, in milliseconds."""
    took = []
    for number in range(times):
        before = process_time()
        ask(number)
        took.append((process_time() - before) * 1000)
    return float(np.percentile(took, 50)), float(np.percentile(took, 95))


def peer(count: int, times: int) -> None:
    """Ask the same of rows in SQLite."""
    with tempfile.TemporaryDirectory(prefix="looking-") as folder:
        path = Path(folder) / "rows.sqlite3"
        ingest.into_sqlite_rows(path, count)
        db = sqlite3.connect(path)
        db.execute("CREATE INDEX by_time ON observation (at)")
        newest = "SELECT * FROM observation ORDER BY at DESC LIMIT 100 OFFSET ?"
        largest = "SELECT * FROM observation WHERE value > ? ORDER BY value DESC LIMIT 100"
        for words, sql, values in (
            ("newest page", newest, lambda n: (n * 100,)),
            ("largest values above a bound", largest, lambda n: (10 + n,)),
            ("counted", "SELECT count(*) FROM observation WHERE value > ?", lambda n: (n,)),
        ):
            middle, most = percentiles(
                lambda n, s=sql, v=values: db.execute(s, v(n)).fetchall(), times
            )
            print(f"  SQLite, {count:,} rows: {words:<34} {middle:7.1f} {most:7.1f}")


def main() -> None:
    """Fill a lake, ask, and say what it cost."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=11)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--times", type=int, default=12)
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="looking-"))
    filled = (folder / "lake.sqlite3").exists()
    lake = lakes.Lake(
        database_url=f"sqlite:///{folder / 'lake.sqlite3'}", store=str(folder / "store")
    )
    if not filled:
        lake_read.fill(lake, asked.days)
    lakes.use(lake)
    count = asked.days * 96 * ingest.SERIES
    end = lake_read.START_AT + timedelta(days=asked.days)
    held = Dataset(
        name="bench.feed",
        title="Levels",
        summary="",
        source="feed",
        rows=count,
        series=ingest.SERIES,
        first_at=lake_read.START_AT,
        last_at=end - timedelta(minutes=15),
        columns=OBSERVED,
        formats=FORMATS,
        publisher_names=("Bench",),
        licences=("OGL-UK-3.0",),
        attribution="",
    )

    def page(number: int, *where: Filter, order: tuple[Order, ...] = (), **more: object) -> object:
        return rows.read_rows(held, where=where, order=order, count=False, **more)

    def thing(number: int) -> Filter:
        return Filter("thing", "eq", ingest.KEYS[number * 37 % ingest.SERIES])

    by_value = (Order("value", descending=True),)
    questions: dict[str, Callable[[int], object]] = {
        "newest page": page,
        "hundredth page": lambda n: page(n, offset=10_000 + 100 * n),
        "oldest page": lambda n: page(n, order=(Order("at"),)),
        "one thing": lambda n: page(n, thing(n)),
        "a day": lambda n: page(
            n, Filter("at", "lt", end - timedelta(days=n % asked.days, hours=1))
        ),
        "largest values": lambda n: page(n, order=by_value),
        "largest above a bound": lambda n: page(n, Filter("value", "gt", 10.0 + n), order=by_value),
        "counted": lambda n: rows.count_rows(held, Question()),
        "counted above a bound": lambda n: rows.count_rows(
            held, Question(where=(Filter("value", "gt", float(n)),))
        ),
        "a column's summary": lambda n: looking.summarise(held, Question(), "value"),
        "chart: mean by day": lambda n: looking.read_chart(
            held, Question(), Ask(x="at", y="value", sum="mean")
        ),
    }
    print(f"{count:,} observations; milliseconds of processor: median, 95th percentile")
    for words, ask in questions.items():
        ask(0)
        middle, most = percentiles(ask, asked.times)
        print(f"  {words:<52} {middle:7.1f} {most:7.1f}")
    peer(asked.peer_rows, asked.times)
    if asked.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
