"""A lake at work for minutes on end: what it holds open, in memory and on disk must not grow.

    python benchmarks/lake_soak.py [--minutes 12] [--rate 5000]

A writer, a sealer that also compacts and lets go of what is past its keeping, and two readers,
each a process of its own. The lake's own time runs 900 times as fast as the clock, so that a day
passes in a minute and a half, and two days are kept.
"""

import argparse
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import lake_ingest as ingest
import numpy as np
import pyarrow as pa

from moothall.kernel.observations.compacting import Keeping
from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.querying import UnableToQuery
from moothall.values.observations import Batch, Series

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
FASTER = 900
KEEP = timedelta(days=2)
FAR = timedelta(hours=12)


def lake_time(began: float) -> datetime:
    return BEGAN + timedelta(seconds=(monotonic() - began) * FASTER)


def write(lake: Lake, began: float, rate: int) -> None:
    series = tuple(
        Series(key=key, title=key, unit="1", observed_property="n", thing=key)
        for key in ingest.KEYS
    )
    lake.append(Batch(series=series), feed="soak.feed", key="declare", now=BEGAN)
    chance = np.random.default_rng(7)
    number = 0
    while True:
        now = lake_time(began)
        keys = [ingest.KEYS[(number * rate + one) % ingest.SERIES] for one in range(rate)]
        moments = np.datetime64(now.replace(tzinfo=None)) + np.arange(rate)
        table = pa.table(
            {
                "series": pa.array(keys).dictionary_encode(),
                "at": pa.array(moments).cast(pa.timestamp("us", "UTC")),
                "value": np.round(chance.uniform(0, 50, rate), 2),
            }
        )
        lake.append_table(table, feed="soak.feed", key=str(number), now=now)
        number += 1
        sleep(max(0.0, number - (monotonic() - began)))


def seal(lake: Lake, began: float, _: int) -> None:
    turn = 0
    while True:
        now = lake_time(began)
        lake.seal(now)
        turn += 1
        if turn % 10 == 0:
            lake.compact(now, keeping=Keeping(observations=KEEP, hours=0))
        sleep(2)


def read(lake: Lake, began: float, _: int) -> None:
    turn = 0
    while True:
        now = lake_time(began)
        lake.list_latest()
        key = ingest.KEYS[turn * 37 % ingest.SERIES]
        # A file may be let go of between the listing and the reading: with `hours=0` at once.
        try:
            lake.list_observations(key, from_at=now - FAR, until_at=now)
            if turn % 10 == 0:
                lake.query(
                    "SELECT count(*), avg(value) FROM observations o WHERE o.at > ?", (now - FAR,)
                )
        except (OSError, UnableToQuery) as fault:
            print(f"  a reader was overtaken: {type(fault).__name__}", flush=True)
        turn += 1
        sleep(0.25)


def work(does: str, url: str, store: str, began: float, rate: int) -> None:
    tasks: dict[str, Callable[[Lake, float, int], None]] = {
        "writer": write, "sealer": seal, "reader": read,
    }  # fmt: skip
    tasks[does.split(maxsplit=1)[0]](Lake(database_url=url, store=store), began, rate)


def held(pid: int) -> tuple[float, int]:
    """Return a process's resident megabytes and open files."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) / 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def measured(folder: Path, running: dict[str, multiprocessing.Process]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, process in running.items():
        assert process.pid is not None
        found[f"{name} MB"], found[f"{name} files open"] = held(process.pid)
    for name in ("lake.sqlite3", "lake.sqlite3-wal"):
        path = folder / name
        found[f"{name} MB"] = path.stat().st_size / 1e6 if path.exists() else 0.0
    sizes = [path.stat().st_size for path in (folder / "store").rglob("*") if path.is_file()]
    found["store MB"], found["store files"] = sum(sizes) / 1e6, len(sizes)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--rate", type=int, default=5000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lake-soak-"))
    url, store = f"sqlite:///{folder / 'lake.sqlite3'}", str(folder / "store")
    Lake(database_url=url, store=store).database.close()
    began = monotonic()
    spawned = multiprocessing.get_context("spawn")
    running = {
        name: spawned.Process(target=work, args=(name, url, store, began, asked.rate), daemon=True)
        for name in ("writer", "sealer", "reader 1", "reader 2")
    }
    samples: list[dict[str, float]] = []
    try:
        for process in running.values():
            process.start()
        while monotonic() - began < asked.minutes * 60:
            sleep(5)
            for name, process in running.items():
                assert process.is_alive(), f"the {name} died"
            try:
                samples.append(measured(folder, running))
            except FileNotFoundError:
                continue
        for process in running.values():
            process.kill()
            process.join()
        lake = Lake(database_url=url, store=store)
        checked = lake.check()
        with lake.database.reading() as cursor:
            cursor.execute("SELECT sum(rows) FROM segment")
            kept = cursor.fetchall()[0][0]
        print(f"{kept:,} observations in {asked.minutes:g} minutes,"
              f" {kept / asked.minutes / 60:,.0f} a second; {checked.rows:,} are within their"
              f" keeping; faults found: {len(checked.faults)}")  # fmt: skip
        third = len(samples) // 3
        print(f"{'median of a third':28}{'first':>10}{'second':>10}{'last':>10}{'last/second':>13}")
        for name in samples[0]:
            parts = [samples[n * third : (n + 1) * third] for n in range(3)]
            first, second, last = (float(np.median([s[name] for s in part])) for part in parts)
            grows = last / second if second else float("nan")
            print(f"{name:28}{first:10.1f}{second:10.1f}{last:10.1f}{grows:13.2f}")
    finally:
        for process in running.values():
            process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
