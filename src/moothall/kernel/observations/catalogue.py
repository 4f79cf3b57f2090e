"""Which series there are: declares them, finds them, and knows their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

from moothall.kernel.observations.database import Cursor, Database
from moothall.kernel.observations.entries import SeriesEntry, instant
from moothall.values.observations import Series

COLUMNS = "key, title, unit, observed_property, thing, thing_id, procedure, lon, lat, source_url"
WIDTH = 10
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
        rows = [(feed, *astuple(entry)) for entry in fresh.values()]
        names = COLUMNS.split(", ")
        new = ", ".join(f"{name} = excluded.{name}" for name in ("feed", *names[1:]))
        from moothall.kernel.observations import bulk

        bulk.write_columns(
            cursor,
            f"INSERT INTO series (feed, {COLUMNS}) {{rows}} ON CONFLICT (key) DO UPDATE SET {new}",
            list(zip(*rows, strict=True)),
            ("text", *_TYPES),
        )
        # So that whoever keeps what it read of the series sees that they say something else.
        cursor.execute(
            "INSERT INTO spoken (feed, stream, at) VALUES ('', 'series', 1)"
            " ON CONFLICT (feed, stream) DO UPDATE SET at = spoken.at + 1"
        )
        cursor.after_commit(
            lambda: self._known.update({key: (entry, feed) for key, entry in fresh.items()})
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
                f"SELECT {COLUMNS}, feed, first_at, at FROM series"
                f" LEFT JOIN latest ON latest.series = series.id{where} ORDER BY key",
                parameters,
            )
            rows = cursor.fetchall()
        return tuple(
            SeriesEntry(
                series=series_of(row),
                feed=row[WIDTH],
                first_at=None if row[WIDTH + 1] is None else instant(row[WIDTH + 1]),
                last_at=None if row[WIDTH + 2] is None else instant(row[WIDTH + 2]),
            )
            for row in rows
        )


def series_of(row: Sequence[object]) -> Series:
    """Read a series from the columns of its row."""
    names = COLUMNS.split(", ")
    return Series(**dict(zip(names, row[:WIDTH], strict=True)))  # type: ignore[arg-type]


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
