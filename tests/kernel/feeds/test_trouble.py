"""A full disk and a database that is away are told in words, by whoever meets them."""

import errno
import sqlite3
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from tests.kernel.feeds.conftest import NOW, items, make_feed

from moothall.kernel.feeds import health, runner, runs, standings, tables, trouble
from moothall.kernel.feeds.trouble import Trouble, UnableToKeep
from moothall.kernel.observations.database import UnableToOpen

FULL = Trouble(kind="full", detail="database or disk is full")


def sqlite_fault(code: int) -> sqlite3.Error:
    fault = sqlite3.OperationalError("as SQLite says it")
    fault.sqlite_errorcode = code
    return fault


def postgres_fault(kind: type, state: str | None) -> psycopg.Error:
    fault = kind("as PostgreSQL says it")
    fault.sqlstate = state
    return fault


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "full"),
        (OSError(errno.EFBIG, "File too large"), "full"),
        (OSError("Io error: No space left on device (os error 28)"), "full"),
        (sqlite_fault(sqlite3.SQLITE_FULL), "full"),
        (sqlite_fault(sqlite3.SQLITE_CANTOPEN), "away"),
        (sqlite_fault(sqlite3.SQLITE_BUSY), "held"),
        (postgres_fault(psycopg.errors.DiskFull, "53100"), "full"),
        (postgres_fault(psycopg.OperationalError, None), "away"),
        (postgres_fault(psycopg.errors.AdminShutdown, "57P01"), "away"),
        (UnableToOpen("cannot reach the lake's database"), "away"),
        (UnableToKeep(FULL), "full"),
    ],
)
def test_trouble_of_the_stores_is_known_for_what_it_is(house, fault, kind):
    assert trouble.of(fault).kind == kind


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("not a number"),
        OSError(errno.ECONNREFUSED, "Connection refused"),
        postgres_fault(psycopg.errors.DeadlockDetected, "40P01"),
        postgres_fault(psycopg.errors.QueryCanceled, "57014"),
        postgres_fault(psycopg.errors.UndefinedTable, "42P01"),
    ],
)
def test_what_is_not_the_stores_fault_is_not_blamed_on_them(house, fault):
    assert trouble.of(fault) is None


def test_trouble_is_known_through_whatever_it_was_wrapped_in(house):
    with pytest.raises(tables.Refused) as caught, tables.transaction():
        raise sqlite_fault(sqlite3.SQLITE_FULL)

    assert trouble.of(caught.value).kind == "full"


def test_a_run_that_cannot_be_kept_blames_no_source_and_is_as_due_as_it_was(
    source, house, around, clock, monkeypatch
):
    source.says(items(0.5))
    feed = make_feed(source.url)
    real, broke = runs.save_run, []

    def full_once(*args, **more):
        if not broke:
            broke.append(True)
            raise sqlite_fault(sqlite3.SQLITE_FULL)
        return real(*args, **more)

    monkeypatch.setattr(runs, "save_run", full_once)

    with pytest.raises(UnableToKeep, match="The disk is full"):
        runner.run(feed, params={}, around=around, clock=clock)

    stands = standings.list_standings()[feed.name]
    assert (stands.failures, stands.next_run_at, stands.last_run_at) == (0, None, None)
    assert health.list_runs(feed.name) == ()
    # and nobody holds it: the next run is at once
    assert runner.run(feed, params={}, around=around, clock=clock).observations == 1


def test_stores_that_can_be_written_to_are_found_so_and_left_as_they_were(house, settings):
    assert trouble.try_out() is None

    with tables.database().reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM feed_key").fetchone() == (0,)


def test_next_to_no_room_is_trouble_before_anything_breaks(house, monkeypatch):
    monkeypatch.setattr(
        trouble.shutil, "disk_usage", lambda path: SimpleNamespace(free=15 * 1024 * 1024)
    )

    assert trouble.look().kind == "full"
    assert trouble.try_out().kind == "full"


def test_what_a_worker_says_is_read_by_others_and_unsaid(house, settings, tmp_path):
    settings.STORES = tmp_path
    trouble.tell(FULL, NOW)
    told = trouble.told(NOW + timedelta(minutes=1))

    assert (told.kind, told.detail, told.since) == ("full", FULL.detail, NOW)
    assert str(tmp_path) in told.words
    assert str(tmp_path) not in told.public_words

    trouble.tell(None, NOW)
    assert trouble.told(NOW) is None


def test_what_a_worker_said_before_it_died_is_not_believed_for_ever(house, settings, tmp_path):
    settings.STORES = tmp_path
    trouble.tell(FULL, NOW)

    assert trouble.told(NOW + timedelta(hours=1)) is None
    # nor is it when the clock was set back since
    assert trouble.told(NOW - timedelta(hours=1)) is None


def test_saying_it_needs_no_room(house, settings, tmp_path):
    settings.STORES = tmp_path
    trouble.tell(None, NOW)
    [note] = tmp_path.glob("worker.trouble")
    before = note.stat().st_size

    trouble.tell(Trouble(kind="full", detail="x" * 5000), NOW)

    assert note.stat().st_size == before


def test_a_note_that_cannot_be_read_is_no_trouble(house, settings, tmp_path):
    settings.STORES = tmp_path
    (tmp_path / "worker.trouble").write_bytes(b"\xff\x00\t\t\t")

    assert trouble.told(datetime(2026, 1, 1, tzinfo=UTC)) is None
