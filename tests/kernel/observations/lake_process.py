"""A process of its own that writes to, seals or reads a lake until it is killed."""

import sys
from datetime import UTC, datetime, timedelta
from itertools import count

from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series

START = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = 5


def key(writer: str, thing: int) -> str:
    return f"test.{writer}_{thing}.value_n"


def write(lake: Lake, writer: str, first: int) -> None:
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
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def seal(lake: Lake) -> None:
    """Seal without rest, and compact now and then."""
    for number in count():
        lake.seal(START + timedelta(days=30))
        if number % 5 == 4:
            lake.compact(START + timedelta(days=30))


def read(lake: Lake) -> None:
    """Count again and again; stop with an error if a row stands twice or is lost again."""
    seen = 0
    while True:
        answer = lake.query("SELECT count(*), count(DISTINCT (series, o.at)) FROM observations o")
        rows, distinct = (column[0].as_py() for column in answer.columns)
        assert rows == distinct, f"{rows} rows, {distinct} distinct"
        assert rows >= seen, f"{rows} rows after {seen}"
        seen = rows
        sys.stdout.write(f"{rows}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    does, url, store, *more = sys.argv[1:]
    opened = Lake(database_url=url, store=store)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    if does == "write":
        write(opened, more[0], int(more[1]))
    elif does == "seal":
        seal(opened)
    else:
        read(opened)
