"""Keeps what is costly to make for as long as it is true: until its feeds or the minute change."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation

from moothall.kernel.feeds import trouble
from moothall.kernel.observations import lake

MOST = 512
"""How many things are kept; the longest unused goes first."""
LOOK_AGAIN = timedelta(seconds=2)
"""How often the lake is asked whether it changed. A page is at most this far behind it."""
SERVE_OLD = timedelta(minutes=2)
"""How old a thing may be and still be served while one thread makes the new one."""
EVERYBODY = ("places",)
"""Services of which anything made may tell."""
_MOST_CHANGES = 500

Look = Callable[[int], tuple[int, frozenset[str] | None]]
"""Given a change, returns the newest, and which services' feeds brought something since: None if
that is not known."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How the lake stood when it was last asked."""

    at: datetime
    newest: int
    floor: int = 0
    """What is not among `by_service` has not changed since this."""
    by_service: Mapping[str, int] = field(default_factory=dict)

    def change(self, about: Iterable[str] | None) -> int:
        """Return the newest change of what some services' feeds bring; of any, for None."""
        if about is None:
            return self.newest
        return max(self.by_service.get(name, self.floor) for name in (*about, *EVERYBODY))


def look(after: int) -> tuple[int, frozenset[str] | None]:
    """Ask the lake what changed after one change, and whose it was."""
    here = lake.current()
    newest = here.last_change()
    if newest == after:
        return newest, frozenset()
    if not 0 < after < newest:
        return newest, None
    changes = here.changes(after=after, limit=_MOST_CHANGES, facts=False)
    if len(changes) == _MOST_CHANGES:
        return newest, None
    return newest, frozenset(change.feed.partition(".")[0] for change in changes)


class Keeper:
    """What this process has made, by name, language, minute and state of the lake.

    One thread makes a thing; the others are given the last one meanwhile, so that a burst of
    readers never makes a queue of readers.
    """

    def __init__(self, look: Look = look) -> None:
        self._look = look
        self._kept: OrderedDict[Hashable, tuple[Hashable, datetime, Any]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()
        self._seen: Seen | None = None

    def keep(
        self,
        name: Hashable,
        now: datetime,
        make: Callable[[], Any],
        *,
        about: Iterable[str] | None = None,
        ages: bool = True,
    ) -> Any:
        """Return what `make` makes, made anew only when it might say something else.

        Shape:   `about` names the services whose feeds it tells of; without it, it tells of all.
                 What tells of no time does not age: it stands until its feeds bring something.
        """
        slot = (name, translation.get_language())
        minute = now.replace(second=0, microsecond=0) if ages else None
        version = (self._see(now).change(about), minute)
        with self._guard:
            found = self._kept.get(slot)
            if found is not None:
                self._kept.move_to_end(slot)
                if found[0] == version:
                    return found[2]
            lock = self._making.setdefault(slot, threading.Lock())
        old_will_do = found is not None and (not ages or now - found[1] < SERVE_OLD)
        if not lock.acquire(blocking=not old_will_do):
            return found[2] if found else None
        try:
            with self._guard:
                again = self._kept.get(slot)
            if again is not None and again[0] == version:
                return again[2]
            made = make()
            with self._guard:
                self._kept[slot] = (version, now, made)
                while len(self._kept) > MOST:
                    gone, _ = self._kept.popitem(last=False)
                    self._making.pop(gone, None)
            return made
        finally:
            lock.release()
            with self._guard:
                if slot not in self._kept:
                    # It failed: a lock for each name anybody makes up would fill the memory.
                    self._making.pop(slot, None)

    def forget(self) -> None:
        """Forget everything, the state of the lake included."""
        with self._guard:
            self._kept.clear()
            self._making.clear()
            self._seen = None

    def _see(self, now: datetime) -> Seen:
        seen = self._seen
        if seen is not None and timedelta(0) <= now - seen.at < LOOK_AGAIN:
            return seen
        try:
            newest, whose = self._look(seen.newest if seen else 0)
        except Exception as fault:
            if trouble.of(fault) is None:
                raise
            # What needs no store is still made, and what was made this minute still stands.
            return seen or Seen(now, 0)
        if seen is None or whose is None:
            seen = Seen(now, newest, floor=newest)
        else:
            changed = dict.fromkeys(whose, newest)
            seen = Seen(now, newest, floor=seen.floor, by_service={**seen.by_service, **changed})
        self._seen = seen
        return seen


kept = Keeper()
"""What this process keeps."""
