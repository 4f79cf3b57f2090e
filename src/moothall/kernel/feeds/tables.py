"""The feeds' own tables, beside the lake's: how each stands, its runs, issues and raw payloads.

They live in the lake's database so that a run's facts, its row, its issues and the feed's next
turn are one transaction. Instants are microseconds since 1970, in UTC.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Cursor, Database

STEPS = (
    (
        """CREATE TABLE feed_standing (
            feed TEXT PRIMARY KEY, next_run_at BIGINT, failures INTEGER NOT NULL,
            paused_until BIGINT, last_run_at BIGINT, last_good_at BIGINT, last_data_at BIGINT,
            recipe TEXT NOT NULL, lease_by TEXT NOT NULL, lease_until BIGINT NOT NULL)""",
        """CREATE TABLE feed_run (
            id TEXT PRIMARY KEY, feed TEXT NOT NULL, started_at BIGINT NOT NULL,
            ended_at BIGINT NOT NULL, outcome TEXT NOT NULL, words TEXT NOT NULL,
            origin SMALLINT NOT NULL, observations INTEGER NOT NULL, records INTEGER NOT NULL,
            duplicates INTEGER NOT NULL, unchanged INTEGER NOT NULL, issues INTEGER NOT NULL,
            bytes BIGINT NOT NULL, as_of BIGINT, corrected TEXT NOT NULL)""",
        "CREATE INDEX feed_run_feed ON feed_run (feed, started_at)",
        """CREATE TABLE feed_issue (
            run TEXT NOT NULL, number INTEGER NOT NULL, feed TEXT NOT NULL, at BIGINT NOT NULL,
            place TEXT NOT NULL, what TEXT NOT NULL, severity TEXT NOT NULL, mender TEXT NOT NULL,
            item TEXT NOT NULL, raw TEXT NOT NULL, PRIMARY KEY (run, number))""",
        "CREATE INDEX feed_issue_feed ON feed_issue (feed, at)",
        # One row each time new bytes came. The same bytes again are the same file, another row
        # only if something else came in between.
        """CREATE TABLE feed_raw (
            run TEXT NOT NULL, number INTEGER NOT NULL, feed TEXT NOT NULL, sha256 TEXT NOT NULL,
            url TEXT NOT NULL, role TEXT NOT NULL, media_type TEXT NOT NULL,
            bytes BIGINT NOT NULL, fetched_at BIGINT NOT NULL, origin SMALLINT NOT NULL,
            shift BIGINT NOT NULL, hold_future SMALLINT NOT NULL, stored SMALLINT NOT NULL,
            PRIMARY KEY (run, number))""",
        "CREATE INDEX feed_raw_feed ON feed_raw (feed, fetched_at)",
        "CREATE INDEX feed_raw_sha256 ON feed_raw (sha256)",
        # What each address last gave: to ask "changed?" with, and to know the answer ourselves.
        """CREATE TABLE feed_address (
            feed TEXT NOT NULL, address TEXT NOT NULL, etag TEXT NOT NULL,
            last_modified TEXT NOT NULL, sha256 TEXT NOT NULL, follows SMALLINT NOT NULL,
            PRIMARY KEY (feed, address))""",
        # Keys that may push, kept as their hash alone.
        """CREATE TABLE feed_key (
            sha256 TEXT PRIMARY KEY, feed TEXT NOT NULL, label TEXT NOT NULL,
            made_at BIGINT NOT NULL)""",
    ),
    (
        # Which run is a feed's last is not for the clock to say: it may be set back.
        "ALTER TABLE feed_standing ADD COLUMN last_run TEXT NOT NULL DEFAULT ''",
        "UPDATE feed_standing SET last_run = COALESCE("
        "(SELECT MAX(id) FROM feed_run WHERE feed_run.feed = feed_standing.feed), '')",
        "CREATE INDEX feed_run_newest ON feed_run (feed, id)",
        "CREATE INDEX feed_issue_newest ON feed_issue (feed, run)",
        "CREATE INDEX feed_raw_newest ON feed_raw (feed, run)",
        "DROP INDEX feed_issue_feed",
    ),
    ("ALTER TABLE feed_run ADD COLUMN fault TEXT NOT NULL DEFAULT ''",),
)


@cache
def _prepared(database: Database) -> bool:
    database.migrate("feeds", STEPS)
    return True


def database() -> Database:
    """Return the lake's database, with the feeds' tables in it."""
    found = lake.current().database
    _prepared(found)
    return found


class Refused(Exception):
    """The database could not do what it was asked; nothing was written."""


@contextmanager
def transaction() -> Iterator[Cursor]:
    """Write, all or nothing; errors: Refused for whatever the database's own driver raises."""
    held = database()
    try:
        with held.transaction() as cursor:
            yield cursor
    except held.failures as fault:
        raise Refused(str(fault)) from fault
