"""The files that tables were read from, as they came: kept by their hash while they are needed."""

from datetime import datetime
from functools import cache
from hashlib import sha256

from moothall.kernel.feeds import raw
from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Database
from moothall.kernel.observations.entries import micros

STEPS = (
    (
        """CREATE TABLE table_file (
            name {plain} NOT NULL, sha256 {plain} NOT NULL, at BIGINT NOT NULL,
            bytes BIGINT NOT NULL, PRIMARY KEY (name, sha256))""",
    ),
)


@cache
def _prepared(database: Database) -> Database:
    database.migrate("table files", STEPS)
    return database


def _database() -> Database:
    return _prepared(lake.current().database)


def keep(name: str, body: bytes, *, now: datetime) -> str:
    """Keep the file a table was read from, on disk when this returns; return its SHA-256."""
    digest = sha256(body).hexdigest()
    raw.keep(body, digest)
    with _database().transaction() as cursor:
        cursor.execute(
            "INSERT INTO table_file (name, sha256, at, bytes) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name, sha256) DO NOTHING",
            (name, digest, micros(now), len(body)),
        )
    return digest


def let_go(name: str, digest: str) -> None:
    """Say that a table needs a file no longer: the next sweep of raw bytes takes it."""
    with _database().transaction() as cursor:
        cursor.execute("DELETE FROM table_file WHERE name = ? AND sha256 = ?", (name, digest))


def list_needed() -> frozenset[str]:
    """Return the hashes of every file that some table needs."""
    with _database().reading() as cursor:
        rows = cursor.execute("SELECT DISTINCT sha256 FROM table_file").fetchall()
    return frozenset(row[0] for row in rows)
