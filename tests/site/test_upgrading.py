"""A version that runs keeps running on the tables of the next: both are up while one replaces the
other."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from moothall.kernel.feeds import tables as feeds
from moothall.kernel.observations import lake as lakes
from moothall.kernel.observations.database import UnableToOpen
from moothall.kernel.observations.lake import Lake
from moothall.site.faults import explain

WORK = """
import django; django.setup()
from dataclasses import replace
from datetime import timedelta
from django.test import Client
from moothall.kernel import clock
from moothall.kernel.audit import log
from moothall.kernel.feeds import push, runner
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.reading import City
from moothall.kernel.identity import accounts
from moothall.kernel.identity.roles import Role
from moothall.kernel.observations import lake
from moothall.kernel.registry import house
from moothall.values.observations import Batch, Issue, Observation, Series
from moothall.values.requests import Payload, Request

now = clock.now()
accounts.add_staff(email="someone@council.example", role=Role.ADMIN, by="system:test", now=now)
log.record(by="person:1", did="counted", to="thing:1", at=now)
series = Series(
    key="house.thing.count", title="How many", unit="1", observed_property="count", thing="A"
)
one = Observation(series=series.key, at=now, result=1.0)
here = lake.current()
here.append(Batch(observations=(one,), series=(series,)), feed="house.feed", key="1", now=now)
here.seal(now)
late = Observation(series=series.key, at=now + timedelta(seconds=1), result=2.0)
here.append(Batch(observations=(late,), series=(series,)), feed="house.feed", key="2", now=now)
assert here.find_latest(series.key).observation.result == 2.0
assert log.verify().whole, log.verify().faults
client = Client()
answers = {path: client.get(path, HTTP_HOST="127.0.0.1").status_code
    for path in ("/", "/data/", "/readyz", "/account/login/")}
assert set(answers.values()) == {200}, answers
feed = replace(house.feed("flood.warnings"), parse=lambda payload, params: Batch(
    observations=(replace(late, at=late.at + timedelta(seconds=1)),), series=(series,),
    issues=(Issue(where="items[0]", what="no level"),),
))
answer = Answer(payload=Payload(
    body=b"x", request=Request(url="drop:x"), fetched_at=now, sha256="ab" * 32
))
assert runner.take_in(feed, answer, params={}, city=City(), clock=clock.now).issues == 1
assert push.is_key("flood.warnings", push.make_key("flood.warnings", label="one", now=now))
print("all done")
"""
MAKE = "import django; django.setup()\nfrom moothall.kernel.feeds import tables\ntables.database()"


def run(home, *command, **given):
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MOOTHALL_HOME": str(home),
        "MOOTHALL_LOG_LEVEL": "ERROR",
        **given,
    }
    done = subprocess.run([sys.executable, *command], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def add_what_a_migration_may(execute, tables):
    """Add to every table what our rules let the next version add, and a table of its own."""
    for table in tables:
        execute(f'ALTER TABLE "{table}" ADD COLUMN next_maybe text NULL')
        execute(f"ALTER TABLE \"{table}\" ADD COLUMN next_stated text NOT NULL DEFAULT 'as before'")
    execute("CREATE TABLE next_thing (id integer PRIMARY KEY)")


def test_this_version_works_on_the_tables_of_the_next(tmp_path):
    run(tmp_path, "-m", "django", "migrate", "-v0", "--skip-checks")
    run(tmp_path, "-c", MAKE)
    for path in tmp_path.rglob("*.sqlite3"):
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            tables = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall()
            add_what_a_migration_may(database.execute, [name for (name,) in tables])

    assert run(tmp_path, "-c", WORK).endswith("all done\n")


@pytest.mark.postgres
def test_this_version_works_on_the_tables_of_the_next_in_postgresql(tmp_path, own_postgres):
    run(tmp_path, "-m", "django", "migrate", "-v0", "--skip-checks", DATABASE_URL=own_postgres)
    run(tmp_path, "-c", MAKE, DATABASE_URL=own_postgres)
    with psycopg.connect(own_postgres, autocommit=True) as database:
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        ).fetchall()
        add_what_a_migration_may(database.execute, [name for (name,) in tables])

    assert run(tmp_path, "-c", WORK, DATABASE_URL=own_postgres).endswith("all done\n")


@pytest.mark.parametrize("part", ["feeds", "observations"])
def test_a_version_refuses_tables_of_the_lake_that_a_newer_one_changed(lake, part):
    feeds.database()
    with lake.database.transaction() as cursor:
        cursor.execute("UPDATE lake_part SET steps = steps + 1 WHERE part = ?", (part,))
        assert cursor.rowcount == 1

    def open_again():
        lakes.use(Lake(database_url=lake.database.url, store=lake.store.address))
        return feeds.database()

    with pytest.raises(UnableToOpen) as raised:
        open_again()
    assert "are newer than this program" in explain(raised.value)
    assert "put the backup back" in explain(raised.value)
