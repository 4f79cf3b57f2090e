"""Which series there are: declares them, finds them, and knows their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Any

from moothall.kernel.observations import blocks
from moothall.kernel.observations.database import Cursor, Database
from moothall.kernel.observations.entries import SeriesEntry, instant
from moothall.values.observations import Series

COLUMNS = "key, title, unit, observed_property, thing, thing_id, procedure, lon, lat, source_url"
_SPAN = ("first_at", "last_at")
_TYPES = ("text",) * 7 + ("float8", "float8", "text")


class Catalogue:
    """The series of a lake; remembers what it has read, for a series' number never changes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        self._known: dict[str, tuple[Series, str]] = {}
        """What is declared in the database, as far as this process has seen it."""

    def declare(self, cursor: Cursor, series: Iterable[Series], *, feed: str) -> None:
        """Write down series that are new or say something new."""
        fresh = {
            entry.key: entry for entry in series if self._known.get(entry.key) != (entry, feed)
        }
        if not fresh:
            return
        cursor.after_commit(
            lambda: self._known.update({key: (entry, feed) for key, entry in fresh.items()})
        )
        # A process that has just begun knows nothing: most of it is declared already.
        condition, parameter = cursor.among("key", fresh)
        cursor.execute(f"SELECT feed, {COLUMNS} FROM series WHERE {condition}", (parameter,))
        held = {row[1]: row for row in cursor.fetchall()}
        rows = [(feed, *astuple(entry)) for entry in fresh.values()]
        rows = [row for row in rows if held.get(row[1]) != row]
        if not rows:
            return
        # So that whoever keeps what it read of the series sees which say something else.
        cursor.execute(
            "INSERT INTO spoken (feed, stream, at) VALUES ('', 'series', 1)"
            " ON CONFLICT (feed, stream) DO UPDATE SET at = spoken.at + 1 RETURNING at"
        )
        said = cursor.fetchall()[0][0]
        names = COLUMNS.split(", ")
        new = ", ".join(f"{name} = excluded.{name}" for name in ("feed", "said", *names[1:]))
        from moothall.kernel.observations import bulk

        bulk.write_columns(
            cursor,
            f"INSERT INTO series (said, feed, {COLUMNS}) {{rows}}"
            f" ON CONFLICT (key) DO UPDATE SET {new}",
            list(zip(*((said, *row) for row in rows), strict=True)),
            ("int8", "text", *_TYPES),
        )

    def numbers(self, cursor: Cursor, keys: Sequence[str]) -> dict[str, int]:
        """Return the number of each series that is declared."""
        known = self._numbers
        unknown = [key for key in keys if key not in known]
        if not unknown:
            return {key: known[key] for key in keys}
        found: dict[str, int] = {}
        if unknown:
            condition, parameter = cursor.among("key", unknown)
            cursor.execute(f"SELECT key, id FROM series WHERE {condition}", (parameter,))
            found = {row[0]: row[1] for row in cursor.fetchall()}
            # Numbers given in this transaction are remembered only if it commits.
            cursor.after_commit(lambda: self._remember(found))
        return {
            key: number
            for key in keys
            if (number := self._numbers.get(key) or found.get(key)) is not None
        }

    def knows(self, keys: Iterable[str | None]) -> bool:
        """Test whether each of these is known to be declared for good."""
        return all(key in self._numbers for key in keys)

    def _remember(self, numbers: dict[str, int]) -> None:
        self._numbers.update(numbers)
        self._keys.update({number: key for key, number in numbers.items()})

    def keys(self, cursor: Cursor, numbers: Iterable[int]) -> dict[int, str]:
        """Return the key of each number."""
        wanted = set(numbers)
        unknown = [number for number in wanted if number not in self._keys]
        found: dict[int, str] = {}
        if unknown:
            condition, parameter = cursor.among("id", unknown)
            cursor.execute(f"SELECT id, key FROM series WHERE {condition}", (parameter,))
            found = {row[0]: row[1] for row in cursor.fetchall()}
            cursor.after_commit(lambda: self._remember({k: n for n, k in found.items()}))
        return {number: self._keys.get(number) or found[number] for number in wanted}

    def list(
        self, *, key: str | None = None, feed: str | None = None, prefix: str | None = None
    ) -> tuple[SeriesEntry, ...]:
        """Return series in the order of their keys."""
        where, parameters = conditions(key=key, feed=feed, prefix=prefix)
        with self.database.reading() as cursor:
            cursor.execute(
                f"SELECT id, feed, {COLUMNS} FROM series{where} ORDER BY key", parameters
            )
            rows = cursor.fetchall()
            numbers = [row[0] for row in rows] if where else None
            spans = {row[0]: (row[4], row[1]) for row in blocks.read(cursor, numbers=numbers)}
        nothing = (None, None)
        return tuple(
            SeriesEntry(
                series=series_of(row[2:]),
                feed=row[1],
                **{
                    name: None if at is None else instant(at)
                    for name, at in zip(_SPAN, spans.get(row[0], nothing), strict=True)
                },
            )
            for row in rows
        )


_SETTERS: Any = tuple(vars(Series)[name].__set__ for name in COLUMNS.split(", "))


def series_of(row: Sequence[object]) -> Series:
    """Read a series from the columns of its row; it was proved when it was declared."""
    made = Series.__new__(Series)
    for set_column, value in zip(_SETTERS, row, strict=True):
        set_column(made, value)
    return made


def conditions(
    *, key: str | None, feed: str | None, prefix: str | None
) -> tuple[str, tuple[str, ...]]:
    """Say which series are meant, as SQL."""
    asked: list[str] = []
    parameters: list[str] = []
    if key is not None:
        asked.append("series.key = ?")
        parameters.append(key)
    if feed is not None:
        asked.append("series.feed = ?")
        parameters.append(feed)
    if prefix is not None:
        # Keys are plain ASCII, so that what starts with a prefix lies between it and its heir.
        asked.append("series.key >= ? AND series.key < ?")
        parameters += [prefix, prefix + "\x7f"]
    return (f" WHERE {' AND '.join(asked)}" if asked else ""), tuple(parameters)
