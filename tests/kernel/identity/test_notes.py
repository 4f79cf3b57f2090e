"""What sign-in remembers is one memory for every process, and lasts as long as it should."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches

from moothall.kernel.identity import notes
from moothall.kernel.identity.models import Note

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

PROCESS = """
import json, sys
import django
django.setup()
from moothall.site import prepare
prepare.people()
from django.test import Client
answers = []
for at in range(int(sys.argv[2])):
    tried = {"login": sys.argv[3].format(at), "password": "wrong"}
    page = Client().post("/account/login/", tried, REMOTE_ADDR=sys.argv[1])
    slowed = "Too many failed" in page.content.decode()
    answers.append("slowed" if slowed else page.status_code)
print(json.dumps(answers))
"""


def try_to_sign_in(home, *, address, times, login):
    """Start a process of its own that tries wrong passwords; return what it was told."""
    environ = {
        **os.environ,
        "MOOTHALL_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
        "MOOTHALL_HOSTS": "testserver",
        "MOOTHALL_LIMIT_SIGN_IN": "8/hour",
        "MOOTHALL_LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, address, str(times), login],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def test_tries_are_counted_over_processes_and_restarts(tmp_path):
    one = try_to_sign_in(tmp_path, address="203.0.113.1", times=6, login="a{}@city.example")
    two = try_to_sign_in(tmp_path, address="203.0.113.1", times=4, login="b{}@city.example")
    # From other addresses, but at the same account.
    three = try_to_sign_in(tmp_path, address="203.0.113.2", times=4, login="jo@city.example")
    four = try_to_sign_in(tmp_path, address="203.0.113.3", times=2, login="jo@city.example")

    assert one == [200] * 6
    assert two == [200, 200, 429, 429]
    assert three == [200] * 4
    assert four == [200, "slowed"]


@pytest.fixture
def cache(db, monkeypatch):
    """The cache, at an instant that a test may move."""
    cache = caches["default"]
    cache.now = NOW
    monkeypatch.setattr(notes.clock, "now", lambda: cache.now)
    return cache


def test_the_house_s_cache_is_this_one(cache):
    assert type(cache) is notes.Notes


def test_a_value_lasts_as_long_as_it_was_given(cache):
    cache.set("tries", [1.5, 2.5], 60)
    cache.set("always", True, None)
    assert cache.get("tries") == [1.5, 2.5]

    cache.now = NOW + timedelta(seconds=61)
    assert cache.get("tries", []) == []
    assert cache.get("always") is True
    assert notes.forget_old(cache.now) == 1


def test_of_two_who_add_the_second_is_told_no_until_it_ends(cache):
    assert cache.add("lock", True, 10)
    assert not cache.add("lock", True, 10)
    cache.now = NOW + timedelta(seconds=11)
    assert cache.add("lock", True, 10)
    assert cache.touch("lock", 100)
    cache.now += timedelta(seconds=50)
    assert cache.get("lock") is True
    assert cache.delete("lock")
    assert not cache.delete("lock")
    assert not cache.touch("lock", 5)


def test_nothing_that_is_kept_is_ever_run(cache):
    with pytest.raises(TypeError):
        cache.set("code", object())
    Note.objects.create(
        key=cache.make_key("odd"), value="cos\nsystem\n", until_at=NOW.replace(year=2030)
    )
    with pytest.raises(ValueError, match="Expecting value"):
        cache.get("odd")
    cache.clear()
    assert not Note.objects.exists()
