"""Change what is said of a table, published or not, and where its file is fetched from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from moothall.civic.opendata.models import Table
from moothall.civic.opendata.queries.tables import UnableToFindTable
from moothall.kernel.audit import log
from moothall.kernel.keeping import kept

SAID = ("title", "summary", "publisher", "licence", "theme", "promise_days", "contact", "keywords")
FETCHED = ("url", "every_hours")


def describe_table(*, slug: str, about: Mapping[str, Any], by: str, now: datetime) -> None:
    """Say something else of a table; what is said the same is no change.

    Shape:   `about` has the names of SAID and FETCHED; its name for programs stays as it is.
    Errors:  UnableToFindTable.
    """
    with transaction.atomic():
        table = Table.objects.select_for_update().filter(slug=slug).first()
        if table is None:
            raise UnableToFindTable(f"There is no table {slug[:100]!r}.")
        changed = [name for name in (*SAID, *FETCHED) if getattr(table, name) != about[name]]
        if not changed:
            return
        # Who may be written to is no matter for a log that is kept for good.
        before = {name: getattr(table, name) for name in changed if name != "contact"}
        for name in changed:
            setattr(table, name, about[name])
        table.changed_at = now
        if set(changed) & set(FETCHED):
            table.check_at = now if table.url else None
            table.etag = table.last_modified = table.trouble = ""
        table.save()
        log.record(
            by=by,
            did="table_described",
            to=f"table:{slug}",
            at=now,
            detail={"changed": changed, "before": _short(before)},
        )
    kept.forget()


def fetch_soon(*, slug: str, by: str, now: datetime) -> None:
    """Have the worker fetch a table's file at its next look; errors: UnableToFindTable."""
    with transaction.atomic():
        if not Table.objects.filter(slug=slug).exclude(url="").update(check_at=now):
            raise UnableToFindTable(f"No table {slug[:100]!r} has an address.")
        log.record(by=by, did="table_fetch_asked", to=f"table:{slug}", at=now)


def _short(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[:500] if isinstance(one, str) else one for name, one in said.items()}
