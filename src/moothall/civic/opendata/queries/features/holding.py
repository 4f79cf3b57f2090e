"""Keeps what is dear to make, up to a number of bytes, for as long as it is what would be made."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Held(Generic[Made]):
    """What a process has made, the longest unused let go first; each is made by one thread."""

    def __init__(self, most_bytes: int, *, size_of: Callable[[Made], int]) -> None:
        self._most_bytes = most_bytes
        self._size_of = size_of
        self._held: OrderedDict[Hashable, tuple[object, Made, int]] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()
        self._making = threading.Lock()

    def get(self, name: Hashable, stamp: object, make: Callable[[], Made]) -> Made:
        """Return what was made under a name, made anew if its stamp is another."""
        found = self._find(name, stamp)
        if found is None:
            # One at a time: what two ask for at once is made once.
            with self._making:
                found = self._find(name, stamp)
                if found is None:
                    found = (make(),)
                    self._keep(name, stamp, found[0])
        return found[0]

    def _find(self, name: Hashable, stamp: object) -> tuple[Made] | None:
        with self._guard:
            found = self._held.get(name)
            if found is None or found[0] != stamp:
                return None
            self._held.move_to_end(name)
            return (found[1],)

    def _keep(self, name: Hashable, stamp: object, made: Made) -> None:
        size = self._size_of(made)
        with self._guard:
            self._let_go(name)
            if size > self._most_bytes:
                return
            self._held[name] = (stamp, made, size)
            self._bytes += size
            while self._bytes > self._most_bytes:
                self._let_go(next(iter(self._held)))

    def _let_go(self, name: Hashable) -> None:
        gone = self._held.pop(name, None)
        if gone is not None:
            self._bytes -= gone[2]
