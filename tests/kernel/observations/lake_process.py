"""A process of its own that writes to, seals or reads a lake until it is killed."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection

# What a process needs that writes, seals, reads and asks, so that one that has it can be forked.
from moothall.kernel.observations import (  # noqa: F401
    appending,
    compacting,
    dictionary,
    history,
    querying,
    sealing,
    upkeep,
)
from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series

START = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = 5


def key(writer: str, thing: int) -> str:
    return f"test.{writer}_{thing}.value_n"


def write(lake: Lake, say: Callable[[int], None], writer: str, first: int) -> None:
    """Append batch after batch; say each batch's number once it is durable."""
    series = tuple(
        Series(key=key(writer, n), title="", unit="1", observed_property="", thing="")
        for n in range(THINGS)
    )
    for number in count(first):
        said = tuple(
            Observation(
                series=key(writer, thing), at=START + timedelta(minutes=number), result=number
            )
            for thing in range(THINGS)
        )
        batch = Batch(observations=said, series=series)
        lake.append(batch, feed=f"test.{writer}", key=str(number), now=START)
        say(number)


def seal(lake: Lake) -> None:
    """Seal without rest, and compact now and then."""
    for number in count():
        lake.seal(START + timedelta(days=30))
        if number % 5 == 4:
            lake.compact(START + timedelta(days=30))


def read(lake: Lake, say: Callable[[int], None]) -> None:
    """Count again and again; stop with an error if a row stands twice or is lost again."""
    seen = 0
    while True:
        answer = lake.query("SELECT count(*), count(DISTINCT (series, o.at)) FROM observations o")
        rows, distinct = (column[0].as_py() for column in answer.columns)
        assert rows == distinct, f"{rows} rows, {distinct} distinct"
        assert rows >= seen, f"{rows} rows after {seen}"
        seen = rows
        say(rows)


def work(
    said: Connection, complaints: str, environment: Mapping[str, str], does: str, *asked: str
) -> None:
    """Do one thing until killed; say "open" first, then what that thing says."""
    os.environ.update(environment)
    os.dup2(os.open(complaints, os.O_WRONLY | os.O_CREAT), sys.stderr.fileno())
    url, store, *more = asked
    lake = Lake(database_url=url, store=store)
    said.send("open")
    if does == "write":
        write(lake, said.send, more[0], int(more[1]))
    elif does == "seal":
        seal(lake)
    else:
        read(lake, said.send)
