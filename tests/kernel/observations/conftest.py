"""Lakes to test with: each test runs on SQLite, and on PostgreSQL where there is one."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from moothall.kernel.observations.lake import Lake

POSTGRES = os.environ.get("MOOTHALL_TEST_POSTGRES", "")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'lake.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_url")
    import psycopg

    name = f"lake_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    base, _, _ = server.rpartition("/")
    yield f"{base}/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def any_lake(database_url: str, tmp_path: Path) -> Iterator[Lake]:
    """Give a fresh lake on each kind of database."""
    lake = Lake(database_url=database_url, store=str(tmp_path / "store"))
    yield lake
    lake.database.close()
