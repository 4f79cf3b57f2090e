"""Says in a sentence what stops a command; the traceback is for whoever asks for one."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_words() -> Iterator[None]:
    """End the process with a sentence when something about this machine or set-up stops it.

    With MOOTHALL_LOG_LEVEL=DEBUG, and for a fault of our own, the traceback is shown.
    """
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as fault:
        words = explain(fault)
        if not words or os.environ.get("MOOTHALL_LOG_LEVEL", "").upper() == "DEBUG":
            raise
        sys.exit(f"moothall: {words}")


def explain(fault: BaseException) -> str:
    """Return what a person can do something about, in words; "" if it is a fault of our own."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    from moothall.kernel.observations.database import UnableToOpen

    if isinstance(fault, ImproperlyConfigured):
        return str(fault)
    found = _trouble(fault)
    if found:
        return found
    if isinstance(fault, UnableToOpen):
        return str(fault)
    if isinstance(fault, DatabaseError | sqlite3.DatabaseError) or _is_of_psycopg(fault):
        return f"the database says: {str(fault).strip()}. See DATABASE_URL and MOOTHALL_HOME."
    if isinstance(fault, OSError) and fault.strerror:
        where = f": {fault.filename}" if fault.filename else ""
        return f"{fault.strerror}{where}"
    return ""


def _trouble(fault: BaseException) -> str:
    """Say that the disk is full or the database away, if that is what a fault comes from."""
    from moothall.kernel.feeds import trouble

    try:
        found = trouble.of(fault)
        return f"{found.words} ({found.detail})" if found else ""
    except Exception:  # the settings themselves may be what cannot be read
        return ""


def _is_of_psycopg(fault: BaseException) -> bool:
    psycopg = sys.modules.get("psycopg")
    return psycopg is not None and isinstance(fault, psycopg.Error)
