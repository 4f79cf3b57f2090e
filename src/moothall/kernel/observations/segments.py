"""The segment rows: one durable micro-batch each."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from moothall.kernel.observations import schema
from moothall.kernel.observations.columns import checksum
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import micros
from moothall.values.observations import Issue, Origin

if TYPE_CHECKING:
    from moothall.kernel.observations.mirror import Mirror


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One payload's way into the lake: who brought it, and what has become of it so far."""

    feed: str
    key: str
    raw: str
    now: datetime
    origin: Origin
    issues: list[Issue] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    observations: int = 0
    records: int = 0
    duplicates: int = 0
    unchanged: int = 0
    doubted: bool = False


def was_kept(cursor: Cursor, delivery: Delivery) -> bool:
    """Test whether this delivery was kept before."""
    cursor.execute(
        "SELECT 1 FROM segment WHERE feed = ? AND key = ? LIMIT 1", (delivery.feed, delivery.key)
    )
    return cursor.fetchone() is not None


def write(
    cursor: Cursor,
    delivery: Delivery,
    *,
    stream: str,
    body: bytes | None,
    rows: int,
    late: int = 0,
    span: tuple[int, int] | None,
) -> int:
    """Write one segment; return its number.

    Shape:   `late` rows may be about an instant the lake already holds something for; the
             others are newer than anything it holds of their series.
    """
    cursor.execute(
        "INSERT INTO segment (stream, feed, key, raw, received_at, origin, rows, late, from_at,"
        " until_at, checksum, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            stream,
            delivery.feed,
            delivery.key,
            delivery.raw,
            micros(delivery.now),
            int(delivery.origin),
            rows,
            late,
            *(span or (None, None)),
            0 if body is None else checksum(body),
            body,
        ),
    )
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 - RETURNING always returns
    number = int(row[0])
    delivery.segments.append(number)
    return number


def has_spoken(cursor: Cursor, feed: str) -> bool:
    """Test whether a feed has ever brought anything that was not made up."""
    cursor.execute(
        "SELECT 1 FROM spoken WHERE feed = ? AND stream = ?", (feed, schema.OBSERVATIONS)
    )
    return cursor.fetchone() is not None


def note_spoken(cursor: Cursor, feed: str, *, stream: str, at: datetime) -> None:
    """Remember that a feed has truly spoken; for a kind's stream, what its newest list is of."""
    cursor.execute(
        "INSERT INTO spoken (feed, stream, at) VALUES (?, ?, ?) ON CONFLICT (feed, stream)"
        " DO UPDATE SET at = excluded.at WHERE excluded.at > spoken.at",
        (feed, stream, micros(at)),
    )


def newest_list(cursor: Cursor, feed: str, *, stream: str) -> int | None:
    """Return what instant a feed's newest full list of a kind was of."""
    cursor.execute("SELECT at FROM spoken WHERE feed = ? AND stream = ?", (feed, stream))
    row = cursor.fetchone()
    return None if row is None else int(row[0])


def was_doubted(cursor: Cursor, feed: str, stream: str) -> bool:
    """Test whether the last list of a kind left out more than was believed."""
    cursor.execute("SELECT 1 FROM spoken WHERE feed = ? AND stream = ?", (feed, _doubt(stream)))
    return cursor.fetchone() is not None


def doubt(cursor: Cursor, feed: str, stream: str, *, at: datetime) -> None:
    """Remember that a list of a kind was not believed."""
    note_spoken(cursor, feed, stream=_doubt(stream), at=at)


def believe(cursor: Cursor, feed: str, stream: str) -> None:
    """Forget that a list of a kind was ever doubted."""
    cursor.execute("DELETE FROM spoken WHERE feed = ? AND stream = ?", (feed, _doubt(stream)))


def _doubt(stream: str) -> str:
    return f"doubted:{stream}"


def forget_simulated(cursor: Cursor, mirror: "Mirror", feed: str) -> None:
    """Forget all that was made up in a feed's name."""
    cursor.execute(
        f"SELECT id FROM segment WHERE feed = ? AND origin = {int(Origin.SIMULATED)}", (feed,)
    )
    numbers = [row[0] for row in cursor.fetchall()]
    if not numbers:
        return
    mirror.forget(cursor, numbers)
    for table, column in (("record_current", "segment"), ("segment", "id")):
        condition, parameter = cursor.among(column, numbers)
        cursor.execute(f"DELETE FROM {table} WHERE {condition}", (parameter,))
