"""What stops a command is said in a sentence that a person can act on."""

import os
import sqlite3
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from moothall.site import faults


def doctor(tmp_path, **given):
    environ = {**os.environ, "MOOTHALL_HOME": str(tmp_path / "home"), **given}
    return subprocess.run(
        [sys.executable, "-c", "from moothall.site.cli import app; app()", "feeds", "list"],
        env=environ,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"CITY": "nowhere"}, "CITY=nowhere names no city"),
        ({"REPLAY": "/no/such/folder"}, "no folder of recordings"),
        ({"MOOTHALL_HOME": "/dev/null/home"}, "name a folder that this account may write to"),
        ({"MOOTHALL_SMTP_PORT": "mail"}, "MOOTHALL_SMTP_PORT=mail is not a whole number"),
        ({"MOOTHALL_SECRET_KEY_FILE": "/no/such/key"}, "MOOTHALL_SECRET_KEY_FILE=/no/such/key"),
        ({"DATABASE_URL": "oracle-of-delphi://x"}, "not an address of a database"),
    ],
)
def test_a_wrong_setting_ends_a_command_in_a_sentence_and_no_traceback(tmp_path, given, words):
    done = doctor(tmp_path, **given)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_our_own_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), faults.in_words():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "fault",
    [
        sqlite3.OperationalError("database or disk is full"),
        OSError(28, "No space left on device", "lake"),
        ImproperlyConfigured("CITY names no city."),
    ],
)
def test_what_the_machine_lacks_is_said_and_ends_with_one(fault):
    with pytest.raises(SystemExit) as end, faults.in_words():
        raise fault
    assert str(end.value).startswith("moothall: ")
