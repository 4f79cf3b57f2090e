"""How django-allauth fits this house: no sign-up, mail through the outbox, secrets sealed."""

import base64
import hashlib
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from django.urls import reverse

from moothall.kernel import clock
from moothall.kernel.audit import log
from moothall.kernel.identity.guard import who
from moothall.kernel.outbox import queue

RESET = "account/email/password_reset_key"


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; the rest is allauth's."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address found by our own middleware, which knows our proxies."""
        return request.META.get("REMOTE_ADDR") or "unknown"

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to our own address, whatever name or port the request called us by."""
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return f"{settings.URL}{path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the message in the outbox, inside the transaction that caused it."""
        # Where and with what a person signed in stays out of e-mail.
        shown = {**context, "ip": "", "user_agent": "", "email": email}
        message = self.render_mail(template_prefix, email, {**shown, "request": self.request})
        now = clock.now()
        # Anybody may ask for a link to anybody's mailbox: one in ten minutes is enough of them.
        asked_for = template_prefix == RESET
        said = email if asked_for else f"{email}{message.body}"
        words = hashlib.sha256(said.encode()).hexdigest()[:16]
        slot = f"{now:%Y%m%dT%H%M}"[: -1 if asked_for else None]
        queue.put(
            key=f"{template_prefix}:{words}:{slot}",
            to=email,
            subject=message.subject,
            body=str(message.body),
            now=now,
        )

    def format_email_subject(self, subject: str) -> str:
        """Leave the subject as it is."""
        return subject

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person, and the log, of a change: "mfa/email/totp_activated", for one."""
        did = template_prefix.rpartition("/")[2]
        log.record(by=who(user), did=did, to=who(user), at=clock.now())
        if self.request is not None and self.request.user == user:
            # A changed second factor ends every session but the one it was changed in.
            update_session_auth_hash(self.request, user)
        super().send_notification_mail(template_prefix, user, context, email)

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> Any:
        """Note that a person signed in."""
        log.record(by=who(user), did="signed_in", to=who(user), at=clock.now())
        return super().post_login(request, user, **options)


@cache
def _seal() -> MultiFernet:
    """Make the seal from the secret key; keys of the past still open what they sealed."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(hashlib.sha256(b"second factor " + key.encode()).digest())
            )
            for key in keys
        ]
    )


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, their secrets sealed: a copy of the database alone opens nothing."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; errors: cryptography.fernet.InvalidToken after a lost key."""
        return _seal().decrypt(encrypted_text.encode()).decode()
