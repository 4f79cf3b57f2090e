"""Whatever comes, in whatever order, sealed whenever: the lake reads as a plain dict would."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moothall.kernel.observations import latest
from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.querying import Asking
from moothall.values.observations import Batch, Observation, Series

DISTINCT = 'SELECT count(*), count(DISTINCT (series, "at")) FROM observations'
START = datetime(2026, 3, 28, 22, tzinfo=UTC)
KEYS = tuple(f"test.thing{n}.level_m" for n in range(3))
SERIES = tuple(
    Series(key=key, title=key, unit="m", observed_property="level", thing=key) for key in KEYS
)


@dataclass(frozen=True)
class Said:
    """One row of a batch: which series, how many hours after the start, what."""

    key: str
    hours: int
    result: float | str


rows = st.builds(
    Said, st.sampled_from(KEYS), st.integers(0, 60), st.sampled_from([0.5, 1.0, 2.0, "closed"])
)
steps = st.lists(
    st.one_of(
        st.lists(rows, min_size=1, max_size=12), st.sampled_from(["seal", "compact", "again"])
    ),
    min_size=1,
    max_size=12,
)


def observation(said: Said) -> Observation:
    return Observation(series=said.key, at=START + timedelta(hours=said.hours), result=said.result)


class Stores:
    """Where one lake after another begins empty; what is dear to begin with is shared."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._url, self._folder = database_url, folder
        self._asking = Asking(threads=1, memory="200MB")
        self._lakes = 0

    def begin(self) -> Lake:
        store = self._folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        self._lakes += 1
        if self._url.startswith("sqlite:"):
            url = f"sqlite:///{self._folder}/lake{self._lakes}.sqlite3"
        else:
            url = self._url
            _empty(url)
        lake = Lake(database_url=url, store=str(store))
        lake._asking = self._asking
        return lake


def _empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename <> 'lake_part'"
        ).fetchone()
        if tables and tables[0]:
            connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY")


@pytest.fixture
def stores(database_url: str, tmp_path: Path) -> Stores:
    return Stores(database_url, tmp_path)


def read(lake: Lake, key: str) -> dict[datetime, float | str]:
    found = lake.list_observations(key, from_at=START, until_at=START + timedelta(days=9))
    assert [one.at for one in found] == sorted({one.at for one in found})
    return {one.at: one.result for one in found}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_any_sequence_reads_as_a_dict_of_the_newest_arrival(
    stores: Stores, steps: list[list[Said] | str]
) -> None:
    lake = stores.begin()
    model: dict[str, dict[datetime, float | str]] = {key: {} for key in KEYS}
    last: list[Said] = []
    for number, step in enumerate(steps):
        now = START + timedelta(days=4, minutes=number)
        if step == "seal":
            lake.seal(now)
        elif step == "compact":
            lake.compact(now)
        else:
            batch = last if step == "again" else step
            assert isinstance(batch, list)
            last = batch
            said = tuple(observation(row) for row in batch)
            lake.append(
                Batch(observations=said, series=SERIES), feed="test.feed", key=str(number),
                now=now,
            )  # fmt: skip
            for one in said:
                model[one.series][one.at] = one.result
        with lake.database.reading() as cursor:
            assert lake.list_latest() == latest.list_latest(cursor)
    assert {key: read(lake, key) for key in KEYS} == model
    counted = lake.query(DISTINCT)
    total = sum(len(rows) for rows in model.values())
    assert [column[0].as_py() for column in counted.columns] == [total, total]
    newest = {found.series.key: found.observation for found in lake.list_latest()}
    for key, kept in model.items():
        if kept:
            assert (newest[key].at, newest[key].result) == max(
                kept.items(), key=lambda item: item[0]
            )
            entry = lake.find_series(key)
            assert entry is not None
            assert (entry.first_at, entry.last_at) == (min(kept), max(kept))
    assert lake.check().faults == ()
    lake.database.close()
