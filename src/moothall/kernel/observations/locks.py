"""Locks between processes that let go by themselves when their holder dies."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from moothall.kernel.observations.patience import TurnNeverCame

_LOOK_AGAIN_S = 0.005


@contextmanager
def exclusive_file(path: Path, *, wait: bool, within_s: float | None = None) -> Iterator[bool]:
    """Hold a lock file; the kernel releases it when the process ends, however it ends.

    Errors:  TurnNeverCame if others held it for all the time there was.
    """
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if wait and within_s is None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        elif not _try_file(handle, within_s if wait and within_s else 0.0):
            if wait:
                raise TurnNeverCame(f"others have written for {within_s:g} s")
            yield False
            return
        yield True
    finally:
        os.close(handle)


def _try_file(handle: int, within_s: float) -> bool:
    until = monotonic() + within_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= until:
                return False
            sleep(_LOOK_AGAIN_S)
        else:
            return True


@contextmanager
def exclusive_postgres(connect: Callable[[], Any], name: str, *, wait: bool) -> Iterator[bool]:
    """Hold a session's advisory lock on a connection of its own."""
    connection = connect()
    try:
        if wait:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"moothall {name}",))
            yield True
        else:
            row = connection.execute(
                "SELECT pg_try_advisory_lock(hashtext(%s))", (f"moothall {name}",)
            ).fetchone()
            yield bool(row[0])
    finally:
        connection.close()
