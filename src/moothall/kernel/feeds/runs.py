"""What is written down of each run: its row, its issues, its raw payloads, how the feed stands."""

import json
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from moothall.kernel.feeds import tables
from moothall.kernel.feeds.corrections import Correction
from moothall.kernel.feeds.fetching import Answer, Validators
from moothall.kernel.feeds.schedule import LEASE, Standing
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Receipt, instant, micros
from moothall.values.observations import Issue, Origin
from moothall.values.requests import Request

MOST_ISSUES = 200
"""Issues kept of one run; all are counted."""
LONGEST_ITEM = 1000
_STANDING = "next_run_at, failures, paused_until, last_run_at, last_good_at, last_data_at, recipe"


RUN = (
    "id, feed, started_at, ended_at, outcome, words, origin, observations, records, duplicates,"
    " unchanged, issues, bytes, as_of, corrected"
)
"""The columns of a run, as `run_of` reads them."""


class Outcome(StrEnum):
    """How a run ended."""

    GOOD = "good"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    """Some of its payloads could not be had or read; the others were stored."""
    FAILED = "failed"


class LeaseLost(Exception):
    """Another worker has taken the feed over; nothing of this run is stored."""


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

    def add(self, issues: Iterable[Issue], *, raw: str = "") -> None:
        """Note the issues of one payload."""
        self.issues.extend((issue, raw) for issue in issues)


def new_id(now: datetime) -> str:
    """Name a run: names sort as their runs began."""
    return f"{micros(now):016x}-{secrets.token_hex(4)}"


def holder() -> str:
    """Name this process, as the holder of a lease."""
    return f"{socket.gethostname()}:{os.getpid()}"


def address(request: Request) -> str:
    """Name what a request asks for, without giving its address away: it may hold a key."""
    return sha256(f"{request.role}\n{request.url}".encode()).hexdigest()


# --- how a feed stands ---------------------------------------------------------------------
def get_standing(cursor: Cursor, feed: str) -> Standing:
    """Return how a feed stands; one never run stands as new."""
    row = cursor.execute(
        f"SELECT {_STANDING} FROM feed_standing WHERE feed = ?", (feed,)
    ).fetchone()
    return Standing(feed=feed) if row is None else _standing(feed, row)


def list_standings() -> dict[str, Standing]:
    """Return how every feed that ever ran stands."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(f"SELECT feed, {_STANDING} FROM feed_standing").fetchall()
    return {row[0]: _standing(row[0], row[1:]) for row in rows}


def _standing(feed: str, row: tuple[object, ...]) -> Standing:
    next_run_at, failures, paused_until, last_run_at, last_good_at, last_data_at, recipe = row
    return Standing(
        feed=feed,
        next_run_at=_instant(next_run_at),
        failures=int(str(failures)),
        paused_until=_instant(paused_until),
        last_run_at=_instant(last_run_at),
        last_good_at=_instant(last_good_at),
        last_data_at=_instant(last_data_at),
        recipe=str(recipe),
    )


def _instant(value: object) -> datetime | None:
    return None if value is None else instant(int(str(value)))


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def save_standing(cursor: Cursor, standing: Standing, *, by: str) -> None:
    """Write how a feed stands and let its lease go.

    Errors:  LeaseLost if another worker holds the feed by now.
    """
    cursor.execute(
        "UPDATE feed_standing SET next_run_at = ?, failures = ?, paused_until = ?,"
        " last_run_at = ?, last_good_at = ?, last_data_at = ?, recipe = ?,"
        " lease_by = '', lease_until = 0 WHERE feed = ? AND lease_by = ?",
        (
            _micros(standing.next_run_at),
            standing.failures,
            _micros(standing.paused_until),
            _micros(standing.last_run_at),
            _micros(standing.last_good_at),
            _micros(standing.last_data_at),
            standing.recipe,
            standing.feed,
            by,
        ),
    )
    if cursor.rowcount != 1:
        raise LeaseLost(standing.feed)


def touch_standing(cursor: Cursor, feed: str, *, good: bool, now: datetime) -> None:
    """Note that a payload was brought to us; when the feed is run does not change."""
    _begin_standing(cursor, feed)
    at = micros(now)
    if good:
        cursor.execute(
            "UPDATE feed_standing SET failures = 0, paused_until = NULL, last_run_at = ?,"
            " last_good_at = ?, last_data_at = ? WHERE feed = ?",
            (at, at, at, feed),
        )
    else:
        cursor.execute("UPDATE feed_standing SET last_run_at = ? WHERE feed = ?", (at, feed))


def _begin_standing(cursor: Cursor, feed: str) -> None:
    cursor.execute(
        f"INSERT INTO feed_standing (feed, {_STANDING}, lease_by, lease_until)"
        " VALUES (?, NULL, 0, NULL, NULL, NULL, NULL, '', '', 0) ON CONFLICT (feed) DO NOTHING",
        (feed,),
    )


def take_lease(feed: str, *, by: str, now: datetime) -> Standing | None:
    """Take a feed for one run and return how it stands; None if another worker has it."""
    with tables.database().transaction() as cursor:
        _begin_standing(cursor, feed)
        cursor.execute(
            "UPDATE feed_standing SET lease_by = ?, lease_until = ?"
            " WHERE feed = ? AND lease_until < ?",
            (by, micros(now + LEASE), feed, micros(now)),
        )
        return get_standing(cursor, feed) if cursor.rowcount == 1 else None


def renew_lease(feed: str, *, by: str, now: datetime) -> None:
    """Keep a feed for longer; errors: LeaseLost."""
    with tables.database().transaction() as cursor:
        cursor.execute(
            "UPDATE feed_standing SET lease_until = ? WHERE feed = ? AND lease_by = ?",
            (micros(now + LEASE), feed, by),
        )
        if cursor.rowcount != 1:
            raise LeaseLost(feed)


def drop_dead_leases() -> None:
    """Let go what workers of this machine held that are no longer alive."""
    here = socket.gethostname()
    with tables.database().transaction() as cursor:
        held = cursor.execute("SELECT feed, lease_by FROM feed_standing").fetchall()
        for feed, by in held:
            host, _, pid = str(by).rpartition(":")
            if host == here and pid.isdigit() and not _alive(int(pid)):
                cursor.execute(
                    "UPDATE feed_standing SET lease_by = '', lease_until = 0"
                    " WHERE feed = ? AND lease_by = ?",
                    (feed, by),
                )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def run_soon(feed: str, *, now: datetime) -> None:
    """Have a feed run at the worker's next look, even one left in peace."""
    with tables.database().transaction() as cursor:
        _begin_standing(cursor, feed)
        cursor.execute(
            "UPDATE feed_standing SET next_run_at = ? WHERE feed = ?", (micros(now), feed)
        )


