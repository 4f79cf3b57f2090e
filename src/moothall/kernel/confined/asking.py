"""Asks a question of a process that can do nothing else, and waits no longer than it may take."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Condition
from typing import Any

INSIDE = Path(__file__).with_name("inside.py")
MOST_SIGNS = 10_000
ROWS = 10_000
MEMORY = "384MB"
SECONDS = 10
"""Of the processor; three times as much by the clock, for a machine that is busy."""
AT_ONCE = 2
PATIENCE_S = 3.0
_room = BoundedSemaphore(AT_ONCE)
_asking: set[str] = set()
"""Who is being answered: nobody twice, so that nobody has every place."""
_turn = Condition()


class UnableToAsk(ValueError):
    """A question was not answered; says why."""


class TooManyAsk(Exception):
    """As many questions are being answered as may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: columns by name and type, and rows, instants as ISO 8601 in UTC."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool
    """Whether there was more."""


def ask(sql: str, tables: Mapping[str, Path], *, rows: int = ROWS, by: str = "") -> Answer:
    """Answer a question over Parquet files, each under a name; `by` whoever asks, if that is known.

    Errors:  UnableToAsk, in a sentence; TooManyAsk.
    """
    if not sql.strip():
        raise UnableToAsk("Write a question in SQL.")
    if len(sql) > MOST_SIGNS:
        raise UnableToAsk(f"The question is longer than {MOST_SIGNS:,} signs.")
    if "\x00" in sql:
        raise UnableToAsk("The question has a sign in it that is no text.")
    question = {
        "sql": sql.encode("utf-8", "replace").decode(),
        "tables": {name: str(path) for name, path in tables.items()},
        "rows": rows,
        "memory": MEMORY,
        "seconds": SECONDS,
    }
    with _place(by):
        said = _run(json.dumps(question))
    if "error" in said:
        raise UnableToAsk(said["error"])
    return Answer(
        columns=tuple((name, sort) for name, sort in said["columns"]),
        rows=tuple(tuple(row) for row in said["rows"]),
        cut=said["cut"],
    )


@contextmanager
def _place(by: str) -> Iterator[None]:
    """Hold one of the places, and no second one; errors: TooManyAsk."""
    with _turn:
        if by and not _turn.wait_for(lambda: by not in _asking, PATIENCE_S):
            raise TooManyAsk
        _asking.add(by)
    try:
        if not _room.acquire(timeout=PATIENCE_S):
            raise TooManyAsk
        try:
            yield
        finally:
            _room.release()
    finally:
        with _turn:
            _asking.discard(by)
            _turn.notify_all()


def _run(question: str) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - ours, and what is asked goes to its input
            [sys.executable, "-I", str(INSIDE)],
            input=question,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=SECONDS * 3,
            cwd="/",
            env={},
        )
    except subprocess.TimeoutExpired:
        raise UnableToAsk(_slow()) from None
    if done.returncode:
        # A signal: the system ended it for what it used.
        words = _slow() if done.returncode < 0 else "The question needs more memory than there is."
        raise UnableToAsk(words)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _slow() -> str:
    return f"The question took more than {SECONDS} seconds: ask for less."
