"""Fetch again the files of tables that have an address: what is sound is published by itself.

Whatever goes wrong, what the public sees stands, and the desk says what it was.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from moothall.civic.opendata.actions import load_table, publish_table
from moothall.civic.opendata.actions.load_table import MOST_BYTES, UnableToLoadTable
from moothall.civic.opendata.actions.publish_table import UnableToPublish
from moothall.civic.opendata.models import File, Table
from moothall.civic.opendata.queries.tables import UnableToFindTable, get_waiting
from moothall.kernel.audit import log
from moothall.kernel.feeds.fetching import Answer, UnableToFetch, Validators
from moothall.kernel.feeds.one_file import fetch_file

BY = "system:worker"
AGAIN = timedelta(hours=1)
"""When an address that failed is asked again, unless its turn is sooner."""
Fetch = Callable[..., Answer]


def check_due(now: datetime, *, fetch: Fetch = fetch_file) -> int:
    """Fetch the files whose time has come; return how many were asked for."""
    due = (
        Table.objects.exclude(url="")
        .exclude(state=Table.State.WITHDRAWN)
        .filter(check_at__lte=now)
        .order_by("check_at")
        .values_list("slug", flat=True)
    )
    asked = list(due)
    for slug in asked:
        check_table(slug=slug, now=now, fetch=fetch)
    return len(asked)


def check_table(*, slug: str, now: datetime, fetch: Fetch = fetch_file) -> None:
    """Fetch the file of one table; errors: UnableToFindTable.

    Leaves:  a new version if the file says something new, is sound and the table is published; a
             file that waits, and why, where a person must look; otherwise only when it was asked.
    """
    table = Table.objects.filter(slug=slug).exclude(url="").first()
    if table is None:
        raise UnableToFindTable(f"No table {slug[:100]!r} has an address.")
    validators = Validators(etag=table.etag, last_modified=table.last_modified)
    try:
        answer = fetch(table.url, limit=MOST_BYTES, validators=validators, now=now)
        trouble = "" if answer.payload is None else _take(table, answer.payload.body, now=now)
    except (UnableToFetch, UnableToLoadTable) as fault:
        _note(slug, now, trouble=str(fault), every=table.every_hours)
        return
    told = answer.validators
    if answer.payload is None:
        # It is the file that was taken last: what a person must look at still waits for them.
        waits = table.files.filter(state=File.State.WAITING).exists()
        trouble, told = table.trouble if waits else "", validators
    _note(slug, now, trouble=trouble, every=table.every_hours, told=told)


def _take(table: Table, body: bytes, *, now: datetime) -> str:
    """Take a file that came; return what a person must look at, "" for nothing."""
    if table.files.filter(state=File.State.WAITING).exclude(by=BY).exists():
        return "A file that somebody brought waits to be looked at, so this one was not taken."
    name = unquote(urlsplit(table.url).path.rpartition("/")[2])[-200:] or "file"
    load_table.load_table(slug=table.slug, body=body, file_name=name, by=BY, now=now)
    waiting = get_waiting(table.slug)
    if waiting is None:
        raise UnableToLoadTable("What was read of the file is not here any longer.")
    if not waiting.is_new:
        load_table.drop_file(slug=table.slug, by=BY, now=now)
        return ""
    if table.state != Table.State.PUBLISHED:
        return ""
    try:
        publish_table.publish_table(
            slug=table.slug,
            digest=waiting.version.digest,
            meant=False,
            why="",
            by=BY,
            now=now,
        )
    except UnableToPublish as fault:
        return f"The new file waits to be looked at: {fault}"
    return ""


def _note(
    slug: str,
    now: datetime,
    *,
    trouble: str,
    every: int | None,
    told: Validators | None = None,
) -> None:
    turn = timedelta(hours=every or 24)
    said = {
        "checked_at": now,
        "check_at": now + (turn if told is not None else min(turn, AGAIN)),
        "trouble": trouble[:1000],
    }
    if told is not None:
        said |= {"etag": told.etag, "last_modified": told.last_modified}
    before = Table.objects.filter(slug=slug).values_list("trouble", flat=True).first()
    Table.objects.filter(slug=slug).update(**said)
    if trouble and trouble[:1000] != before:
        # Once, and not for every hour that it goes on.
        why = {"why": trouble[:200]}
        log.record(by=BY, did="table_check_failed", to=f"table:{slug}", at=now, detail=why)
