"""Lets a thread read one state of the lake's database for as long as it makes one page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Answers = dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]]
"""What a state has said: by statement and parameters, the rows."""
MOST_ANSWERS = 256
MOST_ROWS = 10_000
"""How many questions of one state, and rows of each, are remembered."""
_here = threading.local()


class Held(Protocol):
    """A database that holds a state for this thread."""

    def let_go(self) -> None:
        """End the state."""


@contextmanager
def one_state() -> Iterator[None]:
    """Have all that this thread reads, until the end, be of one state of each database.

    A page's parts then agree with each other, and what two of them ask is asked once. Nothing is
    opened before the first read, and a write of this thread's own ends the state.
    """
    if held() is not None:
        yield
        return
    _here.states = {}
    try:
        yield
    finally:
        for database in tuple(_here.states):
            database.let_go()
        _here.states = None


def held() -> dict[Held, Any] | None:
    """Return the states this thread holds, by database; None unless it keeps to one state."""
    found: dict[Held, Any] | None = getattr(_here, "states", None)
    return found
