"""Observations that came one by one, durable at once, and kept in the lake together a moment later.

To keep one costs the lake what keeping hundreds does. So each is written down in a row of its own,
which is what its sender is told of, and all that wait are moved in one transaction.
"""

from collections.abc import Iterable
from functools import cache

from moothall.kernel.observations import lake
from moothall.kernel.observations.database import Cursor, Database

Row = tuple[str, int, int | None, float | None, str | None, int]
"""Series, instant, end, number, text, quality; instants in microseconds since 1970."""

STEPS = (
    (
        """CREATE TABLE waiting (
            feed TEXT NOT NULL, series {plain} NOT NULL, at BIGINT NOT NULL, until BIGINT,
            value DOUBLE PRECISION, text TEXT, quality SMALLINT NOT NULL,
            PRIMARY KEY (feed, series, at))""",
    ),
)


@cache
def _prepared(database: Database) -> bool:
    database.migrate("waiting", STEPS)
    return True


def prepare() -> None:
    """Make sure that there is a table to wait in; not within a transaction."""
    _prepared(lake.current().database)


def put(cursor: Cursor, feed: str, row: Row) -> bool:
    """Have a row wait; False if another waits of the same series and instant."""
    cursor.execute(
        "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (feed, *row)
    )
    return cursor.rowcount == 1


def find(cursor: Cursor, feed: str, series: str, at: int) -> Row | None:
    """Return what waits of a series and instant."""
    cursor.execute(
        "SELECT series, at, until, value, text, quality FROM waiting"
        " WHERE feed = ? AND series = ? AND at = ?",
        (feed, series, at),
    )
    row = cursor.fetchone()
    return None if row is None else (row[0], *row[1:])


def is_any(feed: str) -> bool:
    """Test whether anything waits."""
    prepare()
    with lake.current().database.reading() as cursor:
        cursor.execute("SELECT 1 FROM waiting WHERE feed = ? LIMIT 1", (feed,))
        return cursor.fetchone() is not None


def take(cursor: Cursor, feed: str) -> Iterable[Row]:
    """Take all that waits, in the transaction that keeps it elsewhere."""
    cursor.execute(
        "SELECT series, at, until, value, text, quality FROM waiting WHERE feed = ?"
        " ORDER BY series, at",
        (feed,),
    )
    rows = [(row[0], *row[1:]) for row in cursor.fetchall()]
    if rows:
        cursor.execute("DELETE FROM waiting WHERE feed = ?", (feed,))
    return rows
