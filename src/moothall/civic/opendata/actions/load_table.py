"""Bring a file for a table: it waits, and nothing the public sees changes."""

from collections.abc import Mapping
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from moothall.civic.opendata.models import File, Table
from moothall.civic.opendata.queries.tables import UnableToFindTable
from moothall.civic.opendata.rules import tables
from moothall.kernel.audit import log
from moothall.kernel.feeds.raw import UnableToOpenRaw, open_raw
from moothall.kernel.tables import files, versions
from moothall.standards.tables import reading

MOST_BYTES = 60 * 1024 * 1024
MOST_UNPACKED = 256 * 1024 * 1024
PATIENCE_S = 30.0
_turn = BoundedSemaphore(1)
"""A file takes a core and much memory to read: one at a time, so that the pages stay quick."""


class UnableToLoadTable(Exception):
    """The file is not taken: a sentence says why, and what the public sees stands."""


def add_table(
    *,
    asked: UUID,
    about: Mapping[str, Any],
    body: bytes,
    file_name: str,
    by: str,
    now: datetime,
) -> str:
    """Make a table of a first file, and return its slug; the same form twice makes one.

    Shape:   what `about` says of columns, in `said`, is not guessed.
    Errors:  UnableToLoadTable if the file cannot be read; then there is no table.
    """
    made = Table.objects.filter(asked=asked).first()
    if made is not None:
        return made.slug
    found = _read(body, file_name, about.get("said", {}))
    try:
        with transaction.atomic():
            table = Table.objects.create(
                slug=_free_slug(about["title"]),
                asked=asked,
                made_at=now,
                changed_at=now,
                **about,
            )
            log.record(by=by, did="table_added", to=f"table:{table.slug}", at=now)
    except IntegrityError:
        return Table.objects.get(asked=asked).slug
    _wait(table, found, body=body, file_name=file_name, by=by, now=now)
    return table.slug


def add_table_at(
    *, asked: UUID, about: Mapping[str, Any], url: str, every_hours: int, by: str, now: datetime
) -> str:
    """Make a table whose file the worker fetches, and return its slug; the same form makes one."""
    made = Table.objects.filter(asked=asked).first()
    if made is not None:
        return made.slug
    try:
        with transaction.atomic():
            table = Table.objects.create(
                slug=_free_slug(about["title"]),
                asked=asked,
                made_at=now,
                changed_at=now,
                url=url,
                every_hours=every_hours,
                check_at=now,
                **about,
            )
            log.record(
                by=by,
                did="table_added",
                to=f"table:{table.slug}",
                at=now,
                detail={"url": url, "hours": every_hours},
            )
    except IntegrityError:
        return Table.objects.get(asked=asked).slug
    return table.slug


def load_table(
    *,
    slug: str,
    body: bytes,
    file_name: str,
    by: str,
    now: datetime,
    said: tables.Said | None = None,
) -> None:
    """Bring a new file for a table; it takes the place of one that waits.

    Shape:   `said` of columns is laid upon what is said of them already.
    Errors:  UnableToFindTable; UnableToLoadTable, and what waits or is published stands.
    """
    table = _get(slug)
    merged = tables.merge(table.said, said or {})
    try:
        found = _read(body, file_name, merged)
    except UnableToLoadTable as fault:
        log.record(
            by=by,
            did="table_file_refused",
            to=f"table:{slug}",
            at=now,
            detail={"bytes": len(body), "why": str(fault)[:200]},
        )
        raise
    if merged != table.said:
        table.said, table.changed_at = merged, now
        table.save(update_fields=["said", "changed_at"])
    _wait(table, found, body=body, file_name=file_name, by=by, now=now)


def say_columns(
    *, slug: str, said: Mapping[str, Mapping[str, Any]], by: str, now: datetime
) -> None:
    """Say what columns are, or leave them out; the file that waits is read again by it.

    Errors:  UnableToFindTable; UnableToLoadTable if no file waits, or it is no longer kept.
    """
    table = _get(slug)
    waiting = table.files.filter(state=File.State.WAITING).first()
    if waiting is None:
        raise UnableToLoadTable(_("No file waits to be published."))
    try:
        body = open_raw(waiting.sha256)
    except UnableToOpenRaw:
        raise UnableToLoadTable(_("The file is no longer kept: bring it again.")) from None
    merged = {**table.said, **{name: dict(about) for name, about in said.items()}}
    found = _read(body, waiting.name, merged)
    with transaction.atomic():
        table.said, table.changed_at = merged, now
        table.save(update_fields=["said", "changed_at"])
        log.record(
            by=by,
            did="table_columns_said",
            to=f"table:{slug}",
            at=now,
            detail={
                "columns": len(said),
                "left_out": sum(bool(a.get("out")) for a in said.values()),
            },
        )
    _keep_draft(table, found, raw=waiting.sha256, now=now)


