"""Write a line, read lines, prove that none was changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from moothall.kernel.audit import anchor, chain
from moothall.kernel.audit.models import Line

ONE_WRITER = 0x6D6F6F74
"""The PostgreSQL advisory lock held while a line is added: "moot"."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reading of the whole log found."""

    lines: int
    faults: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every line is there as it was written."""
        return not self.faults


def record(
    *, by: str, did: str, to: str, at: datetime, detail: Mapping[str, Any] | None = None
) -> int:
    """Add a line and return its number; it stands or falls with the caller's transaction.

    Shape:   `by` and `to` are "<kind>:<id>" ("person:12", "feed:x.y", "system:worker"); `did` is a
             past verb. No personal data in any of them.
    Errors:  TypeError or ValueError if `detail` is not JSON.
    Leaves:  one line; after the commit, the anchor beside the stores.
    """
    written = chain.canonical(detail or {})
    with transaction.atomic():
        # SQLite needs no lock of ours: every transaction begins IMMEDIATE, so writers queue.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER])
        last = Line.objects.order_by("-seq").values_list("seq", "hash").first()
        seq, prev_hash = (last[0] + 1, last[1]) if last else (1, chain.START)
        made = chain.line_hash(
            seq=seq, at=at, by=by, did=did, to=to, detail=written, prev_hash=prev_hash
        )
        Line.objects.create(
            seq=seq,
            at=at,
            by=by,
            did=did,
            to=to,
            detail=written,
            prev_hash=prev_hash,
            hash=made,
        )
        moving = partial(anchor.move_on, Path(settings.AUDIT_ANCHOR), chain.Anchor(seq, made))
        transaction.on_commit(partial(moving, is_in_log=_is_in_log))
    return seq


def _is_in_log(kept: chain.Anchor) -> bool:
    return kept.seq == 0 or Line.objects.filter(seq=kept.seq, hash=kept.hash).exists()


def _entries() -> Iterator[chain.Entry]:
    for line in Line.objects.order_by("seq").iterator(chunk_size=2_000):
        yield chain.Entry(
            seq=line.seq,
            at=line.at,
            by=line.by,
            did=line.did,
            to=line.to,
            detail=line.detail,
            prev_hash=line.prev_hash,
            hash=line.hash,
        )


def verify() -> Verdict:
    """Read the whole log and say whether every line is there as it was written."""
    # The anchor is read first: a line added meanwhile is then later than it, never missing.
    try:
        remembered = anchor.read(Path(settings.AUDIT_ANCHOR))
    except ValueError as fault:
        return Verdict(Line.objects.count(), (str(fault),))
    with transaction.atomic():
        faults = tuple(chain.list_faults(_entries(), remembered))
        lines = Line.objects.count()
    if lines and remembered is None:
        faults += ("the anchor is gone: nothing would show if the end of the log were cut off",)
    return Verdict(lines, faults)


def list_lines(
    *, before: int | None = None, to: str = "", limit: int = 100
) -> tuple[chain.Entry, ...]:
    """Return the latest lines, newest first, those about one thing if `to` is given."""
    lines = Line.objects.order_by("-seq")
    if before is not None:
        lines = lines.filter(seq__lt=before)
    if to:
        lines = lines.filter(to=to)
    return tuple(
        chain.Entry(
            seq=line.seq,
            at=line.at,
            by=line.by,
            did=line.did,
            to=line.to,
            detail=line.detail,
            prev_hash=line.prev_hash,
            hash=line.hash,
        )
        for line in lines[:limit]
    )
