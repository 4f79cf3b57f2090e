"""Publish the file that waits for a table, and withdraw a table."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from moothall.civic.opendata.models import File, Table
from moothall.civic.opendata.queries import tables
from moothall.civic.opendata.rules import disclosure
from moothall.kernel.audit import log
from moothall.kernel.keeping import kept
from moothall.kernel.tables import versions


class UnableToPublish(Exception):
    """It is not published: a sentence says what is wanted first. What is public stands."""


def publish_table(*, slug: str, digest: str, meant: bool, why: str, by: str, now: datetime) -> int:
    """Publish what waits for a table as its newest version; return the version's number.

    Shape:   `digest` is of the rows that were looked at: others are not published unseen. `meant`
             says yes to a loss of rows or a change of columns, `why` says why what may tell of
             persons is published all the same.
    Errors:  UnableToFindTable; UnableToPublish.
    """
    table = Table.objects.filter(slug=slug).first()
    if table is None:
        raise tables.UnableToFindTable(
            _("There is no table %(name)s.") % {"name": repr(slug[:100])}
        )
    waiting = table.files.filter(state=File.State.WAITING).first()
    if waiting is None:
        raise UnableToPublish(_("No file waits to be published."))
    draft = versions.get_version(table.draft)
    if draft.digest != digest:
        raise UnableToPublish(_("The file has changed since you looked at it. Look again."))
    if not draft.rows:
        raise UnableToPublish(_("There is no row in it: nothing would be published."))
    rows, faults = versions.read(draft), versions.read_faults(draft)
    asked = tables.ask_twice(tables.published_version(table), draft)
    if asked and not meant:
        raise UnableToPublish(_("It loses rows or changes columns. Say that this is meant."))
    findings = disclosure.check(rows, draft.columns, faults=faults, row=draft.file_row)
    if findings and len(why.strip()) < 10:
        log.record(
            by=by,
            did="table_publishing_refused",
            to=f"table:{slug}",
            at=now,
            detail={"persons": [f"{one.sort} {one.column}".strip() for one in findings]},
        )
        raise UnableToPublish(
            _("It may tell of persons. Leave those columns out, or say why it may be published.")
        )
    try:
        version = versions.keep(
            table.name,
            rows,
            columns=draft.columns,
            faults=faults,
            raw=draft.raw,
            form=draft.form,
            geometry=draft.geometry,
            now=now,
        )
    except versions.UnableToKeepTable as fault:
        raise UnableToPublish(_("It cannot be kept just now. Try again later.")) from fault
    with transaction.atomic():
        waiting.state, waiting.version = File.State.PUBLISHED, version.number
        waiting.save(update_fields=["state", "version"])
        table.state, table.why = Table.State.PUBLISHED, why.strip() if findings else ""
        table.changed_at = now
        table.save(update_fields=["state", "why", "changed_at"])
        log.record(
            by=by,
            did="table_published",
            to=f"table:{slug}",
            at=now,
            detail={
                "version": version.number,
                "rows": version.rows,
                "faults": version.faults,
                "meant": list(asked),
                "persons": [f"{one.sort} {one.column}".strip() for one in findings],
                "why": why.strip() if findings else "",
            },
        )
    versions.erase(table.draft)
    kept.forget()
    return version.number


def withdraw_table(*, slug: str, why: str, by: str, now: datetime) -> None:
    """Take a table from the public; its page then says so, and why.

    Errors:  tables.UnableToFindTable; UnableToPublish if nobody says why.
    """
    table = Table.objects.filter(slug=slug).first()
    if table is None:
        raise tables.UnableToFindTable(
            _("There is no table %(name)s.") % {"name": repr(slug[:100])}
        )
    if len(why.strip()) < 10:
        raise UnableToPublish(_("Say why it is withdrawn: people will look for it."))
    if table.state != Table.State.PUBLISHED:
        return
    with transaction.atomic():
        table.state, table.why, table.changed_at = Table.State.WITHDRAWN, why.strip(), now
        table.save(update_fields=["state", "why", "changed_at"])
        log.record(
            by=by, did="table_withdrawn", to=f"table:{slug}", at=now, detail={"why": why.strip()}
        )
    versions.withdraw(table.name, now=now)
    kept.forget()