def drop_file(*, slug: str, by: str, now: datetime) -> None:
    """Let go of the file that waits, its rows and its bytes; errors: UnableToFindTable."""
    table = _get(slug)
    with transaction.atomic():
        waiting = table.files.filter(state=File.State.WAITING).first()
        if waiting is None:
            return
        waiting.state = File.State.DROPPED
        waiting.save(update_fields=["state"])
        log.record(
            by=by,
            did="table_file_dropped",
            to=f"table:{slug}",
            at=now,
            detail={"sha256": waiting.sha256},
        )
    versions.erase(table.draft)
    let_go_of(table, waiting.sha256)


def let_go_of(table: Table, sha256: str) -> None:
    """Let go of a file's bytes unless something published was read from them."""
    if not table.files.filter(sha256=sha256, state=File.State.PUBLISHED).exists():
        files.let_go(table.name, sha256)


def _get(slug: str) -> Table:
    try:
        return Table.objects.get(slug=slug)
    except Table.DoesNotExist:
        raise UnableToFindTable(
            _("There is no table %(name)s.") % {"name": repr(slug[:100])}
        ) from None


def _read(body: bytes, file_name: str, said: tables.Said) -> tuple[reading.Reading, tables.Shaped]:
    if not _turn.acquire(timeout=PATIENCE_S):
        raise UnableToLoadTable(_("Other files are being read just now. Try again in a minute."))
    try:
        found = reading.read(
            body, name=file_name, declared=tables.declare(said), most_bytes=MOST_UNPACKED
        )
    except ValueError as fault:
        raise UnableToLoadTable(str(fault)) from fault
    finally:
        _turn.release()
    shaped = tables.shape(found, said)
    if not shaped.columns:
        raise UnableToLoadTable(_("Every column is left out: leave one."))
    return found, shaped


def _wait(
    table: Table,
    read: tuple[reading.Reading, tables.Shaped],
    *,
    body: bytes,
    file_name: str,
    by: str,
    now: datetime,
) -> None:
    found, _shaped = read
    sha256 = files.keep(table.name, body, now=now)
    _keep_draft(table, read, raw=sha256, now=now)
    with transaction.atomic():
        before = table.files.select_for_update().filter(state=File.State.WAITING).first()
        if before is not None and before.sha256 == sha256:
            return
        if before is not None:
            before.state = File.State.DROPPED
            before.save(update_fields=["state"])
        File.objects.create(
            table=table,
            sha256=sha256,
            name=file_name[-200:],
            bytes=len(body),
            form=found.form,
            encoding=found.encoding,
            delimiter=found.delimiter,
            by=by,
            at=now,
        )
        log.record(
            by=by,
            did="table_file_brought",
            to=f"table:{table.slug}",
            at=now,
            detail={
                "sha256": sha256,
                "rows": found.table.num_rows,
                "faults": found.faults.num_rows,
            },
        )
    if before is not None:
        let_go_of(table, before.sha256)


def _keep_draft(
    table: Table, read: tuple[reading.Reading, tables.Shaped], *, raw: str, now: datetime
) -> None:
    found, shaped = read
    versions.erase(table.draft)
    try:
        versions.keep(
            table.draft,
            shaped.table,
            columns=shaped.columns,
            faults=shaped.faults,
            raw=raw,
            form=found.form,
            geometry=found.geometry,
            now=now,
        )
    except versions.UnableToKeepTable as fault:
        raise UnableToLoadTable(_("The file cannot be kept just now. Try again later.")) from fault


def _free_slug(title: str) -> str:
    """Make a name of a title: letters, figures and hyphens, a letter first, not taken."""
    plain = slugify(title).replace("_", "-").strip("-")[:50].strip("-")
    plain = "-".join(part for part in plain.split("-") if part) or "table"
    if not plain[0].isalpha():
        plain = f"t-{plain}"
    taken = set(Table.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
    return next(
        slug
        for slug in (plain if n == 1 else f"{plain}-{n}" for n in range(1, len(taken) + 2))
        if slug not in taken
    )
