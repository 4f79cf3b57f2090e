"""A new member of staff, from the link they are given to the desk."""

import re
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth import tokens
from django.test import Client

from moothall.kernel.audit import log
from moothall.kernel.identity import accounts, adapters, steady
from moothall.kernel.identity.attempts import SharedAttempts, forget_old
from moothall.kernel.identity.models import Person
from moothall.kernel.identity.roles import Role
from moothall.kernel.outbox.models import Message

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
PASSWORD = "heron canal lantern"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_anchor_of_its_own(settings, tmp_path):
    settings.AUDIT_ANCHOR = str(tmp_path / "audit.anchor")


@pytest.fixture
def officer() -> Person:
    return accounts.add_staff(email="Jo@Council.example", role=Role.EDITOR, by="test", now=NOW)


@pytest.fixture
def ready(officer, client) -> Person:
    """An officer with a password and an authenticator app."""
    set_password(client, officer)
    return officer


def set_password(client, person):
    form = client.get(accounts.password_path(person), follow=True)
    assert "Set your password" in form.content.decode()
    address = form.redirect_chain[-1][0]
    return client.post(address, {"password1": PASSWORD, "password2": PASSWORD}, follow=True)


def sign_in(client, email="jo@council.example", password=PASSWORD):
    return client.post("/account/login/", {"login": email, "password": password})


def confirm(client):
    """Give the password again, as every change of a second factor asks."""
    asked = client.get("/account/2fa/totp/activate/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    client.post("/account/reauthenticate/", {"password": PASSWORD})


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.mark.django_db(transaction=True)
def test_from_link_to_desk_and_back_in_with_a_code(officer, client):
    assert "Your password is set" in set_password(client, officer).content.decode()
    assert sign_in(client)["Location"] == "/desk/"

    confirm(client)
    setting_up = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", setting_up).group(1)
    done = client.post("/account/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    codes = re.findall(r"<code>(\d{8})</code>", done.content.decode())
    assert len(codes) == 10

    client.post("/account/logout/")
    asked = sign_in(client)
    assert asked["Location"] == "/account/2fa/authenticate/"
    assert "Enter your code" in client.get(asked["Location"]).content.decode()
    assert client.post(asked["Location"], {"code": codes[0]})["Location"] == "/desk/"

    did = [line.did for line in reversed(log.list_lines())]
    did = did[did.index("staff_added") :]  # a test that needs a real server leaves its own before
    assert [step for step in did if step != "recovery_codes_generated"] == [
        "staff_added",
        "password_reset",
        "signed_in",
        "totp_activated",
        "signed_in",
    ]
    assert log.verify().whole


def test_a_password_alone_does_not_sign_in_someone_with_a_second_factor(ready, client):
    Authenticator.objects.create(user=ready, type="totp", data={"secret": "unused"})
    sign_in(client)

    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_who_was_signed_in_with_a_password_alone_is_signed_out_by_the_first_second_factor(
    ready, client
):
    thief = Client()
    sign_in(thief)
    sign_in(client)
    assert thief.get("/account/2fa/").status_code == 200

    confirm(client)
    page = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page).group(1)
    client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})

    assert client.get("/account/2fa/").status_code == 200
    assert thief.get("/account/2fa/")["Location"].startswith("/account/login/")


