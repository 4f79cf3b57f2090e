"""Payloads pushed to the house with a key, answered at once with what became of them."""

import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.utils.crypto import salted_hmac
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from moothall.kernel import clock as wall
from moothall.kernel.counts import one_client
from moothall.kernel.feeds import health, payloads, runner, tables
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.fetching import Answer
from moothall.kernel.feeds.runs import Outcome
from moothall.kernel.identity.attempts import SharedAttempts
from moothall.kernel.observations.entries import micros
from moothall.kernel.observations.lake import UnableToAppend
from moothall.kernel.registry import Arrival, Feed
from moothall.values.requests import Payload, Request

KEYS = "MOOTHALL_PUSH_KEYS"
"""Environment: `<feed>:<sha256 of the key>`, separated by commas."""
PER_MINUTE = RateLimitItemPerMinute(120)
WRONG_PER_MINUTE = RateLimitItemPerMinute(20)
ISSUES_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the pusher is told: an HTTP status and a JSON object."""

    status: int
    body: Mapping[str, Any]

    def as_json(self) -> bytes:
        """Write it as it is sent."""
        return json.dumps(self.body, ensure_ascii=False).encode()


@cache
def _limiter() -> FixedWindowRateLimiter:
    # Counted in the database: each process would allow as many again.
    return FixedWindowRateLimiter(SharedAttempts(clock=wall.now))


def make_key(feed: str, *, label: str, now: datetime) -> str:
    """Make a key that may push to a feed and return it: it is never to be seen again."""
    key = secrets.token_urlsafe(32)
    with tables.database().transaction() as cursor:
        cursor.execute(
            "INSERT INTO feed_key (sha256, feed, label, made_at) VALUES (?, ?, ?, ?)",
            (_hash(key), feed, label, micros(now)),
        )
    return key


def forget_key(feed: str, *, label: str) -> int:
    """Let the keys with this label push no more; return how many there were."""
    with tables.database().transaction() as cursor:
        cursor.execute("DELETE FROM feed_key WHERE feed = ? AND label = ?", (feed, label))
        return cursor.rowcount


def is_key(feed: str, key: str, *, environment: Mapping[str, str] = os.environ) -> bool:
    """Test whether a key may push to a feed, taking as long for a wrong one as for a right one."""
    return whose_key(feed, key, environment=environment) is not None


def whose_key(feed: str, key: str, *, environment: Mapping[str, str] = os.environ) -> str | None:
    """Say by what label a key may push to a feed, None if it may not; as slow either way.

    Shape:   a key of the environment has no label: the beginning of its hash stands for one.
    """
    given = _hash(key)
    with tables.database().reading() as cursor:
        cursor.execute("SELECT sha256, label FROM feed_key WHERE feed = ?", (feed,))
        held = [(str(row[0]), str(row[1])) for row in cursor.fetchall()]
    for entry in environment.get(KEYS, "").split(","):
        name, _, digest = entry.strip().rpartition(":")
        if name == feed:
            held.append((digest.lower(), digest.lower()[:12]))
    fits = [label for digest, label in held if hmac.compare_digest(given, digest)]
    return fits[0] if fits else None


def has_key(feed: str, *, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether anybody holds a key that may push to a feed."""
    with tables.database().reading() as cursor:
        cursor.execute("SELECT count(*) FROM feed_key WHERE feed = ?", (feed,))
        held = (cursor.fetchone() or (0,))[0]
    entries = environment.get(KEYS, "").split(",")
    return bool(held) or any(entry.strip().rpartition(":")[0] == feed for entry in entries)


def _hash(key: str) -> str:
    # A key is 32 random bytes, not a password: one round is as good as many.
    return sha256(key.encode("utf-8", "replace")).hexdigest()


def receive(
    name: str,
    body: bytes,
    *,
    key: str,
    sender: str,
    media_type: str,
    duty: Duty,
    clock: Callable[[], datetime],
) -> Reply:
    """Take in one pushed payload; the same bytes again change nothing and are told so.

    Shape:   `sender` names who is at the other end (an address), only to slow down guessing.
    """
    # An address is nobody's to keep: what is counted is a keyed hash of it.
    limiter, sender = _limiter(), salted_hmac("push", one_client(sender)).hexdigest()
    if not limiter.test(WRONG_PER_MINUTE, "wrong", sender):
        return _refusal(429, "too many wrong keys: wait a minute")
    feed = next((one for one in duty.feeds if one.name == name), None)
    if not is_key(name, key) or feed is None or feed.arrives is not Arrival.PUSH:
        limiter.hit(WRONG_PER_MINUTE, "wrong", sender)
        return _refusal(401, "no such feed, or not a key of it")
    if not limiter.hit(PER_MINUTE, "push", name, _hash(key)):
        return _refusal(429, f"no more than {PER_MINUTE.amount} a minute")
    if len(body) > feed.max_bytes:
        return _refusal(413, f"no more than {feed.max_bytes:,} bytes")
    digest = sha256(body).hexdigest()
    if payloads.was_taken_in(name, digest):
        return Reply(status=200, body={"outcome": "unchanged", "sha256": digest})
    payload = Payload(
        body=body,
        request=Request(url="push:"),
        fetched_at=clock(),
        media_type=media_type,
        sha256=digest,
    )
    return _take_in(feed, payload, duty=duty, clock=clock)


def _take_in(feed: Feed, payload: Payload, *, duty: Duty, clock: Callable[[], datetime]) -> Reply:
    try:
        run = runner.take_in(
            feed,
            Answer(payload=payload),
            params=duty.params(feed),
            city=duty.around.city,
            clock=clock,
        )
    except (UnableToAppend, OSError, tables.Refused):
        return _refusal(503, "it could not be kept now: send it again later")
    issues = health.list_issues(feed.name, run=run.id, limit=ISSUES_TOLD)
    return Reply(
        status=422 if run.outcome is Outcome.FAILED else 201,
        body={
            "outcome": run.outcome.value,
            "sha256": payload.sha256,
            "run": run.id,
            "observations": run.observations,
            "records": run.records,
            "duplicates": run.duplicates,
            "unchanged": run.unchanged,
            "issues": run.issues,
            "first_issues": [
                {"where": issue.where, "what": issue.what, "severity": issue.severity}
                for issue in issues
            ],
        },
    )


def _refusal(status: int, words: str) -> Reply:
    return Reply(status=status, body={"outcome": "refused", "words": words})
