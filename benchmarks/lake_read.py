"""Reading the lake at size, beside the same questions put to rows in SQLite.

    python benchmarks/lake_read.py [--days 30] [--peer-rows 1000000]

5,000 series read every quarter of an hour: 30 days are 14.4 million observations, 208 days 100
million. The peer is smaller, for rows take long to write; its city-wide question grows with it.
Times are medians of wall time; beside them processor time of this process, which a busy machine
disturbs less. Read afresh: another lake of the same stores has just written all 5,000.

`--keep FOLDER` fills that folder once, and reads it as it is the next time.
"""

import argparse
import gc
import multiprocessing
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter, process_time

import lake_ingest as ingest
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moothall.kernel.observations import blocks
from moothall.kernel.observations.entries import instant
from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.newest import Newest
from moothall.values.observations import Batch, Series

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = (
    "SELECT epoch_us(o.at) // 3600000000 AS hour, avg(value) FROM observations o"
    " WHERE o.at >= ? AND o.at < ? GROUP BY 1"
)


START = 1_767_225_600_000_000
START_AT = instant(START)
QUARTER, DAY = 15 * 60 * 1_000_000, 86_400_000_000
ROUNDS = 12
"""Readings of each series in a batch: three hours of them."""


def milliseconds(
    call: Callable[[], object],
    times: int = 9,
    clock: Callable[[], float] = perf_counter,
    before_each: Callable[[], None] | None = None,
) -> np.ndarray:
    took = []
    for _ in range(times):
        if before_each is not None:
            before_each()
        before = clock()
        call()
        took.append((clock() - before) * 1000)
    return np.array(took)