def test_taking_away_the_last_second_factor_signs_its_owner_out(ready, client):
    Authenticator.objects.create(user=ready, type="totp", data={"secret": "unused"})
    ready.refresh_from_db()
    client.force_login(ready, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/account/2fa/").status_code == 200

    accounts.remove_second_factors(person=ready, by="test", now=NOW)

    assert client.get("/account/2fa/")["Location"].startswith("/account/login/")


def test_a_link_to_set_a_password_works_once(officer, client):
    link = accounts.password_path(officer)
    set_password(client, officer)

    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_a_second_factors_secret_is_sealed_in_the_database(ready, client):
    sign_in(client)
    confirm(client)
    page = client.get("/account/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page).group(1)
    client.post("/account/2fa/totp/activate/", {"code": code_of(secret)})

    assert secret not in str(list(Authenticator.objects.values_list("data")))


def test_nobody_makes_an_account_for_themselves(client):
    tried = {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}

    assert (
        "Accounts are made by an administrator"
        in client.post("/account/signup/", tried).content.decode()
    )
    assert not Person.objects.exists()


@pytest.mark.parametrize("password", ["short", "council1234", "123456789012", "jo@council.example"])
def test_a_weak_password_is_refused(officer, client, password):
    form = client.get(accounts.password_path(officer), follow=True)
    address = form.redirect_chain[-1][0]

    answer = client.post(address, {"password1": password, "password2": password})

    officer.refresh_from_db()
    assert not officer.has_usable_password() or "There is a problem" in answer.content.decode()
    assert not officer.check_password(password)


def test_asking_to_reset_says_the_same_to_everyone_and_mails_only_staff(officer, client):
    answers = {
        client.post("/account/password/reset/", {"email": email}, follow=True).redirect_chain[-1]
        for email in ("jo@council.example", "nobody@council.example")
    }

    assert answers == {("/account/password/reset/done/", 302)}
    assert [message.to for message in Message.objects.all()] == ["jo@council.example"]
    assert "/account/password/reset/key/" in Message.objects.get().body


def test_nobody_floods_a_mailbox_with_links(officer, client, monkeypatch):
    times = [NOW, NOW.replace(minute=35), NOW.replace(minute=41)]
    for at in times:
        monkeypatch.setattr(adapters.clock, "now", lambda at=at: at)
        monkeypatch.setattr(
            tokens.PasswordResetTokenGenerator, "_now", lambda self, at=at: at.replace(tzinfo=None)
        )
        client.post("/account/password/reset/", {"email": "jo@council.example"})

    assert Message.objects.count() == 2


def test_a_closed_account_is_signed_out_and_stays_out(ready, client):
    accounts.add_staff(email="boss@council.example", role=Role.ADMIN, by="test", now=NOW)
    sign_in(client)
    accounts.close_account(person=ready, by="test", now=NOW)

    assert client.get("/account/2fa/")["Location"].startswith("/account/login/")
    again = Client()
    sign_in(again)
    assert "_auth_user_id" not in again.session


def test_the_last_administrator_stays():
    boss = accounts.add_staff(email="boss@council.example", role=Role.ADMIN, by="test", now=NOW)

    with pytest.raises(accounts.UnableToChangeStaff, match="last administrator"):
        accounts.close_account(person=boss, by="test", now=NOW)


def test_an_address_has_one_account_whatever_its_capitals(officer):
    with pytest.raises(accounts.UnableToAddStaff, match="has an account already"):
        accounts.add_staff(email="JO@council.EXAMPLE", role=Role.VIEWER, by="test", now=NOW)
    with pytest.raises(accounts.UnableToAddStaff, match="not an e-mail address"):
        accounts.add_staff(email="jo", role=Role.VIEWER, by="test", now=NOW)


def test_a_person_has_one_role_at_a_time(officer):
    accounts.change_role(person=officer, role=Role.PUBLISHER, by="person:9", now=NOW)

    fresh = Person.objects.get(pk=officer.pk)
    assert fresh.has_perm("desk.publish")
    assert not fresh.has_perm("desk.administer")
    assert [line.detail for line in log.list_lines(limit=1)] == [
        '{"role":"publisher","was":["editor"]}'
    ]


ADDRESSES = [
    "/account/login/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/password/reset/key/done/",
    "/account/inactive/",
    "/account/signup/",
]
OWN = [
    "/account/logout/",
    "/account/password/change/",
    "/account/reauthenticate/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_account_page_is_one_of_ours(client, address):
    assert_ours(client.get(address))


@pytest.mark.parametrize("address", OWN)
def test_every_page_of_a_signed_in_person_is_one_of_ours(ready, client, address):
    sign_in(client)
    confirm(client)

    assert_ours(client.get(address))


def assert_ours(answer):
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("<h1") == 1
    assert 'id="main' in text
    assert " style=" not in text
    assert " onclick=" not in text
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script


def test_attempts_are_counted_across_processes_and_forgotten():
    store = SharedAttempts(clock=lambda: NOW)

    assert [store.incr("sign-in/x", 60) for _ in range(3)] == [1, 2, 3]
    assert SharedAttempts(clock=lambda: NOW).get("sign-in/x") == 3
    later = NOW.replace(minute=32)
    assert SharedAttempts(clock=lambda: later).incr("sign-in/x", 60) == 1
    assert forget_old(later.replace(minute=40)) == 1


def test_a_link_leads_to_our_own_address_whatever_we_were_called(officer, client, settings):
    settings.URL = "https://city.example"
    settings.ALLOWED_HOSTS = ["*"]
    asked = {"email": "jo@council.example"}
    client.post("/account/password/reset/", asked, headers={"host": "evil.example:99"})

    assert "https://city.example/account/password/reset/key/" in Message.objects.get().body
    assert "evil" not in Message.objects.get().body


def test_asking_for_a_link_takes_as_long_for_a_stranger(officer, client, monkeypatch):
    slept = []
    monkeypatch.setattr(steady, "sleep", slept.append)
    monkeypatch.setattr(steady, "monotonic", iter([0.0, 0.1, 5.0, 5.3, 9.0, 9.9]).__next__)
    for email in ("jo@council.example", "nobody@council.example", "slow@council.example"):
        client.post("/account/password/reset/", {"email": email})

    assert slept == pytest.approx([0.3, 0.1, 0.0])
