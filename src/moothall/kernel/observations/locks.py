"""Locks between processes that let go by themselves when their holder dies."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def exclusive_file(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a lock file; the kernel releases it when the process ends, however it ends."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


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
