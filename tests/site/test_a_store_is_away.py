"""While a database is away pages say so with 503, static pages answer, and nothing is restarted."""

import re
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.observations import database, patience
from moothall.kernel.observations import lake as lakes
from moothall.kernel.observations.database import UnableToOpen
from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.locks import exclusive_file

LIVE = ("/", "/now/", "/status/", "/flood/", "/near/?ward=Armley", "/near/?postcode=LS1+4AP")
MACHINE = ("/now.json", "/now/features.geojson", "/data.json", "/data/flood.readings.csv")
STATIC = ("/accessibility/", "/privacy/", "/sitemap/", "/plan/", "/healthz")


@pytest.fixture
def reader(settings):
    settings.LIMITS_ON = False
    return Client(raise_request_exception=False)


def answers(reader, addresses):
    kept.forget()
    return {address: reader.get(address).status_code for address in addresses}


@pytest.fixture
def stopped(lake, tmp_path):
    """A lake whose database nobody can reach, and a way to bring it back."""
    path = tmp_path / "here" / "lake.sqlite3"
    own = Lake(database_url=f"sqlite:///{path}", store=str(tmp_path / "store"))
    own.last_change()
    lakes.use(own)
    own.database.close()
    path.parent.rename(tmp_path / "away")
    path.parent.touch()

    def bring_back():
        path.parent.unlink()
        (tmp_path / "away").rename(path.parent)

    yield bring_back
    own.database.close()
    lakes.use(lake)


@pytest.mark.django_db
def test_pages_that_need_the_lake_say_503_and_the_others_still_answer(reader, stopped):
    assert set(answers(reader, LIVE + MACHINE).values()) == {503}
    assert set(answers(reader, STATIC).values()) == {200}
    stopped()
    assert 503 not in answers(reader, LIVE + MACHINE + STATIC).values()


@pytest.mark.django_db
def test_a_person_gets_a_page_and_a_program_a_problem_and_both_a_time(reader, stopped):
    page = reader.get("/flood/", HTTP_ACCEPT="text/html,application/json;q=0.1")
    assert "<h1>Sorry, this page is not available just now</h1>" in page.content.decode()
    for answer in (
        reader.get("/now.json"),
        reader.get("/flood/", HTTP_ACCEPT="application/json"),
    ):
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 503
    assert page["Retry-After"] == answer["Retry-After"] == "60"


@contextmanager
def in_our_queue(path):
    with exclusive_file(Path(f"{path}.writing.lock"), wait=True):
        yield


@contextmanager
def past_our_queue(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.django_db
@pytest.mark.parametrize("held", [in_our_queue, past_our_queue])
def test_a_page_that_cannot_write_in_time_says_what_became_of_what_was_sent(
    sign_in, lake, in_city, monkeypatch, held
):
    in_city("leeds")
    monkeypatch.setattr(patience, "OF_A_PAGE_S", 0.02)
    officer = sign_in("editor")
    officer.raise_request_exception = False
    run_now = "/desk/feeds/flood.readings/run"
    assert officer.post(run_now).status_code == 302
    with held(lake.database.path):
        answer = officer.post(run_now)
        assert officer.get("/desk/feeds/flood.readings/").status_code == 200
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "has not been kept" in answer.content.decode()
    assert officer.post(run_now).status_code == 302
    assert patience.limit() is None


@pytest.mark.postgres
def test_a_page_waits_no_longer_for_a_postgres_that_others_write_to(own_postgres):
    ours, theirs = database.open(own_postgres), database.open(own_postgres)
    with theirs.transaction() as cursor:
        theirs.lock_writing(cursor)
        with (
            pytest.raises(ours.failures) as raised,
            patience.at_most(0.02),
            ours.transaction() as waiting,
        ):
            ours.lock_writing(waiting)
    assert trouble.of(raised.value).kind == "held"
    with ours.transaction() as cursor:
        ours.lock_writing(cursor)
    for one in (ours, theirs):
        one.close()


@pytest.mark.postgres
def test_postgres_stopped_and_started_again_is_met_without_a_restart(
    reader, postgres_url, lake, tmp_path
):
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS away_test WITH (FORCE)")
        admin.execute("CREATE DATABASE away_test")
        url = f"{postgres_url.rpartition('/')[0]}/away_test"
        own = Lake(database_url=url, store=str(tmp_path / "store"))
        lakes.use(own)
        try:
            assert reader.get("/flood/").status_code == 200
            admin.execute("ALTER DATABASE away_test ALLOW_CONNECTIONS false")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away_test'"
            )
            assert set(answers(reader, LIVE).values()) == {503}
            admin.execute("ALTER DATABASE away_test ALLOW_CONNECTIONS true")
            assert set(answers(reader, LIVE[:4]).values()) == {200}
        finally:
            own.database.close()
            lakes.use(lake)
            admin.execute("DROP DATABASE IF EXISTS away_test WITH (FORCE)")


def test_a_store_away_is_told_from_a_fault_of_our_own(tmp_path):
    def raised(make):
        try:
            make()
        except Exception as fault:
            return fault
        raise AssertionError("nothing was raised")

    well = sqlite3.connect(tmp_path / "well")
    well.execute("CREATE TABLE t (a)")
    assert not trouble.of(raised(lambda: well.execute("SELECT nothing FROM t")))
    (tmp_path / "torn").write_bytes(b"no database at all" * 99)
    assert trouble.of(raised(lambda: sqlite3.connect(tmp_path / "torn").execute("SELECT 1 FROM t")))

    def through():
        try:
            raise UnableToOpen("gone")
        except UnableToOpen as fault:
            raise LookupError("no gauge") from fault

    assert trouble.of(raised(through))
    assert not trouble.of(ValueError("no"))
    assert not trouble.of(None)


def test_a_database_that_another_program_holds_is_known_for_one(tmp_path):
    holder = sqlite3.connect(tmp_path / "held", isolation_level=None)
    holder.execute("PRAGMA journal_mode=WAL")
    holder.execute("CREATE TABLE t (a)")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(tmp_path / "held", isolation_level=None, timeout=0)
    assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError) as raised:
        other.execute("BEGIN IMMEDIATE")
    assert trouble.of(raised.value).kind == "held"


def test_a_page_waits_for_a_held_database_no_longer_than_its_reader_does():
    words = settings.DATABASES["default"]["OPTIONS"]["init_command"]
    assert int(re.search(r"busy_timeout=(\d+)", words)[1]) <= 5000
