"""Migrations that an old and a new version of the house can both live with.

While a new version starts, the old one still runs on the same database. So a migration only adds,
and what it adds the old version need not know. To take away a column or table, first release a
version that no longer uses it; then name that release in the migration:

    unused_since = "0.4.0"
"""

from collections.abc import Iterable

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.fields import NOT_PROVIDED

TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def faults(migration: migrations.Migration) -> Iterable[str]:
    """Say what in a migration an old version could not live with."""
    name = f"{migration.app_label}.{migration.name}"
    made = {
        operation.name.lower()
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    for operation in migration.operations:
        words = f"{name}: {operation.describe()}"
        if isinstance(operation, TAKES_AWAY) and not getattr(migration, "unused_since", ""):
            yield f"{words}: say in which release it was last used (unused_since)"
        if isinstance(operation, migrations.AddField | migrations.AlterField):
            field = operation.field
            told = field.db_default is not NOT_PROVIDED or isinstance(field, models.ManyToManyField)
            fresh = operation.model_name.lower() in made
            if not (field.null or told or fresh):
                yield f"{words}: the old version cannot fill it; let it be null, or db_default"
        if isinstance(operation, migrations.RunPython | migrations.RunSQL) and (
            isinstance(operation, migrations.RunSQL) and not operation.reverse_sql
        ):
            yield f"{words}: it cannot be undone"


def ours() -> list[migrations.Migration]:
    """Return every migration of the house."""
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values()
    return [migration for migration in found if migration.__module__.startswith("moothall.")]


def test_every_migration_is_one_the_old_version_can_live_with():
    assert [fault for migration in ours() for fault in faults(migration)] == []


def test_there_are_migrations_to_judge():
    assert {"identity", "audit", "outbox"} <= {migration.app_label for migration in ours()}


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def judge(*operations, **given) -> list[str]:
    """Judge a migration made of these operations."""
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **given})
    return list(faults(made("0002_next", "house")))


TEXT = models.TextField()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("thing", "name"),
        migrations.DeleteModel("Thing"),
        migrations.RenameField("thing", "name", "title"),
        migrations.RenameModel("Thing", "Item"),
        migrations.AlterModelTable("thing", "items"),
        migrations.AddField("thing", "name", TEXT),
        migrations.AddField("thing", "name", models.TextField(default="only Python knows")),
        migrations.AlterField("thing", "name", TEXT),
        migrations.RunSQL("UPDATE thing SET name = ''"),
    ],
)
def test_an_unsafe_migration_is_seen(operation):
    assert len(judge(operation)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("thing", "name", models.TextField(null=True)),
        migrations.AddField("thing", "name", models.TextField(db_default="")),
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunSQL("CREATE INDEX a ON thing (name)", "DROP INDEX a"),
    ],
)
def test_a_safe_migration_passes(operation):
    assert judge(operation) == []


def test_a_removal_passes_once_a_release_no_longer_uses_it():
    assert judge(migrations.RemoveField("thing", "name"), unused_since="0.4.0") == []
