"""A foreign key is an import the linter cannot see; it too stays in its own service."""

from collections.abc import Iterable

from django.apps import apps
from django.db import models


def strays(found: Iterable[type[models.Model]]) -> list[str]:
    """Name the fields that lead from one service into another; the kernel's models are free."""
    return [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in found
        if model.__module__.startswith(("moothall.civic", "moothall.topics"))
        for field in model._meta.get_fields()
        if field.is_relation
        and isinstance(field.related_model, type)
        and not field.related_model.__module__.startswith("moothall.kernel")
        and field.related_model._meta.app_label != model._meta.app_label
    ]


def test_no_foreign_key_leaves_its_service():
    assert strays(apps.get_models()) == []


def test_a_foreign_key_that_leaves_is_seen():
    from django.contrib.auth.models import Group

    class Stray(models.Model):
        group = models.ForeignKey(Group, models.CASCADE)

        class Meta:
            app_label = "stray"
            apps = type(apps)()

        def __str__(self) -> str:
            return "stray"

    Stray.__module__ = "moothall.civic.stray.models"

    assert strays([Stray]) == ["stray.Stray.group -> auth.Group"]


def test_nothing_a_person_did_points_at_an_account_that_may_be_closed_with_it():
    """Deleting an account never takes away what its owner did: no CASCADE leads to a person."""
    from moothall.kernel.identity.models import Person

    cascading = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("moothall.")
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model is Person
        and field.remote_field.on_delete is models.CASCADE
    ]

    assert cascading == []
