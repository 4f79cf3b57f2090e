"""Messages leave once, after their transaction, and are tried again."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction

from moothall.kernel.outbox import queue, sending
from moothall.kernel.outbox.models import Message

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def put(key: str = "request:R-1:received") -> bool:
    return queue.put(key=key, to="jo@example.org", subject="We have it", body="Thank you", now=NOW)


def test_a_message_leaves_once():
    put()

    assert sending.send_due(NOW) == sending.Sent(sent=1)
    assert sending.send_due(NOW + timedelta(hours=1)) == sending.Sent()
    assert [(m.to, m.subject, m.body) for m in mail.outbox] == [
        (["jo@example.org"], "We have it", "Thank you")
    ]


def test_the_same_key_is_never_sent_twice():
    assert put()
    assert not put()

    assert sending.send_due(NOW).sent == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=365)])
def test_a_message_put_before_the_clock_was_set_back_leaves_at_once(back):
    put()

    assert sending.send_due(NOW - back) == sending.Sent(sent=1)


def test_a_message_of_a_transaction_that_failed_never_leaves():
    with transaction.atomic():
        put()
        transaction.set_rollback(True)

    assert sending.send_due(NOW) == sending.Sent()


@pytest.fixture
def broken(monkeypatch):
    def refuse(self, fail_silently=False):
        raise SMTPRecipientsRefused({"jo@example.org": (550, b"no such person")})

    monkeypatch.setattr(EmailMessage, "send", refuse)


def test_a_failed_message_waits_longer_each_time_and_is_given_up(broken):
    put()
    now, waits = NOW, []
    for _ in sending.WAITS:
        assert sending.send_due(now).delayed == 1
        due = Message.objects.get().due_at
        waits.append(due - now)
        assert sending.send_due(due - timedelta(seconds=1)) == sending.Sent()
        now = due

    assert waits == sorted(waits) == list(sending.WAITS)
    assert sending.send_due(now) == sending.Sent(given_up=1)
    assert sending.send_due(now + timedelta(days=30)) == sending.Sent()


def test_what_a_mail_server_said_of_a_person_is_not_kept(broken):
    put()
    sending.send_due(NOW)

    assert Message.objects.get().last_error == "SMTPRecipientsRefused"


def test_a_sender_that_died_leaves_its_message_to_the_next(monkeypatch):
    put()

    def die(self, fail_silently=False):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", die)
        with pytest.raises(KeyboardInterrupt):
            sending.send_due(NOW)

    assert sending.send_due(NOW + timedelta(minutes=1)) == sending.Sent()
    assert sending.send_due(NOW + sending.LEASE) == sending.Sent(sent=1)


def test_two_tries_carry_one_message_id(monkeypatch):
    put()
    sending.send_due(NOW)
    Message.objects.update(sent_at=None, due_at=NOW)
    sending.send_due(NOW)

    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second


def test_address_and_words_are_forgotten_after_a_week():
    put()
    sending.send_due(NOW)

    assert sending.forget_sent(NOW + timedelta(days=6)) == 0
    assert sending.forget_sent(NOW + timedelta(days=8)) == 1
    kept = Message.objects.get()
    assert (kept.to, kept.subject, kept.body) == ("", "", "")
    assert not put()