# --- a run, its issues and its payloads ------------------------------------------------------
def save_run(cursor: Cursor, run: Run, notes: Notes) -> None:
    """Write a run down with its issues; the same run again replaces what was written."""
    cursor.execute("DELETE FROM feed_run WHERE id = ?", (run.id,))
    cursor.execute(
        f"INSERT INTO feed_run VALUES ({', '.join('?' * 15)})",
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
            _micros(run.as_of),
            json.dumps(run.corrected, ensure_ascii=False),
        ),
    )
    begin = cursor.execute(
        "SELECT COALESCE(MAX(number) + 1, 0) FROM feed_issue WHERE run = ?", (run.id,)
    ).fetchone()
    number = int(begin[0]) if begin else 0
    for issue, raw in notes.issues[: max(MOST_ISSUES - number, 0)]:
        cursor.execute(
            f"INSERT INTO feed_issue VALUES ({', '.join('?' * 10)})",
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
    (id_, feed, started_at, ended_at, outcome, words, origin, *counts, as_of, corrected) = row
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
    )


def find_run(cursor: Cursor, id_: str) -> Run | None:
    """Return a run by its id, if it is written down."""
    row = cursor.execute(f"SELECT {RUN} FROM feed_run WHERE id = ?", (id_,)).fetchone()
    return None if row is None else run_of(row)


def next_raw_number(cursor: Cursor, run: str) -> int:
    """Number the next payload of a run."""
    row = cursor.execute(
        "SELECT COALESCE(MAX(number) + 1, 0) FROM feed_raw WHERE run = ?", (run,)
    ).fetchone()
    return int(row[0]) if row else 0


def _clean(text: str, longest: int) -> str:
    """Shorten a text and make it fit to store: no NUL, no lone surrogates."""
    return (
        text[:longest]
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
        .encode("utf-8", "replace")
        .decode("utf-8")
    )


def save_raw(
    cursor: Cursor, *, run: str, number: int, feed: str, answer: Answer, stored: bool
) -> None:
    """Write down that a payload came, and what its times were moved by."""
    payload = answer.payload
    if payload is None:
        return
    cursor.execute(
        f"INSERT INTO feed_raw VALUES ({', '.join('?' * 13)})",
        (
            run,
            number,
            feed,
            payload.sha256,
            # An address may carry a key behind the question mark.
            payload.request.url.partition("?")[0][:500],
            payload.request.role,
            payload.media_type,
            len(payload.body),
            micros(payload.fetched_at),
            int(answer.origin),
            answer.shift // timedelta(microseconds=1),
            int(answer.hold_future),
            int(stored),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an address from the last time it was read."""

    validators: Validators = field(default_factory=Validators)
    sha256: str = ""
    follows: bool = False
    """Whether its payload led on to further ones."""


def find_address(feed: str, request: Request) -> Known:
    """Return what an address last gave."""
    with tables.database().reading() as cursor:
        row = cursor.execute(
            "SELECT etag, last_modified, sha256, follows FROM feed_address"
            " WHERE feed = ? AND address = ?",
            (feed, address(request)),
        ).fetchone()
    if row is None:
        return Known()
    return Known(
        validators=Validators(etag=row[0], last_modified=row[1]),
        sha256=row[2],
        follows=bool(row[3]),
    )


def save_address(cursor: Cursor, feed: str, answer: Answer, *, follows: bool) -> None:
    """Remember what an address gave this time."""
    if answer.payload is None:
        return
    cursor.execute(
        "INSERT INTO feed_address VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (feed, address) DO UPDATE SET etag = excluded.etag,"
        " last_modified = excluded.last_modified, sha256 = excluded.sha256,"
        " follows = excluded.follows",
        (
            feed,
            address(answer.payload.request),
            answer.validators.etag,
            answer.validators.last_modified,
            answer.payload.sha256,
            int(follows),
        ),
    )


def was_taken_in(feed: str, sha256: str) -> bool:
    """Test whether a feed has had these very bytes before, and could read them."""
    with tables.database().reading() as cursor:
        row = cursor.execute(
            "SELECT 1 FROM feed_raw JOIN feed_run ON feed_run.id = feed_raw.run"
            " WHERE feed_raw.feed = ? AND feed_raw.sha256 = ? AND feed_run.outcome <> 'failed'"
            " LIMIT 1",
            (feed, sha256),
        ).fetchone()
    return row is not None
