"""People with an account, and the counts that slow down guessing."""

from collections.abc import Iterator
from typing import Any, ClassVar

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class People(BaseUserManager["Person"]):
    """Makes accounts. An account made without a password cannot sign in until one is set."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make an account; errors: ValueError without an e-mail address."""
        if "@" not in email:
            raise ValueError("an account needs an e-mail address")
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find by e-mail address, whatever its capitals."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser, PermissionsMixin):
    """An account: an e-mail address, and what its groups allow. We ask for nothing more."""

    email = models.EmailField(_("e-mail address"), unique=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="identity_person_email_any_capitals"),
        )

    def __str__(self) -> str:
        return f"person:{self.pk}"

    def get_session_auth_hash(self) -> str:
        """Fingerprint what a session rests on; Django ends the sessions that rest on another.

        Not the password alone, but whether there is a second factor as well: with the first one,
        whoever signed in without it is signed out, and with the last one gone everybody is.
        """
        return self._with_factor(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Fingerprint the same under each secret key of the past."""
        yield from map(self._with_factor, super().get_session_auth_fallback_hash())

    def _with_factor(self, fingerprint: str) -> str:
        return f"{fingerprint}+" if is_mfa_enabled(self) else fingerprint


class Attempts(models.Model):
    """How often one thing was tried, until when: the store behind the sign-in limits."""

    key = models.CharField(max_length=200, primary_key=True)
    count = models.PositiveIntegerField()
    until_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until_at:%H:%M}"


class Note(models.Model):
    """What sign-in remembers, until when: the store behind `notes.Notes`."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()
    until_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key} until {self.until_at:%H:%M}"
