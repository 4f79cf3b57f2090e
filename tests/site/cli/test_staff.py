"""`moothall staff` makes, changes and closes accounts of those who work here."""

import os
import subprocess
import sys

import pytest

from moothall.kernel.identity import accounts
from moothall.site.cli.staff import app

pytestmark = pytest.mark.django_db
ADA = "ada@council.example"


def test_an_account_is_made_and_its_link_to_set_a_password_shown(call, client):
    done = call(app, "add", ADA, "--role", "editor")

    assert done.exit_code == 0
    assert done.output.startswith("http")
    assert [group.name for group in accounts.find_staff(ADA).groups.all()] == ["editor"]
    assert call(app, "link", ADA).output.startswith("http")


def test_the_same_account_twice_is_refused_with_a_sentence(call):
    call(app, "add", ADA)

    done = call(app, "add", ADA)

    assert done.exit_code == 1
    assert done.output.startswith("moothall: ")


def test_a_role_can_be_changed_and_the_account_closed(call):
    call(app, "add", ADA)

    assert call(app, "role", ADA, "--role", "editor").exit_code == 0
    assert [group.name for group in accounts.find_staff(ADA).groups.all()] == ["editor"]
    assert call(app, "reset-mfa", ADA).exit_code == 0
    assert call(app, "close", ADA).exit_code == 0
    closed = accounts.find_staff(ADA)
    assert closed is None or not closed.is_active


@pytest.mark.parametrize("words", [("link",), ("role",), ("close",), ("reset-mfa",)])
def test_nobody_is_changed_who_is_not_there(call, words):
    done = call(app, *words, "nobody@council.example")

    assert (done.exit_code, done.output) == (
        1,
        "moothall: there is no account for nobody@council.example\n",
    )


def test_the_last_administrator_is_neither_closed_nor_given_less(call):
    call(app, "add", ADA, "--role", "admin")

    for words in (("close", ADA), ("role", ADA, "--role", "viewer")):
        done = call(app, *words)
        assert (done.exit_code, "last administrator" in done.output) == (1, True)
    call(app, "add", "bob@council.example", "--role", "admin")
    assert call(app, "role", ADA, "--role", "viewer").exit_code == 0


def test_accounts_are_listed_with_what_they_may_do(call):
    assert "no accounts yet" in call(app, "list").output
    call(app, "add", ADA, "--role", "publisher")
    call(app, "add", "bob@council.example")
    call(app, "close", "bob@council.example")

    lines = [line.split() for line in call(app, "list").output.splitlines()]
    assert [line[:3] for line in lines] == [
        [ADA, "publisher", "open"],
        ["bob@council.example", "viewer", "closed"],
    ]


def test_a_closed_account_is_opened_again_with_nothing_of_before(call):
    call(app, "add", ADA)
    person = accounts.find_staff(ADA)
    person.set_password("heron canal lantern")
    person.save()
    person.authenticator_set.create(type="totp", data={"secret": "unused"})
    call(app, "close", ADA)
    assert "closed" in call(app, "link", ADA).output

    assert call(app, "reopen", ADA).output.startswith("http")
    person = accounts.find_staff(ADA)
    assert person.is_active
    assert not person.has_usable_password()
    assert not person.authenticator_set.exists()
    assert call(app, "reopen", ADA).exit_code == 1


def test_a_command_on_an_empty_home_makes_the_tables_it_needs(tmp_path):
    environ = {**os.environ, "MOOTHALL_HOME": str(tmp_path), "CITY": "leeds"}
    staff = (sys.executable, "-c", "from moothall.site.cli import app; app()", "staff")

    done = subprocess.run(
        [*staff, "add", ADA, "--role", "admin"], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http")
    again = subprocess.run([*staff, "list"], env=environ, capture_output=True, text=True)
    assert again.stdout.startswith(ADA)
    assert "tables are made" in done.stderr
    assert "tables are made" not in again.stderr
