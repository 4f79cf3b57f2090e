"""Make, change and close staff accounts. Each leaves a line in the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse

from moothall.kernel.audit import log
from moothall.kernel.identity.guard import who
from moothall.kernel.identity.models import Person
from moothall.kernel.identity.roles import LADDER, Role, highest_of


class UnableToAddStaff(Exception):
    """The account could not be made."""


class UnableToChangeStaff(Exception):
    """The account could not be changed."""


def add_staff(*, email: str, role: Role, by: str, now: datetime) -> Person:
    """Make an account with a role and no password yet.

    Errors:  UnableToAddStaff if the address is not one, or has an account.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as fault:
        raise UnableToAddStaff(f"{email} is not an e-mail address") from fault
    with transaction.atomic():
        if Person.objects.filter(email__iexact=email).exists():
            raise UnableToAddStaff(f"{email} has an account already")
        person = Person.objects.create_user(email)
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        person.groups.set([Group.objects.get_or_create(name=role.value)[0]])
        log.record(by=by, did="staff_added", to=who(person), at=now, detail={"role": role.value})
    return person


def find_staff(email: str) -> Person | None:
    """Return the account of an address, None if there is none."""
    return Person.objects.filter(email__iexact=email.strip()).first()


@dataclass(frozen=True, slots=True)
class Entry:
    """One account, as an administrator sees it."""

    email: str
    role: Role | None
    is_open: bool
    second_factors: int
    last_signed_in: datetime | None


def list_staff() -> tuple[Entry, ...]:
    """Return every account, by address, closed ones last."""
    people = (
        Person.objects.prefetch_related("groups")
        .annotate(factors=Count("authenticator", filter=~Q(authenticator__type="recovery_codes")))
        .order_by("-is_active", "email")
    )
    return tuple(
        Entry(
            email=person.email,
            role=highest_of({group.name for group in person.groups.all()}),
            is_open=person.is_active,
            second_factors=person.factors,
            last_signed_in=person.last_login,
        )
        for person in people
    )


def list_addresses(names: Iterable[str]) -> dict[str, str]:
    """Return the addresses of the people that the audit log names; of those who have an account."""
    keys = {name: name.removeprefix("person:") for name in names if name.startswith("person:")}
    found = Person.objects.filter(pk__in={key for key in keys.values() if key.isdecimal()})
    addresses = {str(pk): email for pk, email in found.values_list("pk", "email")}
    return {name: addresses[key] for name, key in keys.items() if key in addresses}


def change_role(*, person: Person, role: Role, by: str, now: datetime) -> None:
    """Give a person one role in place of the one they had.

    Errors:  UnableToChangeStaff if nobody would be left an administrator.
    """
    with transaction.atomic():
        if role is not Role.ADMIN:
            _keep_an_administrator(person)
        was = sorted(person.groups.values_list("name", flat=True))
        others = person.groups.exclude(name__in=[rung.value for rung in LADDER])
        person.groups.set([*others, Group.objects.get_or_create(name=role.value)[0]])
        log.record(
            by=by,
            did="role_changed",
            to=who(person),
            at=now,
            detail={"was": was, "role": role.value},
        )


def close_account(*, person: Person, by: str, now: datetime) -> None:
    """Close an account: it cannot sign in, and whoever is signed in with it no longer is.

    Errors:  UnableToChangeStaff if it is the last administrator's.
    """
    with transaction.atomic():
        _keep_an_administrator(person)
        Person.objects.filter(pk=person.pk).update(is_active=False)
        person.is_active = False
        log.record(by=by, did="account_closed", to=who(person), at=now)


def reopen_account(*, person: Person, by: str, now: datetime) -> None:
    """Open a closed account again, with no password: its owner needs a new link.

    Whoever had the old password is not let in by it, nor by a second factor of then.
    """
    with transaction.atomic():
        person.is_active = True
        person.set_unusable_password()
        person.save(update_fields=["is_active", "password"])
        person.authenticator_set.all().delete()  # type: ignore[attr-defined]
        log.record(by=by, did="account_reopened", to=who(person), at=now)


def _keep_an_administrator(person: Person) -> None:
    admins = Person.objects.filter(is_active=True, groups__name=Role.ADMIN.value)
    if set(admins.values_list("pk", flat=True)) == {person.pk}:
        raise UnableToChangeStaff(
            "this is the last administrator: make somebody else one first "
            "(moothall staff role EMAIL --role admin)"
        )


def remove_second_factors(*, person: Person, by: str, now: datetime) -> int:
    """Take away a person's second factors, for one who lost them all; return how many."""
    with transaction.atomic():
        gone, _ = person.authenticator_set.all().delete()  # type: ignore[attr-defined]
        log.record(by=by, did="second_factors_removed", to=who(person), at=now)
    return int(gone)


def password_path(person: Person) -> str:
    """Return the path of the page where a password is set: good once, for a limited time."""
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    return reverse(
        "account_reset_password_from_key",
        kwargs=dict(zip(("uidb36", "key"), key.split("-", 1), strict=True)),
    )


def list_staff_without_second_factor() -> tuple[Person, ...]:
    """Return the open accounts that hold a role and no second factor."""
    return tuple(
        Person.objects.filter(
            is_active=True,
            groups__name__in=[rung.value for rung in LADDER],
            authenticator__isnull=True,
        )
        .distinct()
        .order_by("pk")
    )


def list_all_powerful() -> tuple[Person, ...]:
    """Return the open accounts that Django would let do anything, beyond every role."""
    return tuple(Person.objects.filter(is_active=True, is_superuser=True).order_by("pk"))


def count_admins() -> int:
    """Count the open accounts of administrators."""
    return Person.objects.filter(is_active=True, groups__name=Role.ADMIN.value).count()
