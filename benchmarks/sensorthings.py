"""SensorThings at two sizes: what a map asks, the first page and one far in, questions of all.

    python benchmarks/sensorthings.py [--observations 100000 2000000]

Processor time of this process through the whole of Django, in milliseconds: the median of nine. A
hundred streams of a hundred things; the observations are sealed by day.
"""

import argparse
import os
import tempfile
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STREAMS = 100
ROOT = "/api/sta/v1.1"
MAP = (
    f"{ROOT}/Things?$top=100&$expand=Locations,Datastreams("
    "$expand=Observations($top=1;$orderby=phenomenonTime desc))"
)
ONE = f"{ROOT}/Datastreams('wells.w050.level_m')/Observations"


def fill(lake: object, total: int) -> None:
    """Write a reading a minute of each stream, up to `NOW`, and seal them."""
    import numpy as np
    import pyarrow as pa

    from moothall.values.observations import Batch, Series

    series = tuple(
        Series(
            key=f"wells.w{n:03}.level_m",
            title=f"Level of well {n}",
            unit="m",
            observed_property="level",
            thing=f"Well {n}",
            procedure="gauge",
            lon=-1.5 + n / 1000,
            lat=53.8,
        )
        for n in range(STREAMS)
    )
    lake.append(Batch(series=series), feed="wells.readings", key="declared", now=NOW)
    each = total // STREAMS
    begins = int(NOW.timestamp() * 1e6) - each * 60_000_000
    keys = pa.array([one.key for one in series])
    for number, start in enumerate(range(0, each, 5_000)):
        count = min(5_000, each - start)
        at = begins + (start + np.arange(count)) * 60_000_000
        rows = pa.table(
            {
                "series": keys.take(pa.array(np.repeat(np.arange(STREAMS), count))),
                "at": pa.array(np.tile(at, STREAMS)).cast(pa.timestamp("us", tz="UTC")),
                "until": pa.nulls(count * STREAMS, pa.timestamp("us", tz="UTC")),
                "value": np.round(np.random.default_rng(7).normal(5, 1, count * STREAMS), 2),
                "text": pa.nulls(count * STREAMS, pa.string()),
                "quality": pa.array(np.zeros(count * STREAMS, np.int8)),
                "origin": pa.array(np.zeros(count * STREAMS, np.int8)),
            }
        )
        lake.append_table(rows, feed="wells.readings", key=str(number), now=NOW)
        lake.seal(NOW)


def measure(total: int) -> dict[str, float]:
    """Fill a lake and ask it each question."""
    from django.test import Client

    from moothall.kernel.observations import lake as lakes

    with tempfile.TemporaryDirectory() as folder:
        lake = lakes.Lake(database_url=f"sqlite:///{folder}/lake.sqlite3", store=f"{folder}/lake")
        lakes.use(lake)
        fill(lake, total)
        client = Client()
        first = client.get(ONE).json()
        middle = NOW - timedelta(minutes=total // STREAMS // 2)
        token = f"wells.w050.level_m@{middle:%Y-%m-%dT%H:%M:%SZ}"
        buckets = f"{ONE}?$bucket=PT5M&$top=1000"
        asked = {
            "what a map asks: 100 things, places, streams, newest": MAP,
            "first page of a stream": ONE,
            "a page in its middle": f"{ONE}?$skiptoken={token}",
            "newest page": f"{ONE}?$orderby=phenomenonTime desc",
            "an hour by time": f"{ONE}?$filter=phenomenonTime ge {middle:%Y-%m-%dT%H:%M:%SZ}",
            "above a value, all streams": f"{ROOT}/Observations?$filter=result gt 9",
            "1,000 rows as a data array": f"{ONE}?$resultFormat=dataArray&$top=1000",
            "1,000 means over five minutes": buckets,
        }
        assert len(first["value"]) == 100
        found = {}
        for words, address in asked.items():
            took = []
            for _ in range(9):
                began = process_time()
                answer = client.get(address)
                took.append((process_time() - began) * 1e3)
                assert answer.status_code == 200, answer.content
            found[words] = median(took)
        lakes.use(None)
        lake.database.close()
    return found


def main() -> None:
    """Print a table: a row a question, a column a size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--observations", type=int, nargs="+", default=[100_000, 2_000_000])
    sizes = parser.parse_args().observations
    os.environ["MOOTHALL_HOME"] = tempfile.mkdtemp(prefix="moothall-benchmark-")
    os.environ.setdefault("CITY", "leeds")
    os.environ["DJANGO_SETTINGS_MODULE"] = "moothall.site.settings"
    import django

    django.setup()
    from django.conf import settings

    settings.LIMITS_ON = False
    settings.ALLOWED_HOSTS = ["*"]
    settings.LOGGING_CONFIG = None
    import logging

    logging.disable(logging.INFO)
    from moothall.kernel.registry import Feed, house
    from moothall.values.observations import Batch

    feed = Feed(
        name="wells.readings",
        title="Wells",
        summary="How high the water stands.",
        publisher="The Well Office",
        documentation="https://wells.example/",
        licence="OGL-UK-3.0",
        attribution="Contains data of the Well Office.",
        every=timedelta(minutes=15),
        stale_after=timedelta(hours=1),
        parse=lambda payload, params: Batch(),
    )
    house._feeds = {feed.name: feed}
    found = [measure(size) for size in sizes]
    print(f"{'CPU ms':58}" + "".join(f"{size:>14,}" for size in sizes))
    for words in found[0]:
        print(f"{words:58}" + "".join(f"{one[words]:14.1f}" for one in found))


if __name__ == "__main__":
    main()
