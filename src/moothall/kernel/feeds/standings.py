"""How each feed stands between two runs, as it is written down."""

from datetime import datetime

from moothall.kernel.feeds import tables
from moothall.kernel.feeds.schedule import Standing
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import instant, micros

_STANDING = (
    "next_run_at, failures, paused_until, last_run_at, last_good_at, last_data_at, recipe, last_run"
)


class LeaseLost(Exception):
    """Another worker has taken the feed over; nothing of this run is stored."""


def get_standing(cursor: Cursor, feed: str) -> Standing:
    """Return how a feed stands; one never run stands as new."""
    row = cursor.execute(
        f"SELECT {_STANDING} FROM feed_standing WHERE feed = ?", (feed,)
    ).fetchone()
    return Standing(feed=feed) if row is None else _standing(feed, row)


def find_standing(feed: str) -> Standing:
    """Return how a feed stands, by itself."""
    with tables.database().reading() as cursor:
        return get_standing(cursor, feed)


def list_standings() -> dict[str, Standing]:
    """Return how every feed that ever ran stands."""
    with tables.database().reading() as cursor:
        rows = cursor.execute(f"SELECT feed, {_STANDING} FROM feed_standing").fetchall()
    return {row[0]: _standing(row[0], row[1:]) for row in rows}


def _standing(feed: str, row: tuple[object, ...]) -> Standing:
    (
        next_run_at,
        failures,
        paused_until,
        last_run_at,
        last_good_at,
        last_data_at,
        recipe,
        last_run,
    ) = row
    return Standing(
        feed=feed,
        next_run_at=_instant(next_run_at),
        failures=int(str(failures)),
        paused_until=_instant(paused_until),
        last_run_at=_instant(last_run_at),
        last_good_at=_instant(last_good_at),
        last_data_at=_instant(last_data_at),
        recipe=str(recipe),
        last_run=str(last_run),
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
        " last_run_at = ?, last_good_at = ?, last_data_at = ?, recipe = ?, last_run = ?,"
        " lease_by = '', lease_until = 0 WHERE feed = ? AND lease_by = ?",
        (
            _micros(standing.next_run_at),
            standing.failures,
            _micros(standing.paused_until),
            _micros(standing.last_run_at),
            _micros(standing.last_good_at),
            _micros(standing.last_data_at),
            standing.recipe,
            standing.last_run,
            standing.feed,
            by,
        ),
    )
    if cursor.rowcount != 1:
        raise LeaseLost(standing.feed)


def touch_standing(cursor: Cursor, feed: str, *, run: str, good: bool, now: datetime) -> None:
    """Note that a payload was brought to us; when the feed is run does not change."""
    begin_standing(cursor, feed)
    at = micros(now)
    cursor.execute("UPDATE feed_standing SET last_run = ? WHERE feed = ?", (run, feed))
    if good:
        cursor.execute(
            "UPDATE feed_standing SET failures = 0, paused_until = NULL, last_run_at = ?,"
            " last_good_at = ?, last_data_at = ? WHERE feed = ?",
            (at, at, at, feed),
        )
    else:
        cursor.execute("UPDATE feed_standing SET last_run_at = ? WHERE feed = ?", (at, feed))


def begin_standing(cursor: Cursor, feed: str) -> None:
    """Make sure that a feed has a row to write in."""
    cursor.execute(
        f"INSERT INTO feed_standing (feed, {_STANDING}, lease_by, lease_until)"
        " VALUES (?, NULL, 0, NULL, NULL, NULL, NULL, '', '', '', 0) ON CONFLICT (feed) DO NOTHING",
        (feed,),
    )


def run_soon(feed: str, *, now: datetime) -> None:
    """Have a feed run at the worker's next look, even one left in peace."""
    with tables.transaction() as cursor:
        begin_standing(cursor, feed)
        cursor.execute(
            "UPDATE feed_standing SET next_run_at = ? WHERE feed = ?", (micros(now), feed)
        )