def batches(days: int) -> Iterator[pa.Table]:
    """Make batches of twelve readings of each series, as water levels are."""
    chance = np.random.default_rng(7)
    level = chance.uniform(0, 50, ingest.SERIES)
    codes = pa.array(np.tile(np.arange(ingest.SERIES, dtype=np.int32), ROUNDS))
    series = pa.DictionaryArray.from_arrays(codes, pa.array(ingest.KEYS))
    for number in range(days * 96 // ROUNDS):
        steps = START + QUARTER * (ROUNDS * number + np.arange(ROUNDS))
        moves = np.cumsum(chance.normal(0, 0.2, (ROUNDS, ingest.SERIES)), axis=0)
        values = level + moves
        level = values[-1]
        at = pa.array(np.repeat(steps, ingest.SERIES)).cast(pa.timestamp("us", "UTC"))
        table = pa.table({"series": series, "at": at, "value": np.round(values.ravel(), 2)})
        yield table


def fill(lake: Lake, days: int) -> None:
    """Fill the lake, seal and compact it."""
    series = tuple(
        Series(key=key, title=key, unit="1", observed_property="n", thing=key)
        for key in ingest.KEYS
    )
    lake.append(Batch(series=series), feed="bench.feed", key="declare", now=NOW)
    for number, table in enumerate(batches(days)):
        lake.append_table(table, feed="bench.feed", key=str(number), now=NOW)
        if number % 24 == 23:
            lake.seal(NOW)
    lake.seal(NOW)
    lake.compact(NOW + timedelta(days=9999))


def keep_writing(url: str, store: str, rows: int) -> None:
    lake = Lake(database_url=url, store=store)
    for number, (table, *_) in enumerate(ingest.batches(rows)):
        moved = table.set_column(
            1, "at", pc.add(table["at"], ingest.pa.scalar(timedelta(days=3000)))
        )
        lake.append_table(moved, feed="bench.feed", key=f"more{number}", now=NOW)
        if number % 50 == 49:
            lake.seal(NOW)


def sqlite_rows(path: Path, rows: int) -> dict[str, float]:
    ingest.into_sqlite_rows(path, rows)
    db = sqlite3.connect(path)
    newest = db.execute("SELECT max(at) FROM observation").fetchone()[0]
    week = newest - 7 * 86_400_000_000
    asked = {
        "latest": ("SELECT series, at, value FROM latest", ()),
        "series": ("SELECT * FROM observation WHERE series = 77 AND at >= ?", (week,)),
        "city": ("SELECT at / 3600000000, avg(value) FROM observation GROUP BY 1", ()),
    }
    return {
        name: float(np.median(milliseconds(lambda s=sql, p=p: db.execute(s, p).fetchall(), 5)))
        for name, (sql, p) in asked.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--peer-rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="lake-read-"))
    filled = (folder / "lake.sqlite3").exists()
    # As the house sets it: see site.apps.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    url, store = f"sqlite:///{folder / 'lake.sqlite3'}", str(folder / "store")
    try:
        lake = Lake(database_url=url, store=store)
        rows = asked.days * 96 * ingest.SERIES
        before = perf_counter()
        end = START_AT + timedelta(days=asked.days)
        if not filled:
            fill(lake, asked.days)
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"filled, sealed and compacted {rows:,} observations in"
                  f" {perf_counter() - before:.0f} s, at most {most:.0f} MB of memory")  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="lake-read-") as rows_folder:
            peer = sqlite_rows(Path(rows_folder) / "rows.sqlite3", asked.peer_rows)
        week = {"from_at": end - timedelta(days=7), "until_at": end}

        other = Lake(database_url=url, store=store)
        told = count()

        def tell_all() -> None:
            """Have every series say something new, as another process would."""
            at = end + timedelta(seconds=next(told))
            table = pa.table(
                {
                    "series": pa.array(ingest.KEYS),
                    "at": pa.array([at] * ingest.SERIES, pa.timestamp("us", "UTC")),
                    "value": np.random.default_rng().uniform(0, 9, ingest.SERIES),
                }
            )
            other.append_table(table, feed="bench.other", key=str(at), now=NOW)

        def latest_rows() -> object:
            with lake.database.reading() as cursor:
                return blocks.read(cursor)

        def look_at_all() -> object:
            return [one.observation for one in lake.list_latest()]

        def begin_anew() -> None:
            lake.newest = Newest()

        def one_series() -> object:
            return lake.list_observations(ingest.KEYS[77], **week)

        questions: dict[str, tuple[Callable[[], object], float, Callable[[], None] | None]] = {
            "latest of all, read afresh: rows": (latest_rows, peer["latest"], tell_all),
            "the same, as objects": (lake.list_latest, peer["latest"], tell_all),
            "the same, each one looked at": (look_at_all, peer["latest"], tell_all),
            "the same, a process's first": (lake.list_latest, peer["latest"], begin_anew),
            "the same, nothing changed": (lake.list_latest, peer["latest"], None),
            "one series, 7 days": (one_series, peer["series"], None),
            "city hourly mean, 30 days": (
                lambda: lake.query(HOURLY, (end - timedelta(days=30), end)),
                peer["city"],
                None,
            ),
        }
        print(f"lake {rows:,} rows; peer, rows in SQLite, {asked.peer_rows:,}")
        print(f"{'':34}{'lake ms':>10}{'cpu ms':>10}{'peer ms':>10}{'peer/lake':>10}")
        for name, (call, peer_ms, before_each) in questions.items():
            ours = float(np.median(milliseconds(call, before_each=before_each)))
            again = milliseconds(call, clock=process_time, before_each=before_each)
            busy = float(np.median(again))
            print(f"{name:34}{ours:10.2f}{busy:10.2f}{peer_ms:10.2f}{peer_ms / ours:10.2f}")
        files = lake.sealed("observations").snapshot().files
        size = sum(file.size for file in files) / sum(file.rows for file in files)
        print(f"sealed: {size:.2f} bytes an observation in {len(files)} files;"
              f" database {(folder / 'lake.sqlite3').stat().st_size / 1e6:.0f} MB")  # fmt: skip
        alone = float(np.percentile(milliseconds(one_series, 100), 99))
        writer = multiprocessing.get_context("spawn").Process(
            target=keep_writing, args=(url, store, 2_000_000)
        )
        writer.start()
        beside = float(np.percentile(milliseconds(one_series, 100), 99))
        writer.kill()
        writer.join()
        print(f"one series p99: {alone:.1f} ms alone, {beside:.1f} ms beside a writer"
              f" ({beside / alone:.2f}x)")  # fmt: skip
    finally:
        if asked.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
