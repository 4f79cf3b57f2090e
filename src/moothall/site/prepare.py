"""Makes the stores ready: assets built, the people's database migrated, the lake opened."""

import compileall
import os
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]


def people() -> bool:
    """Make the tables of an empty people's database; return whether it was empty.

    Errors:  ImproperlyConfigured for one that another version made: who serves decides when.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting and executor.loader.applied_migrations:
        raise ImproperlyConfigured(
            f"the people's database waits for {len(waiting)} migrations of this version. "
            "Run: python -m moothall.site.prepare"
        )
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)
    return bool(waiting)


def prepare() -> None:
    """Make everything ready that the processes need before they start. Safe to do again.

    Errors:  UnableToBuildAssets, and whatever Django says of a database it cannot migrate.
    """
    # Once here, and not in each of the processes that start next; quick when it is done already.
    compileall.compile_dir(HOUSE, quiet=2)
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")
    django.setup()
    from django.core.management import call_command

    from moothall.ui import assets

    assets.build(say=lambda words: print(f"moothall: {words}", flush=True))  # noqa: T201
    call_command("migrate", interactive=False, verbosity=0)
    from moothall.kernel.observations import lake

    lake.current()


if __name__ == "__main__":
    from moothall.site.faults import in_words
    from moothall.ui.assets import UnableToBuildAssets

    try:
        with in_words():
            prepare()
    except UnableToBuildAssets as fault:
        sys.exit(str(fault))
