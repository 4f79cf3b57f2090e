"""Put a message in the outbox."""

from datetime import datetime

from moothall.kernel.outbox.models import Message


def put(*, key: str, to: str, subject: str, body: str, now: datetime) -> bool:
    """Keep an e-mail to be sent once the caller's transaction commits; False if already there.

    Shape:   `key` says what the message is about ("request:R-12:received"); the same key is never
             sent twice.
    """
    _, made = Message.objects.get_or_create(
        key=key,
        defaults={
            "to": to,
            "subject": " ".join(subject.split()),
            "body": body,
            "created_at": now,
            "due_at": now,
        },
    )
    return made
