"""A process of its own that takes observations in, one by one and many at once, until killed.

python sender.py DATABASE STORE FIRST: each line it writes is an id that was acknowledged.
"""

import sys
from datetime import UTC, datetime, timedelta
from itertools import count

import django

django.setup()

from moothall.civic.opendata.actions.sensorthings import ingesting, quick  # noqa: E402
from moothall.civic.opendata.actions.sensorthings.session import writing  # noqa: E402
from moothall.kernel.observations import lake as lakes  # noqa: E402
from moothall.standards.sensorthings.arrays import Rows  # noqa: E402

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)


def at(number):
    """Name the instant of an observation."""
    return f"{BEGIN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}"


def main(database, store, first):
    """Send without rest."""
    lakes.use(lakes.Lake(database_url=database, store=store))
    for number in count(int(first)):
        if number % 10:
            values = {"phenomenonTime": at(number * 100), "result": number}
            made = quick.observe(values, stream_id="1", feature=None, by="me", now=BEGIN)
            ids = [made]
        else:
            rows = [[at(number * 100 + n), n] for n in range(50)]
            with writing(by="me", now=BEGIN) as session:
                ids = ingesting.ingest(session, [Rows("1", ("phenomenonTime", "result"), rows)])
        sys.stdout.write(" ".join(map(str, (number, *ids))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
