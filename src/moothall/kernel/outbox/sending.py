"""Send what is due: the worker's step. The only module of the house that speaks SMTP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import Q

from moothall.kernel.outbox.models import Message

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
"""A sender that dies holds a message for this long; then it is another's."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
KEEP_SENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one step did."""

    sent: int = 0
    delayed: int = 0
    given_up: int = 0


def _claim(now: datetime, limit: int) -> list[Message]:
    """Take the messages due, so that no other sender does."""
    with transaction.atomic():
        # Due further ahead than any wait is long: the clock was set back since.
        longest = Q(attempts=0, due_at__gt=now + 2 * LEASE) | Q(due_at__gt=now + 2 * WAITS[-1])
        due = Message.objects.filter(Q(due_at__lte=now) | longest, sent_at=None, failed_at=None)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        taken = list(due.order_by("due_at", "pk")[:limit])
        Message.objects.filter(pk__in=[message.pk for message in taken]).update(due_at=now + LEASE)
    return taken


def send_due(now: datetime, *, limit: int = 50) -> Sent:
    """Send the messages that are due, each tried again later if it fails, until given up.

    Leaves:  sent messages marked so; a sender killed between the sending and the marking sends
             again after the lease, under the same Message-ID.
    """
    sent = delayed = given_up = 0
    waiting = _claim(now, limit)
    if not waiting:
        return Sent()
    mail = get_connection(fail_silently=False)
    for message in waiting:
        try:
            EmailMessage(
                message.subject,
                message.body,
                settings.DEFAULT_FROM_EMAIL,
                [message.to],
                headers={"Message-ID": f"<{message.pk}.outbox@{settings.MAIL_DOMAIN}>"},
                connection=mail,
            ).send()
        except (OSError, SMTPException) as fault:
            # The words of a mail server may hold the address: only the kind of fault is kept.
            message.last_error = type(fault).__name__
            message.attempts += 1
            if message.attempts > len(WAITS):
                message.failed_at = now
                given_up += 1
            else:
                message.due_at = now + WAITS[message.attempts - 1]
                delayed += 1
            log.warning(
                "outbox.not_sent",
                message=message.pk,
                attempts=message.attempts,
                fault=message.last_error,
            )
        else:
            message.sent_at = now
            message.last_error = ""
            sent += 1
        message.save(update_fields=("attempts", "sent_at", "failed_at", "due_at", "last_error"))
    return Sent(sent, delayed, given_up)


def forget_sent(now: datetime) -> int:
    """Erase address and words of messages sent or given up over a week ago; return how many."""
    old = Message.objects.exclude(to="")
    gone = old.filter(sent_at__lt=now - KEEP_SENT) | old.filter(failed_at__lt=now - KEEP_SENT)
    return gone.update(to="", subject="", body="")
