"""`moothall staff` makes, changes and closes accounts of those who work here."""

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
