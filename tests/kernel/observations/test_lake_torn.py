"""Files cut short at any byte after a kill: all is there, or it is told and mended."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.kernel.observations.lake_process import START

from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series

SERIES = Series(key="test.a.n", title="", unit="1", observed_property="", thing="")
SPAN = {"from_at": START, "until_at": START + timedelta(days=9)}
BATCHES = 12


def keep(lake: Lake, number: int) -> None:
    said = Observation(series=SERIES.key, at=START + timedelta(hours=number), result=float(number))
    batch = Batch(observations=(said,), series=(SERIES,))
    lake.append(batch, feed="t.f", key=str(number), now=START)


def numbers(lake: Lake) -> list[float | str]:
    return [one.result for one in lake.list_observations(SERIES.key, **SPAN)]


@pytest.mark.parametrize("seed", range(12))
def test_a_journal_cut_anywhere_leaves_whole_batches_from_the_first_on(
    tmp_path: Path, seed: int
) -> None:
    alive = Lake(database_url=f"sqlite:///{tmp_path / 'lake.sqlite3'}", store=str(tmp_path / "s"))
    for number in range(BATCHES):
        keep(alive, number)
    # As after a kill: the journal has not been carried over into the database.
    torn = tmp_path / "torn"
    torn.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(tmp_path / f"lake.sqlite3{ending}", torn / f"lake.sqlite3{ending}")
    journal = torn / "lake.sqlite3-wal"
    whole = journal.stat().st_size
    with journal.open("r+b") as file:
        file.truncate(random.Random(seed).randrange(whole // 2, whole))
    left = Lake(database_url=f"sqlite:///{torn / 'lake.sqlite3'}", store=str(torn / "s"))
    kept = numbers(left)
    assert kept == [float(number) for number in range(len(kept))]
    newest = left.find_latest(SERIES.key)
    assert [newest.observation.result] * bool(kept) == kept[-1:] if newest else not kept
    assert left.check().faults == ()
    # What was lost is sent again, and stands once.
    for number in range(BATCHES):
        keep(left, number)
    left.seal(START)
    assert numbers(left) == [float(number) for number in range(BATCHES)]
    assert left.check().faults == ()
    left.database.close()
    alive.database.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_sealed_file_or_log_cut_anywhere_is_told_and_mended_while_its_segments_are_kept(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    url, store = f"sqlite:///{tmp_path / 'lake.sqlite3'}", tmp_path / "s"
    lake = Lake(database_url=url, store=str(store))
    for number in range(BATCHES):
        keep(lake, number)
        if number % 4 == 3:
            lake.seal(START)
    lake.database.close()
    pattern = chance.choice(("_delta_log/*.json", "day=*/*.parquet"))
    newest = max((store / "observations").glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    with newest.open("r+b") as file:
        file.truncate(chance.randrange(newest.stat().st_size))
    begun = Lake(database_url=url, store=str(store))
    assert begun.check().faults != ()
    assert begun.mend() != ()
    assert numbers(begun) == [float(number) for number in range(BATCHES)]
    begun.seal(START)
    assert numbers(begun) == [float(number) for number in range(BATCHES)]
    assert begun.check().faults == ()
    begun.database.close()
