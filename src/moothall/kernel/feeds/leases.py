"""Who runs a feed just now: one worker at a time, and no longer than it lives."""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from moothall.kernel.feeds import standings, tables
from moothall.kernel.feeds.schedule import CLOCKS_DIFFER_BY, LEASE, Standing
from moothall.kernel.feeds.standings import LeaseLost
from moothall.kernel.observations.entries import micros


def holder() -> str:
    """Name this process, as the holder of a lease: no other ever has the same name."""
    return f"{socket.gethostname()}:{os.getpid()}:{_mark(os.getpid())}"


@cache
def _mark(pid: int) -> str:
    # Two containers may share a host's name, and each call its only process 1.
    return secrets.token_hex(4)


_here: set[str] = set()
_lock = threading.Lock()


@contextmanager
def alone(feed: str) -> Iterator[bool]:
    """Run a feed in one thread of this process at a time; yields False if another is at it."""
    with _lock:
        free = feed not in _here
        _here.add(feed)
    try:
        yield free
    finally:
        if free:
            _here.discard(feed)


def take_lease(feed: str, *, by: str, now: datetime) -> Standing | None:
    """Take a feed for one run and return how it stands; None if another worker has it.

    What this process holds is free to it (see `alone`): the end of its last run could not be
    written down. What is held for longer than anything can be was taken before the clock was set
    back.
    """
    with tables.transaction() as cursor:
        standings.begin_standing(cursor, feed)
        cursor.execute(
            "UPDATE feed_standing SET lease_by = ?, lease_until = ?"
            " WHERE feed = ? AND (lease_until < ? OR lease_until > ? OR lease_by = ?)",
            (
                by,
                micros(now + LEASE),
                feed,
                micros(now),
                micros(now + LEASE + CLOCKS_DIFFER_BY),
                by,
            ),
        )
        return standings.get_standing(cursor, feed) if cursor.rowcount == 1 else None


def renew_lease(feed: str, *, by: str, now: datetime) -> None:
    """Keep a feed for longer; errors: LeaseLost."""
    with tables.transaction() as cursor:
        cursor.execute(
            "UPDATE feed_standing SET lease_until = ? WHERE feed = ? AND lease_by = ?",
            (micros(now + LEASE), feed, by),
        )
        if cursor.rowcount != 1:
            raise LeaseLost(feed)


def drop_dead_leases() -> None:
    """Let go what workers of this machine held that are no longer alive."""
    here = socket.gethostname()
    with tables.transaction() as cursor:
        held = cursor.execute("SELECT feed, lease_by FROM feed_standing").fetchall()
        for feed, by in held:
            host, _, pid = str(by).rpartition(":")[0].rpartition(":")
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
