"""What is written down of each run: its row and its issues."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from moothall.kernel.feeds.corrections import Correction
from moothall.kernel.feeds.faults import Fault
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Receipt, instant, micros
from moothall.values.observations import Issue, Origin

MOST_ISSUES = 200
"""Issues kept of one run; all are counted."""
LONGEST_ITEM = 1000
RUN = (
    "id, feed, started_at, ended_at, outcome, words, origin, observations, records, duplicates,"
    " unchanged, issues, bytes, as_of, corrected, fault"
)
"""The columns of a run, as `run_of` reads them."""
_ISSUE = "run, number, feed, at, place, what, severity, mender, item, raw"


class Outcome(StrEnum):
    """How a run ended."""

    GOOD = "good"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    """Some of its payloads could not be had or read; the others were stored."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one feed."""

    id: str
    feed: str
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    words: str = ""
    """Why it ended so, where there is something to say."""
    origin: Origin = Origin.LIVE
    observations: int = 0
    records: int = 0
    duplicates: int = 0
    unchanged: int = 0
    issues: int = 0
    bytes: int = 0
    as_of: datetime | None = None
    corrected: tuple[str, ...] = ()
    fault: Fault | None = None
    """What went wrong, in a word; the first thing, where there was more than one."""

    def with_receipt(self, receipt: Receipt) -> "Run":
        """Add what became of one batch."""
        return replace(
            self,
            observations=self.observations + receipt.observations,
            records=self.records + receipt.records,
            duplicates=self.duplicates + receipt.duplicates,
            unchanged=self.unchanged + receipt.unchanged,
        )


@dataclass(slots=True)
class Notes:
    """Issues and corrections gathered while a run goes on."""

    issues: list[tuple[Issue, str]] = field(default_factory=list)
    applied: list[Correction] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many items they are about."""
        return sum(issue.count for issue, _ in self.issues)

    def add(self, issues: Iterable[Issue], *, raw: str = "") -> None:
        """Note the issues of one payload."""
        self.issues.extend((issue, raw) for issue in issues)


def new_id(now: datetime, *, after: str) -> str:
    """Name a run: names of one feed sort as its runs began, even when the clock was set back.

    Shape:   `after` is the name of the feed's last run, "" if this is its first.
    """
    return f"{max(micros(now), _moment(after) + 1):016x}-{secrets.token_hex(4)}"


def minute_id(minute: datetime, feed: str, *, last: "Run | None") -> str:
    """Name the run of a minute in which messages come: the last one if it is of this minute."""
    if last is not None and last.started_at == minute:
        return last.id
    after = "" if last is None else last.id
    return f"{max(micros(minute), _moment(after) + 1):016x}-{feed}"


def _moment(id_: str) -> int:
    return int(id_.partition("-")[0] or "0", 16)


def save_run(cursor: Cursor, run: Run, notes: Notes) -> None:
    """Write a run down with its issues; the same run again replaces what was written."""
    cursor.execute("DELETE FROM feed_run WHERE id = ?", (run.id,))
    cursor.execute(
        f"INSERT INTO feed_run ({RUN}) VALUES ({', '.join('?' * 16)})",
        (
            run.id,
            run.feed,
            micros(run.started_at),
            micros(run.ended_at),
            run.outcome.value,
            run.words,
            int(run.origin),
            run.observations,
            run.records,
            run.duplicates,
            run.unchanged,
            run.issues,
            run.bytes,
            None if run.as_of is None else micros(run.as_of),
            json.dumps(run.corrected, ensure_ascii=False),
            run.fault or "",
        ),
    )
    begin = cursor.execute(
        "SELECT COALESCE(MAX(number) + 1, 0) FROM feed_issue WHERE run = ?", (run.id,)
    ).fetchone()
    number = int(begin[0]) if begin else 0
    for issue, raw in notes.issues[: max(MOST_ISSUES - number, 0)]:
        cursor.execute(
            f"INSERT INTO feed_issue ({_ISSUE}) VALUES ({', '.join('?' * 10)})",
            (
                run.id,
                number,
                run.feed,
                micros(run.ended_at),
                _clean(issue.where, 300),
                _clean(issue.what, 500),
                issue.severity.value,
                issue.mender.value,
                _clean(issue.item, LONGEST_ITEM),
                raw,
            ),
        )
        number += 1


def run_of(row: tuple[object, ...]) -> Run:
    """Read a row of RUN's columns."""
    (id_, feed, started_at, ended_at, outcome, words, origin, *counts, as_of, corrected, fault) = (
        row
    )
    observations, records, duplicates, unchanged, issues, size = (int(str(one)) for one in counts)
    return Run(
        id=str(id_),
        feed=str(feed),
        started_at=instant(int(str(started_at))),
        ended_at=instant(int(str(ended_at))),
        outcome=Outcome(str(outcome)),
        words=str(words),
        origin=Origin(int(str(origin))),
        observations=observations,
        records=records,
        duplicates=duplicates,
        unchanged=unchanged,
        issues=issues,
        bytes=size,
        as_of=None if as_of is None else instant(int(str(as_of))),
        corrected=tuple(json.loads(str(corrected))),
        fault=Fault(str(fault)) if fault else None,
    )


def find_run(cursor: Cursor, id_: str) -> Run | None:
    """Return a run by its id, if it is written down."""
    row = cursor.execute(f"SELECT {RUN} FROM feed_run WHERE id = ?", (id_,)).fetchone()
    return None if row is None else run_of(row)


def _clean(text: str, longest: int) -> str:
    """Shorten a text and make it fit to store: no NUL, no lone surrogates."""
    return (
        text[:longest]
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
        .encode("utf-8", "replace")
        .decode("utf-8")
    )
