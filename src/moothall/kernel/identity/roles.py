"""What each role may do: a ladder, each rung holding all below it.

A role is a Django group of the same name; `person.has_perm("desk.edit")` asks what it allows.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from rules.permissions import add_perm, perm_exists
from rules.predicates import predicate


class Role(StrEnum):
    """A rung of the ladder, lowest first."""

    VIEWER = "viewer"
    EDITOR = "editor"
    PUBLISHER = "publisher"
    ADMIN = "admin"


LADDER = tuple(Role)


def highest_of(names: Collection[str]) -> Role | None:
    """Return the highest role among names of groups, None if there is none."""
    return max((role for role in LADDER if role in names), key=LADDER.index, default=None)


def roles_of(person: Any) -> frozenset[Role]:
    """Return every role a person holds, those below their own included; none if inactive."""
    if not getattr(person, "is_active", False) or not getattr(person, "pk", None):
        return frozenset()
    held = getattr(person, "_roles", None)
    if held is None:
        highest = highest_of(set(person.groups.values_list("name", flat=True)))
        held = frozenset(LADDER[: LADDER.index(highest) + 1] if highest else ())
        person._roles = held  # one question to the database a request
    return held


def has_role(role: Role) -> Any:
    """Return the predicate "this person holds the role, or one above it"."""
    return predicate(lambda person: role in roles_of(person), name=f"is_{role}")  # type: ignore[no-untyped-call]


PERMISSIONS = {
    "desk.view": Role.VIEWER,
    "desk.edit": Role.EDITOR,
    "desk.publish": Role.PUBLISHER,
    "desk.administer": Role.ADMIN,
}


def add_permissions() -> None:
    """Tell `rules` which role each permission needs; called once, at start-up."""
    for name, role in PERMISSIONS.items():
        if not perm_exists(name):  # type: ignore[no-untyped-call]
            add_perm(name, has_role(role))  # type: ignore[no-untyped-call]
