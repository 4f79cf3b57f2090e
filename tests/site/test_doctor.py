"""Each unsafe setting, set on purpose, is found and comes with its mend."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from django.db import connection
from typer.testing import CliRunner

from moothall.kernel import clock
from moothall.kernel.audit import log
from moothall.kernel.feeds.health import FeedState
from moothall.kernel.registry import Arrival
from moothall.site import doctor, exposure, pulse
from moothall.site.cli.doctor import doctor as command
from moothall.site.findings import Weight
from moothall.values.observations import Batch, Observation, Series

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def safe(settings, tmp_path, lake, monkeypatch):
    """A house in production with nothing to mend."""
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    backups = tmp_path / "backups"
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir(mode=0o711)
    settings.STORES = settings.HOME / "city"
    settings.STORES.mkdir(mode=0o700)
    settings.PRODUCTION = True
    settings.DEBUG = False
    settings.REPLAY = ""
    settings.SECRET_KEY = "kV8x" * 5 + "0q2Zr7LmPw1TsYbNc4Hd6Gf9Jv3Xe5Ka"
    address = "postgresql://house:z9@db/house?sslmode=verify-full"
    settings.DATABASE_URL = settings.LAKE_DATABASE_URL = address
    settings.ALLOWED_HOSTS = ["city.example"]
    settings.URL = "https://city.example"
    settings.TRUSTED_PROXIES = ["127.0.0.1/32"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LIMITS_ON = True
    settings.SMTP_HOST = "mail.example"
    settings.EMAIL_HOST_USER = "house"
    settings.EMAIL_USE_TLS = True
    settings.METRICS_TOKEN = ""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
    settings.BACKUPS = str(backups)
    settings.WORKER_PULSE = str(tmp_path / "worker.pulse")
    settings.AUDIT_ANCHOR = str(tmp_path / "audit.anchor")
    finished = backups / f"moothall-{settings.STORES.name}-20260104T020000Z"
    finished.mkdir(parents=True)
    backups.chmod(0o750)
    (finished / "manifest.json").write_text('{"made_at": "2026-01-04T02:00:00+00:00"}')
    last = next(iter(log.list_lines(limit=1)), None)
    seen = {"seq": last.seq, "hash": last.hash} if last else {"seq": 0, "hash": "0" * 64}
    Path(settings.AUDIT_ANCHOR).write_text(json.dumps(seen))
    pulse.beat(NOW)
    return settings


def unsafe() -> str:
    return " | ".join(f.what for f in doctor.examine(NOW) if f.weight is Weight.UNSAFE)


def advised() -> str:
    return " | ".join(f.what for f in doctor.examine(NOW) if f.weight is Weight.ADVICE)


def test_a_safe_house_has_nothing_unsafe(safe, monkeypatch):
    monkeypatch.setattr(exposure.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(exposure.push, "has_key", lambda feed: True)

    assert unsafe() == ""
    assert advised() == "nobody is an administrator"


def test_a_demonstration_on_a_laptop_is_told_little(safe):
    safe.PRODUCTION = False

    assert unsafe() == ""


def test_mail_to_a_server_that_knows_nobody_is_found(safe):
    safe.EMAIL_HOST_USER = ""

    assert "the mail server does not ask who we are" in advised()


def test_a_database_of_ones_own_machine_needs_no_tls(safe):
    safe.DATABASE_URL = "postgresql://house:z9@localhost/house"

    assert "on the way" not in unsafe()


def test_a_push_key_written_out_is_found(safe, monkeypatch):
    monkeypatch.setenv("MOOTHALL_PUSH_KEYS", f"a.b:{'0' * 64}")
    assert unsafe() == ""
    monkeypatch.setenv("MOOTHALL_PUSH_KEYS", f"a.b:{'0' * 64}, a.c:plain-text-key")
    assert "perhaps the key itself" in unsafe()


def test_a_feed_nobody_may_push_to_is_found(safe, monkeypatch):
    pushed = SimpleNamespace(name="a.b", state=None, feed=SimpleNamespace(arrives=Arrival.PUSH))
    monkeypatch.setattr(exposure.health, "list_feeds", lambda now: (pushed,))

    assert "nobody has a key to push to a.b" in advised()


def test_feeds_that_bring_nothing_are_named(safe, monkeypatch):
    broken = SimpleNamespace(
        name="a.b", state=FeedState.FAILING, feed=SimpleNamespace(arrives=Arrival.PULL)
    )
    monkeypatch.setattr(exposure.health, "list_feeds", lambda now: (broken,))

    assert "1 feeds bring nothing new: a.b" in advised()


def test_facts_not_sealed_for_days_are_found(safe, lake):
    series = Series(
        key="flood.w.level_m", thing="w", observed_property="level", title="Level", unit="m"
    )
    said = Observation(series=series.key, at=NOW - timedelta(days=3), result=1.0)
    batch = Batch(series=(series,), observations=(said,))
    lake.append(batch, feed="flood.readings", key="1", now=NOW - timedelta(days=3))

    assert "1 facts wait to be sealed, since 02 January" in unsafe()


@pytest.mark.parametrize("what", ["named", "made"])
def test_a_secret_others_can_read_is_found(safe, tmp_path, monkeypatch, what):
    file = tmp_path / "secret" if what == "named" else safe.HOME / "secret_key"
    monkeypatch.setenv("MOOTHALL_SECRET_KEY_FILE", str(tmp_path / "secret"))
    file.write_text("x")
    file.chmod(0o640)
    assert "can read" not in unsafe()
    file.chmod(0o644)
    assert f"everyone on this machine can read {file}" in unsafe()


def test_backups_others_can_read_or_that_lie_among_the_stores_are_found(safe):
    Path(safe.BACKUPS).chmod(0o755)
    assert "can read the backups" in unsafe()
    safe.BACKUPS = str(safe.STORES)
    assert "backups lie among what they are backups of" in unsafe()


def test_software_that_is_mended_no_more_is_found(safe, monkeypatch):
    monkeypatch.setattr(exposure.sys, "version_info", (3, 11, 9))
    monkeypatch.setattr(exposure.ssl, "OPENSSL_VERSION_INFO", (1, 1, 1))
    later = " | ".join(found.what for found in doctor.examine(NOW + timedelta(days=800)))

    assert "Python 3.11 is mended no more since October 2027" in later
    assert "is mended no more" in unsafe()


def test_powers_and_words_the_house_does_not_need_are_found(safe, monkeypatch):
    monkeypatch.setattr(exposure.os, "geteuid", lambda: 0)
    monkeypatch.setenv("MOOTHALL_LOG_LEVEL", "DEBUG")

    assert "this runs as root" in advised()
    assert "the log tells every detail" in advised()


def test_an_account_nobody_uses_is_found(safe, sign_in, django_user_model):
    sign_in("admin")
    django_user_model.objects.update(last_login=NOW - timedelta(days=200))

    assert "1 open accounts have not been used for 180 days" in advised()


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
        ("TRUSTED_PROXIES", ["128.0.0.0/1"], "believed from anyone"),
        ("TRUSTED_PROXIES", ["2000::/3"], "believed from anyone"),
        ("TRUSTED_PROXIES", ["the proxy"], "names no network"),
        ("TRUSTED_PROXIES", [], "anyone can read /metrics"),
        ("METRICS_TOKEN", "secret", "metrics token can be guessed"),
        ("SECRET_KEY_FALLBACKS", ["old"], "key of the past is weak"),
        ("URL", "https://other.example", "links in e-mail lead to other.example"),
        ("MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", True, "passkeys are taken from pages without https"),
        ("SESSION_COOKIE_HTTPONLY", False, "may use the session's cookie"),
        ("SESSION_COOKIE_SAMESITE", "None", "may use the session's cookie"),
        ("ALLOW_HOSTS", ["169.254.169.254"], "this machine's own secrets"),
        ("ALLOW_HOSTS", ["metadata.google.internal"], "this machine's own secrets"),
        ("LIMIT_READING", "as often as you like", "no page can be answered"),
        ("LIMIT_SIGN_IN", "100/minute", "may try 6000 passwords an hour"),
        ("DATABASE_URL", "postgresql://house:z9@db/house", "can be read on the way"),
        ("MQTT_URL", "mqtt://house:z9@broker", "broker's password can be read"),
        ("EMAIL_USE_TLS", False, "mailed in the open"),
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
