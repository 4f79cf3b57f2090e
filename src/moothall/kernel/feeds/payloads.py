"""What is written down of each payload: that it came, and what its address gave last."""

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from moothall.kernel.feeds import tables
from moothall.kernel.feeds.fetching import Answer, Validators
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import micros
from moothall.values.requests import Request

_RAW = (
    "run, number, feed, sha256, url, role, media_type, bytes, fetched_at, origin, shift,"
    " hold_future, stored"
)


def address(request: Request) -> str:
    """Name what a request asks for, without giving its address away: it may hold a key."""
    return sha256(f"{request.role}\n{request.url}".encode()).hexdigest()


def next_raw_number(cursor: Cursor, run: str) -> int:
    """Number the next payload of a run."""
    row = cursor.execute(
        "SELECT COALESCE(MAX(number) + 1, 0) FROM feed_raw WHERE run = ?", (run,)
    ).fetchone()
    return int(row[0]) if row else 0


def save_raw(
    cursor: Cursor, *, run: str, number: int, feed: str, answer: Answer, stored: bool
) -> None:
    """Write down that a payload came, and what its times were moved by."""
    payload = answer.payload
    if payload is None:
        return
    cursor.execute(
        f"INSERT INTO feed_raw ({_RAW}) VALUES ({', '.join('?' * 13)})",
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
        "INSERT INTO feed_address (feed, address, etag, last_modified, sha256, follows)"
        " VALUES (?, ?, ?, ?, ?, ?)"
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
