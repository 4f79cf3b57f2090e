"""Durable ingest of Arrow micro-batches, sealing included, beside rows and a latest table.

    python benchmarks/lake_ingest.py [--rows 2000000] [--postgres postgresql://user@host/name]

The peer writes each observation as a row and upserts the same latest table, in one durable
transaction a batch, on the same database and disk, in the same run.
"""

import argparse
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa

from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Series

BATCH, SERIES, SEAL_EVERY = 10_000, 5_000, 50
START = 1_767_225_600_000_000
STEP = 5 * 60 * 1_000_000
KEYS = [f"bench.thing{n}.value_n" for n in range(SERIES)]


def batches(rows: int) -> Iterator[tuple[pa.Table, np.ndarray, np.ndarray, np.ndarray]]:
    """Make batches of two readings of each series, five minutes apart, to two decimals."""
    chance = np.random.default_rng(7)
    level = chance.uniform(0, 50, SERIES)
    codes = np.tile(np.arange(SERIES, dtype=np.int32), BATCH // SERIES)
    dictionary = pa.array(KEYS)
    for number in range(rows // BATCH):
        at = START + STEP * (2 * number + np.repeat(np.arange(BATCH // SERIES), SERIES))
        level = level + chance.normal(0, 0.2, SERIES)
        value = np.round(np.tile(level, BATCH // SERIES) + chance.normal(0, 0.1, BATCH), 2)
        table = pa.table(
            {
                "series": pa.DictionaryArray.from_arrays(pa.array(codes), dictionary),
                "at": pa.array(at).cast(pa.timestamp("us", "UTC")),
                "value": value,
                "quality": pa.array(np.ones(BATCH, dtype=np.int8)),
                "origin": pa.array(np.zeros(BATCH, dtype=np.int8)),
            }
        )
        yield table, codes, at, value


def timed(rows: int, write: Callable[[int, Any, Any, Any, Any], None]) -> tuple[float, float]:
    """Write all batches; return rows a second and the 99th percentile of a batch in ms."""
    took = []
    for number, (table, codes, at, value) in enumerate(batches(rows)):
        before = perf_counter()
        write(number, table, codes, at, value)
        took.append(perf_counter() - before)
    return rows / sum(took), float(np.percentile(took, 99)) * 1000


def into_lake(url: str, store: Path, rows: int) -> tuple[float, float, float]:
    lake = Lake(database_url=url, store=str(store))
    declared = tuple(
        Series(key=key, title=key, unit="1", observed_property="n", thing=key) for key in KEYS
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    lake.append(Batch(series=declared), feed="bench.feed", key="declare", now=now)
    sealing = 0.0

    def write(number: int, table: pa.Table, *_: Any) -> None:
        lake.append_table(table, feed="bench.feed", key=str(number), now=now)

    took = []
    for number, (table, *rest) in enumerate(batches(rows)):
        before = perf_counter()
        write(number, table, *rest)
        took.append(perf_counter() - before)
        if number % SEAL_EVERY == SEAL_EVERY - 1:
            before = perf_counter()
            lake.seal(now)
            sealing += perf_counter() - before
    before = perf_counter()
    lake.seal(now)
    sealing += perf_counter() - before
    kept = lake.sealed("observations").snapshot().files
    assert sum(file.rows for file in kept) == rows
    lake.database.close()
    return rows / (sum(took) + sealing), float(np.percentile(took, 99)) * 1000, sealing / sum(took)


def into_sqlite_rows(path: Path, rows: int) -> tuple[float, float]:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE observation (series INTEGER, at INTEGER, value REAL, quality INTEGER,"
        " origin INTEGER, PRIMARY KEY (series, at)) WITHOUT ROWID;"
        "CREATE TABLE latest (series INTEGER PRIMARY KEY, at INTEGER, value REAL);"
    )

    def write(number: int, table: pa.Table, codes: Any, at: Any, value: Any) -> None:
        lists = codes.tolist(), at.tolist(), value.tolist()
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO observation VALUES (?, ?, ?, 1, 0) ON CONFLICT DO UPDATE"
            " SET value = excluded.value",
            zip(*lists, strict=True),
        )
        db.executemany(
            "INSERT INTO latest VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at,"
            " value = excluded.value WHERE excluded.at >= latest.at",
            zip(*(one[-SERIES:] for one in lists), strict=True),
        )
        db.execute("COMMIT")

    return timed(rows, write)


def into_postgres_rows(url: str, rows: int) -> tuple[float, float]:
    import psycopg

    db = psycopg.connect(url, autocommit=True)
    db.execute("CREATE TABLE bench_observation (series int, at bigint, value float8,"
               " quality int2, origin int2, PRIMARY KEY (series, at))")  # fmt: skip
    db.execute("CREATE TABLE bench_latest (series int PRIMARY KEY, at bigint, value float8)")
    db.execute("CREATE TEMP TABLE arriving (series int, at bigint, value float8)")

    def write(number: int, table: pa.Table, codes: Any, at: Any, value: Any) -> None:
        with db.transaction():
            with db.cursor().copy("COPY arriving FROM STDIN") as copy:
                rows = zip(codes.tolist(), at.tolist(), value.tolist(), strict=True)
                copy.write("".join(f"{s}\t{a}\t{v}\n" for s, a, v in rows))
            db.execute(
                "INSERT INTO bench_observation SELECT series, at, value, 1, 0 FROM arriving"
                " ON CONFLICT (series, at) DO UPDATE SET value = excluded.value"
            )
            db.execute(
                "INSERT INTO bench_latest SELECT DISTINCT ON (series) series, at, value"
                " FROM arriving ORDER BY series, at DESC ON CONFLICT (series) DO UPDATE"
                " SET at = excluded.at, value = excluded.value WHERE excluded.at >= bench_latest.at"
            )
            db.execute("TRUNCATE arriving")

    return timed(rows, write)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--postgres", default="", help="a server where databases may be made")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lake-ingest-"))
    print(f"{asked.rows:,} observations of {SERIES:,} series, durable batches of {BATCH:,}")
    print(f"{'':34}{'rows/s':>12}{'batch p99 ms':>14}{'ratio':>8}")
    try:
        peer, peer_p99 = into_sqlite_rows(folder / "rows.sqlite3", asked.rows)
        url = f"sqlite:///{folder / 'lake.sqlite3'}"
        ours, p99, share = into_lake(url, folder / "store", asked.rows)
        print(f"{'SQLite, rows and latest':34}{peer:12,.0f}{peer_p99:14.1f}{1:8.2f}")
        print(f"{'SQLite, lake (sealing included)':34}{ours:12,.0f}{p99:14.1f}{ours / peer:8.2f}")
        print(f"  sealing took {share:.0%} of the time of appending")
        if asked.postgres:
            on_postgres(asked.postgres, folder, asked.rows)
    finally:
        shutil.rmtree(folder)


def on_postgres(server: str, folder: Path, rows: int) -> None:
    import psycopg

    name = "moothall_lake_ingest"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        db.execute(f"CREATE DATABASE {name}")
    url = f"{server.rpartition('/')[0]}/{name}"
    try:
        peer, peer_p99 = into_postgres_rows(url, rows)
        ours, p99, share = into_lake(url, folder / "store-postgres", rows)
        print(f"{'PostgreSQL, rows and latest':34}{peer:12,.0f}{peer_p99:14.1f}{1:8.2f}")
        print(f"{'PostgreSQL, lake (sealing incl.)':34}{ours:12,.0f}{p99:14.1f}{ours / peer:8.2f}")
        print(f"  sealing took {share:.0%} of the time of appending")
    finally:
        with psycopg.connect(server, autocommit=True) as db:
            db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


if __name__ == "__main__":
    main()
