"""How long a thread waits for its turn to write: a worker as long as it takes, a page not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_S = 30.0
"""How long SQLite waits for a lock that a stranger to our own queue holds."""
OF_A_PAGE_S = 3.0
"""How long a person is kept waiting for a write before being told to send it again."""
_here = threading.local()


class TurnNeverCame(OSError):
    """Somebody else was writing for longer than this thread would wait; nothing was written."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Have this thread wait no longer than this for any write it begins."""
    before = limit()
    _here.limit = seconds
    try:
        yield
    finally:
        _here.limit = before


def limit() -> float | None:
    """Return how long this thread waits for its turn; None for as long as it takes."""
    found: float | None = getattr(_here, "limit", None)
    return found
