"""What the environment makes of the settings."""

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json, sys
from moothall.site import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


@pytest.fixture
def ask(tmp_path):
    """Ask for settings as a fresh process with this environment has them."""

    def answer(*names: str, **given: str) -> dict[str, object]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-c", ASK, *names],
            env={
                **kept,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "MOOTHALL_HOME": str(tmp_path / "home"),
                **given,
            },
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, object] = json.loads(done.stdout)
        return found

    return answer


def test_in_production_nothing_goes_over_http(ask):
    found = ask(
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "DEBUG",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
        MOOTHALL_PRODUCTION="1",
    )

    assert found == {
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-moothall",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "DEBUG": False,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
    }


def test_in_production_a_secret_key_is_given_or_absent_never_made(ask, tmp_path):
    assert ask("SECRET_KEY", MOOTHALL_PRODUCTION="1") == {"SECRET_KEY": ""}
    assert not (tmp_path / "home" / "secret_key").exists()


def test_a_demonstration_makes_its_own_key_and_keeps_it(ask, tmp_path):
    made = ask("SECRET_KEY")["SECRET_KEY"]

    assert len(str(made)) > 50
    assert ask("SECRET_KEY")["SECRET_KEY"] == made
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o077 == 0


def test_a_secret_may_be_a_file(ask, tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")

    found = ask("SECRET_KEY", MOOTHALL_SECRET_KEY_FILE=str(tmp_path / "key"))

    assert found == {"SECRET_KEY": "from-a-file"}


def test_what_is_empty_is_unset(ask):
    assert ask("CITY", "REPLAY", "ALLOWED_HOSTS", CITY="", REPLAY="", MOOTHALL_HOSTS="") == {
        "CITY": "leicester",
        "REPLAY": "",
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    }


def test_stores_are_their_owners_only(ask, tmp_path):
    ask("CITY")

    assert (tmp_path / "home" / "leicester").stat().st_mode & 0o077 == 0


def test_one_address_may_open_every_line_of_a_demonstration_and_few_of_a_city_people_rely_on(ask):
    names = ("LISTENERS", "LISTENERS_PER_ADDRESS")

    assert ask(*names) == {"LISTENERS": 4000, "LISTENERS_PER_ADDRESS": 4000}
    assert ask(*names, MOOTHALL_PRODUCTION="1") == {"LISTENERS": 4000, "LISTENERS_PER_ADDRESS": 40}
