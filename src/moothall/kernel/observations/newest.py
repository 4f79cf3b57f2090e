"""Keeps the latest values a process has read, and reads on only from what changed since."""

import threading
from bisect import bisect_left
from collections.abc import Iterable

from moothall.kernel.observations import latest
from moothall.kernel.observations.database import Cursor
from moothall.kernel.observations.entries import Latest

_KEPT_SERIES = 50_000
"""Of a lake with more series than this nothing is kept: that would be a hundred megabytes."""


class Newest:
    """The latest of every series as of the newest segment this process has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = (0, 0, 0)
        self._by_key: dict[str, Latest] = {}
        self._keys: list[str] = []
        self._all: tuple[Latest, ...] = ()
        self._too_many = False

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
            by_key, sorted_keys, found = self._by_key, self._keys, self._all
        if keys is not None:
            found = tuple(by_key[key] for key in sorted(set(keys)) if key in by_key)
            if prefix is not None:
                found = tuple(one for one in found if one.series.key.startswith(prefix))
        elif prefix is not None:
            first, last = (bisect_left(sorted_keys, end) for end in (prefix, prefix + "\x7f"))
            found = found[first:last]
        if feed is not None:
            declared = latest.keys_of(cursor, feed)
            found = tuple(one for one in found if one.series.key in declared)
        if after is not None:
            found = tuple(one for one in found if one.segment > after)
        return found

    def _follow(self, cursor: Cursor) -> bool:
        """Catch up with the database; False if this lake has too many series to keep."""
        if self._too_many:
            return False
        state = latest.state_of(cursor)
        if state == self._state:
            return True
        number, spoken, declared = state
        before = self._state
        # After facts were forgotten, or series said to be something else, all is read anew.
        anew = spoken != before[1] or declared != before[2] or number < before[0]
        changed = latest.list_latest(cursor, after=None if anew else before[0])
        by_key = {} if anew else dict(self._by_key)
        by_key.update({one.series.key: one for one in changed})
        if len(by_key) > _KEPT_SERIES:
            self._too_many = True
            return False
        if anew or len(by_key) != len(self._by_key):
            self._keys = sorted(by_key)
        self._by_key, self._state = by_key, state
        self._all = tuple(map(by_key.__getitem__, self._keys))
        return True
