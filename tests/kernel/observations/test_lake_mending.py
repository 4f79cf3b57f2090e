"""A power cut may tear what was not seen onto the disk: the segments are still there."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from tests.kernel.observations.lake_process import START

from moothall.kernel.observations import sealing
from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.mending import UnableToMend
from moothall.kernel.observations.store import Store
from moothall.values.observations import Batch, Observation, Series

SERIES = Series(key="test.a.n", title="", unit="1", observed_property="", thing="")


def keep(lake: Lake, number: int) -> None:
    said = Observation(series=SERIES.key, at=START + timedelta(hours=number), result=float(number))
    lake.append(
        Batch(observations=(said,), series=(SERIES,)), feed="t.f", key=str(number), now=START
    )


def read(lake: Lake) -> list[float | str]:
    until = START + timedelta(days=9)
    found = lake.list_observations(SERIES.key, from_at=START, until_at=until)
    return [one.result for one in found]


def newest(store: Path, pattern: str) -> Path:
    return max((store / "observations").glob(pattern), key=lambda path: path.stat().st_mtime_ns)


def tear(store: Path, how: str) -> None:
    entry, file = newest(store, "_delta_log/*.json"), newest(store, "day=*/*.parquet")
    if how == "the entry is cut short":
        entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])
    elif how == "the entry is empty":
        entry.write_bytes(b"")
    elif how == "the entry is all zeros":
        entry.write_bytes(bytes(entry.stat().st_size))
    elif how == "the file is cut short":
        file.write_bytes(file.read_bytes()[:100])
    else:
        file.unlink()


TORN = (
    "the entry is cut short", "the entry is empty", "the entry is all zeros",
    "the file is cut short", "the file is missing",
)  # fmt: skip


@pytest.mark.parametrize("how", [(how, first) for how in TORN for first in (True, False)])
@pytest.mark.parametrize("mended_by", ["the next seal", "lake check --mend"])
def test_a_torn_commit_is_told_and_its_segments_are_sealed_again(
    database_url: str,
    tmp_path: Path,
    how: tuple[str, bool],
    mended_by: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake = Lake(database_url=database_url, store=str(tmp_path / "store"))
    torn, first = how
    if not first:
        keep(lake, 0)
        lake.seal(START)
    keep(lake, 1)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "settle", power_cut)
        with pytest.raises(KeyboardInterrupt):
            lake.seal(START)
    lake.database.close()
    tear(tmp_path / "store", torn)

    woken = Lake(database_url=database_url, store=str(tmp_path / "store"))
    faults = woken.check().faults
    assert len(faults) == 1
    assert "--mend" in faults[0].what
    if mended_by == "lake check --mend":
        assert len(woken.mend()) == 1
        assert woken.mend() == ()
    later = START + timedelta(days=1)
    woken.seal(later)
    assert read(woken) == ([1.0] if first else [0.0, 1.0])
    assert woken.check().faults == ()
    assert woken.status(later).streams[0].hot_rows == 0
    assert woken.status(later).streams[0].sealed_rows == len(read(woken))
    woken.database.close()


def test_bodies_go_only_when_all_that_was_sealed_of_them_is_on_disk(
    any_lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()
    fsync = os.fsync

    def watched(handle: int) -> None:
        seen.add(os.fstat(handle).st_ino)
        fsync(handle)

    unseen: list[Path] = []
    settle = sealing._settle

    def at_settling(*args: object) -> None:
        table = tmp_path / "store" / "observations"
        needed = [
            *table.glob("day=*"), *table.glob("day=*/*.parquet"), *table.glob("_delta_log/*.json"),
            table / "_delta_log", table, table.parent,
        ]  # fmt: skip
        unseen.extend(path for path in needed if path.stat().st_ino not in seen)
        settle(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(sealing, "_settle", at_settling)
    for number in (0, 30):
        keep(any_lake, number)
        any_lake.seal(START + timedelta(days=1))
    assert seen
    assert unseen == []
    assert bodies(any_lake) == 0


def bodies(lake: Lake) -> int:
    with lake.database.reading() as cursor:
        row = cursor.execute("SELECT count(body) FROM segment").fetchone()
    return int(row[0]) if row else 0


def test_what_cannot_be_mended_is_left_as_it_is_with_a_sentence(
    database_url: str, tmp_path: Path
) -> None:
    lake = Lake(database_url=database_url, store=str(tmp_path / "store"))
    keep(lake, 0)
    lake.seal(START + timedelta(days=1))
    assert bodies(lake) == 0
    tear(tmp_path / "store", "the file is cut short")
    before = sorted((tmp_path / "store").rglob("*"))
    with pytest.raises(UnableToMend, match="Restore a backup"):
        lake.mend()
    assert sorted((tmp_path / "store").rglob("*")) == before
    lake.database.close()


def test_whoever_tails_the_lake_is_given_the_facts_of_segments_sealed_just_now(
    any_lake: Lake,
) -> None:
    for number in (0, 1):
        keep(any_lake, number)
    any_lake.seal(START + timedelta(seconds=90))
    assert any_lake.status(START).streams[0].hot_rows == 0
    told = any_lake.changes(after=0)
    assert [one.result for change in told for one in change.observations] == [0.0, 1.0]
    assert read(any_lake) == [0.0, 1.0]
    assert any_lake.query("SELECT count(*) FROM observations").columns[0][0].as_py() == 2
    any_lake.seal(START + timedelta(seconds=150))
    assert [change.observations for change in any_lake.changes(after=0)] == [(), ()]
    assert bodies(any_lake) == 0
