"""Each unsafe setting, set on purpose, is found and comes with its mend."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.db import connection
from typer.testing import CliRunner

from moothall.kernel import clock
from moothall.kernel.audit import log
from moothall.site import doctor, pulse
from moothall.site.cli.doctor import doctor as command
from moothall.site.doctor import Weight

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def safe(settings, tmp_path, lake):
    """A house in production with nothing to mend."""
    backups = tmp_path / "backups"
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir(mode=0o711)
    settings.STORES = settings.HOME / "city"
    settings.STORES.mkdir(mode=0o700)
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.REPLAY = ""
    settings.SECRET_KEY = "kV8x" * 5 + "0q2Zr7LmPw1TsYbNc4Hd6Gf9Jv3Xe5Ka"
    settings.DATABASE_URL = settings.LAKE_DATABASE_URL = "postgresql://house:z9@db/house"
    settings.ALLOWED_HOSTS = ["city.example"]
    settings.URL = "https://city.example"
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LIMITS_ON = True
    settings.SMTP_HOST = "mail.example"
    settings.BACKUPS = str(backups)
    settings.WORKER_PULSE = str(tmp_path / "worker.pulse")
    settings.AUDIT_ANCHOR = str(tmp_path / "audit.anchor")
    finished = backups / f"moothall-{settings.STORES.name}-20260104T020000Z"
    finished.mkdir(parents=True)
    (finished / "manifest.json").write_text('{"made_at": "2026-01-04T02:00:00+00:00"}')
    pulse.beat(NOW)
    return settings


def unsafe() -> str:
    return " | ".join(f.what for f in doctor.examine(NOW) if f.weight is Weight.UNSAFE)


def advised() -> str:
    return " | ".join(f.what for f in doctor.examine(NOW) if f.weight is Weight.ADVICE)


def test_a_safe_house_has_nothing_unsafe(safe):
    assert unsafe() == ""
    assert advised() == "nobody is an administrator"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", True, "DEBUG is on"),
        ("REPLAY", "/recordings", "REPLAY is on"),
        ("SECRET_KEY", "", "no secret key"),
        ("SECRET_KEY", "short", "secret key is weak"),
        ("SECRET_KEY", "a" * 60, "secret key is weak"),
        ("DATABASE_URL", "postgresql://postgres:postgres@db/x", "well-known password"),
        ("ALLOWED_HOSTS", [], "no host is named"),
        ("ALLOWED_HOSTS", ["*"], "any host is believed"),
        ("URL", "http://city.example", "not https"),
        ("SECURE_SSL_REDIRECT", False, "served over http"),
        ("TRUSTED_PROXIES", ["0.0.0.0/0"], "believed from anyone"),
        ("LIMITS_ON", False, "no rate limits"),
        ("BACKUPS", "", "no folder for backups"),
        ("BACKUPS", "/nowhere/at/all", "there is no backup"),
        ("SESSION_COOKIE_SECURE", False, "security.W012"),
        ("SECURE_HSTS_SECONDS", 0, "security.W004"),
    ],
)
def test_an_unsafe_setting_is_found_with_its_mend(safe, name, value, words):
    setattr(safe, name, value)

    found = [finding for finding in doctor.examine(NOW) if words in finding.what]
    assert found
    assert all(len(finding.mend) > 5 for finding in found)


def test_an_old_backup_is_found(safe):
    found = " | ".join(f.what for f in doctor.examine(NOW + timedelta(days=3)))

    assert "the last backup is of 04 January 2026" in found


def test_a_silent_worker_is_found(safe):
    pulse.beat(NOW - timedelta(hours=2))

    assert "the worker is silent since 05 January 07:30" in unsafe()


@pytest.mark.parametrize(("name", "mode"), [("HOME", 0o755), ("STORES", 0o711)])
def test_stores_others_can_read_are_found(safe, name, mode):
    getattr(safe, name).chmod(mode)

    assert "everyone on this machine can read" in unsafe()


def test_a_nearly_full_disk_is_found(safe, monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_FREE_SHARE", 1.1)

    assert "% full" in unsafe()


def test_many_processes_on_sqlite_are_found(safe, monkeypatch):
    monkeypatch.setenv("MOOTHALL_WORKERS", "6")

    expected = connection.vendor == "sqlite"
    assert ("SQLite serves 6 web processes" in advised()) is expected


def test_staff_without_a_second_factor_are_found(safe, sign_in):
    sign_in("editor", second_factor=False)

    assert "1 staff have no second factor" in advised()


def test_a_superuser_is_found(safe, django_user_model):
    django_user_model.objects.create_user("root@city.example", is_superuser=True)

    assert "superusers" in unsafe()


def test_a_log_that_was_cut_short_is_found_and_alone_with_audit(safe, tmp_path):
    log.record(by="a", did="b", to="c", at=NOW)
    (tmp_path / "audit.anchor").write_text('{"seq": 99999, "hash": "x"}')

    assert "the anchor remembers line 99999" in unsafe()


def test_a_clock_that_is_wrong_is_found(monkeypatch):
    answer = httpx.Response(200, headers={"date": "Mon, 05 Jan 2026 09:20:00 GMT"})
    monkeypatch.setattr(httpx, "head", lambda url, **options: answer)

    found = list(doctor.check_clock("https://city.example", lambda: NOW))

    assert [finding.what for finding in found] == [
        "the clock is 600 s from that of https://city.example"
    ]


def test_the_command_ends_with_1_when_anything_is_unsafe(safe):
    import typer

    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, ["--audit"]).exit_code == 0
    assert "Nothing to mend." in CliRunner().invoke(app, ["--audit"]).output

    pulse.beat(clock.now() - timedelta(hours=1))
    done = CliRunner().invoke(app, ["--json"])
    assert done.exit_code == 1
    assert "the worker is silent" in done.output
