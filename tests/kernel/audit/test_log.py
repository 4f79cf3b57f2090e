"""The audit log, as an auditor would try it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from moothall.kernel.audit import anchor, chain, log
from moothall.kernel.audit.models import Line

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def anchor_file(settings, tmp_path):
    """An anchor that remembers the beginning: nothing in a test that is rolled back moves it."""
    file = tmp_path / "audit.anchor"
    settings.AUDIT_ANCHOR = str(file)
    file.write_text(json.dumps({"seq": 0, "hash": chain.START}))
    return file


def write(count: int) -> None:
    for number in range(count):
        log.record(by="person:1", did="changed", to=f"idea:{number}", at=NOW, detail={"n": number})


def tamper(sql: str) -> None:
    """Change the table as someone who owns the database could: without its triggers."""
    with connection.cursor() as cursor:
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER audit_line_keep_{verb}")
        cursor.execute(sql)


@pytest.mark.django_db
class TestOneWriter:
    def test_a_line_is_kept_as_it_was_written(self):
        seq = log.record(
            by="person:1", did="published", to="plan:7", at=NOW, detail={"b": 1, "a": 2}
        )

        line = log.list_lines(limit=1)[0]
        assert (line.seq, line.by, line.did, line.to) == (seq, "person:1", "published", "plan:7")
        assert line.detail == '{"a":2,"b":1}'
        assert line.at == NOW

    def test_an_untouched_log_is_whole(self):
        write(20)

        assert log.verify().whole

    def test_the_database_refuses_a_change(self):
        write(1)

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Line.objects.update(by="person:2")

    def test_the_database_refuses_a_deletion(self):
        write(1)

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Line.objects.all().delete()

    @pytest.mark.parametrize(
        ("sql", "words"),
        [
            ("UPDATE audit_line SET detail = '{}' WHERE seq = {0} + 3", "not as it was written"),
            (
                "UPDATE audit_line SET at = '2020-01-01 00:00:00' WHERE seq = {0} + 2",
                "not as it was",
            ),
            ("DELETE FROM audit_line WHERE seq = {0} + 3", "is missing"),
            (
                "UPDATE audit_line SET seq = CASE seq WHEN {0} + 2 THEN -1 ELSE seq END",
                "is missing",
            ),
        ],
    )
    def test_a_change_behind_the_databases_back_is_found(self, sql, words):
        write(6)
        first = Line.objects.order_by("-seq")[5].seq

        tamper(sql.replace("{0}", str(first)))

        assert any(words in fault for fault in log.verify().faults)

    def test_two_lines_that_change_places_are_found(self):
        write(4)
        a, b = (line.seq for line in Line.objects.order_by("seq")[1:3])

        tamper(f"UPDATE audit_line SET seq = -seq WHERE seq IN ({a}, {b})")
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_line SET seq = {a} + {b} + seq WHERE seq < 0")

        assert not log.verify().whole

    def test_a_line_rewritten_with_its_hash_breaks_the_next(self):
        write(3)
        victim = log.list_lines()[1]
        forged = chain.line_hash(
            seq=victim.seq,
            at=victim.at,
            by="person:9",
            did=victim.did,
            to=victim.to,
            detail=victim.detail,
            prev_hash=victim.prev_hash,
        )

        tamper(f"UPDATE audit_line SET by = 'person:9', hash = '{forged}' WHERE seq = {victim.seq}")

        assert any("not chained" in fault for fault in log.verify().faults)

    def test_a_log_cut_short_is_found_by_its_anchor(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            write(5)
        last = Line.objects.order_by("-seq").first().seq

        tamper(f"DELETE FROM audit_line WHERE seq > {last} - 2")

        assert log.verify().faults == (
            f"the log ends at line {last - 2}, but the anchor remembers line {last}",
        )

    def test_a_log_cut_short_and_grown_again_is_found_all_the_same(
        self, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            write(5)
        last = Line.objects.order_by("-seq").first().seq
        tamper(f"DELETE FROM audit_line WHERE seq > {last} - 2")

        with django_capture_on_commit_callbacks(execute=True):
            write(4)

        assert log.verify().faults == (f"line {last} is not the line the anchor remembers",)

    def test_a_log_without_its_anchor_is_found(self, anchor_file):
        write(1)
        anchor_file.unlink()

        assert "the anchor is gone" in log.verify().faults[0]

    def test_a_line_that_was_rolled_back_leaves_no_gap(self):
        write(1)
        before = log.list_lines(limit=1)[0].seq
        with transaction.atomic():
            write(3)
            transaction.set_rollback(True)

        assert log.record(by="a", did="b", to="c", at=NOW) == before + 1
        assert log.verify().whole

    def test_a_spoilt_anchor_is_a_fault_not_an_error(self, anchor_file):
        anchor_file.write_text(json.dumps({"seq": 4}))

        assert "not an audit anchor" in log.verify().faults[0]


WRITER = """
import sys, django
django.setup()
from django.db import transaction
from moothall.kernel import clock
from moothall.kernel.audit import log
for number in range(25):
    with transaction.atomic():
        log.record(by=f"person:{sys.argv[1]}", did="changed", to="idea:1", at=clock.now())
"""
JUDGE = """
import django
django.setup()
from moothall.kernel.audit import log
verdict = log.verify()
print(verdict.lines, *verdict.faults, sep="|")
"""


def run_python(code: str, environment: dict[str, str], *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], env=environment, stdout=subprocess.PIPE, text=True
    )


def assert_processes_make_one_chain(environment: dict[str, str]) -> None:
    migrated = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "audit", "-v0", "--skip-checks"],
        env=environment,
        check=False,
    )
    assert migrated.returncode == 0
    writers = [run_python(WRITER, environment, str(name)) for name in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4

    assert run_python(JUDGE, environment).communicate(timeout=60)[0].strip() == "100"


@pytest.fixture
def environment(tmp_path):
    return {
        "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MOOTHALL_HOME": str(tmp_path / "home"),
    }


def test_processes_that_write_at_once_make_one_chain(environment):
    assert_processes_make_one_chain(environment)


@pytest.mark.postgres
def test_processes_that_write_at_once_make_one_chain_on_postgresql(environment, own_postgres):
    assert_processes_make_one_chain({**environment, "DATABASE_URL": own_postgres})


@pytest.mark.postgres
def test_postgresql_refuses_a_change(environment, own_postgres):
    assert_processes_make_one_chain({**environment, "DATABASE_URL": own_postgres})

    with psycopg.connect(own_postgres) as database:
        for sql in (
            "UPDATE audit_line SET by = 'x'",
            "DELETE FROM audit_line",
            "TRUNCATE audit_line",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                database.execute(sql)
            database.rollback()


def test_the_anchor_only_moves_on(tmp_path):
    path = tmp_path / "audit.anchor"
    anchor.move_on(path, chain.Anchor(7, "seven"), is_in_log=lambda kept: True)
    anchor.move_on(path, chain.Anchor(5, "five"), is_in_log=lambda kept: True)
    anchor.move_on(path, chain.Anchor(9, "nine"), is_in_log=lambda kept: False)

    assert anchor.read(path) == chain.Anchor(7, "seven")
