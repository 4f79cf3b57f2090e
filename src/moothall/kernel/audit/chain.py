"""How a line is chained to the one before it. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

START = "0" * 64
"""What the first line is chained to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line, as it is hashed. `detail` is canonical JSON."""

    seq: int
    at: datetime
    by: str
    did: str
    to: str
    detail: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line we know was written, remembered outside the database."""

    seq: int
    hash: str


def canonical(value: object) -> str:
    """Write a value as JSON in the one form there is: sorted keys, no spaces.

    Errors:  TypeError or ValueError if it is not JSON.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def line_hash(
    *, seq: int, at: datetime, by: str, did: str, to: str, detail: str, prev_hash: str
) -> str:
    """Hash a line and, through `prev_hash`, every line before it."""
    written = canonical(
        [seq, at.astimezone(UTC).isoformat(timespec="microseconds"), by, did, to, detail, prev_hash]
    )
    return hashlib.sha256(written.encode()).hexdigest()


def list_faults(entries: Iterable[Entry], anchor: Anchor | None) -> Iterator[str]:
    """Say, a sentence each, where the chain is broken; says nothing of a whole one."""
    seq, last = 0, START
    anchored = anchor is None or anchor.seq == 0
    for entry in entries:
        if entry.seq != seq + 1:
            yield f"line {seq + 1} is missing (line {entry.seq} follows line {seq})"
        elif entry.prev_hash != last:
            yield f"line {entry.seq} is not chained to line {seq}"
        expected = line_hash(
            seq=entry.seq,
            at=entry.at,
            by=entry.by,
            did=entry.did,
            to=entry.to,
            detail=entry.detail,
            prev_hash=entry.prev_hash,
        )
        if expected != entry.hash:
            yield f"line {entry.seq} is not as it was written"
        if anchor is not None and entry.seq == anchor.seq:
            anchored = True
            if entry.hash != anchor.hash:
                yield f"line {entry.seq} is not the line the anchor remembers"
        seq, last = entry.seq, entry.hash
    if not anchored and anchor is not None:
        yield f"the log ends at line {seq}, but the anchor remembers line {anchor.seq}"
