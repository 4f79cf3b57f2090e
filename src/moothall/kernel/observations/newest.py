"""Keeps the latest values a process has read, and reads on only from what changed since."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter

from moothall.kernel.observations import blocks, latest
from moothall.kernel.observations.catalogue import COLUMNS, series_of
from moothall.kernel.observations.database import Cursor, Row
from moothall.kernel.observations.entries import Latest
from moothall.values.observations import Series

_KEPT_SERIES = 100_000
"""Of a lake with more series than this nothing is kept: that would be a hundred megabytes."""
_KEPT_ANSWERS = 256
_KEPT_SOURCES = 1_000
_NUMBER, _SEGMENT = itemgetter(0), itemgetter(5)


class Newest:
    """The latest of every series as of the newest segment this process has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._too_many = False
        self._state = (-1, -1, -1)
        self._declared: dict[int, Row] = {}
        self._series = _Shown(self._declared)
        self._numbers: dict[str, int] = {}
        self._keys: list[str] = []
        self._stands: dict[int, blocks.Row] = {}
        self._sources: dict[int, latest.Source] = {}
        self._answers: dict[tuple[str | None, str | None], tuple[Latest, ...]] = {}
        """What was asked for in whole since the last change, by prefix and feed."""

    def list(
        self,
        cursor: Cursor,
        *,
        keys: Iterable[str] | None = None,
        prefix: str | None = None,
        feed: str | None = None,
        after: int | None = None,
    ) -> tuple[Latest, ...]:
        """Return the latest of the series meant, in the order of their keys."""
        with self._lock:
            if not self._follow(cursor):
                return latest.list_latest(cursor, keys=keys, prefix=prefix, feed=feed, after=after)
            whole = keys is None and after is None
            found = self._answers.get((prefix, feed)) if whole else None
            if found is None:
                chosen = self._chosen(keys, prefix, feed, after)
                found = latest.made_of(chosen, self._series, self._stands, self._sources)
            if whole and len(self._answers) < _KEPT_ANSWERS:
                self._answers[prefix, feed] = found
            return found

    def _chosen(
        self,
        keys: Iterable[str] | None,
        prefix: str | None,
        feed: str | None,
        after: int | None,
    ) -> Sequence[int]:
        """Name the series meant that have been observed, by number, in the order of their keys."""
        if keys is not None:
            named = sorted(key for key in set(keys) if prefix is None or key.startswith(prefix))
        elif prefix is None:
            named = self._keys
        else:
            ends = (prefix, prefix + "\x7f")
            first, last = (bisect_left(self._keys, end) for end in ends)
            named = self._keys[first:last]
        stands, declared = self._stands, self._declared
        numbers = [n for n in map(self._numbers.get, named) if n in stands]
        if feed is not None:
            numbers = [n for n in numbers if declared[n][1] == feed]
        if after is not None:
            numbers = [n for n in numbers if stands[n][5] > after]
        return numbers

    def _follow(self, cursor: Cursor) -> bool:
        """Catch up with the database; False if what is kept cannot answer this."""
        if self._too_many:
            return False
        state = latest.state_of(cursor)
        before = self._state
        if state == before:
            return True
        if cursor.answers is not None and state[0] < before[0]:
            # A page that began before another thread read on: it keeps to the state it holds.
            return False
        # After facts were forgotten all is read anew.
        anew = state[1] != before[1] or state[0] < before[0] or state[2] < before[2]
        if anew:
            self._declared.clear()
            self._series.clear()
            self._numbers, self._stands, self._sources = {}, {}, {}
        if (anew or state[2] != before[2]) and not self._read_series(
            cursor, since=-1 if anew else before[2]
        ):
            return False
        if anew or state[0] != before[0]:
            rows = blocks.read(cursor, after=None if anew else before[0])
            self._stands.update(zip(map(_NUMBER, rows), rows, strict=True))
            self._read_sources(cursor, set(map(_SEGMENT, rows)))
        self._answers, self._state = {}, state
        return True

    def _read_series(self, cursor: Cursor, *, since: int) -> bool:
        cursor.execute(f"SELECT id, feed, {COLUMNS} FROM series WHERE said > ?", (since,))
        changed = {row[0]: row for row in cursor.fetchall()}
        for number, row in changed.items():
            self._numbers[row[2]] = number
            self._series.pop(number, None)
        self._declared.update(changed)
        self._too_many = len(self._declared) > _KEPT_SERIES
        self._keys = sorted(self._numbers)
        return not self._too_many

    def _read_sources(self, cursor: Cursor, came: set[int]) -> None:
        """Learn who brought what stands since, and now and then forget who brought what stood."""
        self._sources |= latest.sources_of(cursor, came)
        if len(self._sources) > _KEPT_SOURCES + 2 * len(self._stands):
            stands = set(map(_SEGMENT, self._stands.values()))
            self._sources = {n: source for n, source in self._sources.items() if n in stands}


class _Shown(dict[int, Series]):
    """The series that somebody looked at, made of their rows when first asked for."""

    def __init__(self, declared: dict[int, Row]) -> None:
        super().__init__()
        self._declared = declared

    def __missing__(self, number: int) -> Series:
        made = self[number] = series_of(self._declared[number][2:])
        return made
