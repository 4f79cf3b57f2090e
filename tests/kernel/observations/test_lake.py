"""The lake keeps observations: duplicates, revisions, late and unfit rows, what is made up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from moothall.kernel.observations.database import Database
from moothall.kernel.observations.lake import Lake, UnableToAppend
from moothall.values.observations import Batch, Observation, Origin, Quality, Series, Severity

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
LEVEL = Series(
    key="river.crown_point.level_m", title="Level at Crown Point", unit="m",
    observed_property="water level", thing="Aire at Crown Point", lon=-1.54, lat=53.79,
)  # fmt: skip
STATE = replace(LEVEL, key="river.crown_point.state", title="State", unit="")


def level(hours: float, result: float | str, **more: object) -> Observation:
    at = NOW + timedelta(hours=hours)
    return Observation(series=LEVEL.key, at=at, result=result, **more)  # type: ignore[arg-type]


def keep(lake: Lake, key: str, *said: Observation, feed: str = "river.readings", **more):  # type: ignore[no-untyped-def]
    return lake.append(
        Batch(observations=said, series=(LEVEL, STATE)), feed=feed, key=key, now=NOW, **more
    )


def results(lake: Lake) -> list[float | str]:
    span = {"from_at": NOW - timedelta(days=9), "until_at": NOW + timedelta(days=9)}
    return [one.result for one in lake.list_observations(LEVEL.key, **span)]


def test_what_is_kept_reads_back_whole_before_and_after_sealing(any_lake: Lake) -> None:
    until = NOW + timedelta(minutes=15)
    said = level(0, 0.66, until=until, quality=Quality.ESTIMATED, origin=Origin.REPLAYED)
    state = Observation(series=STATE.key, at=NOW, result="rising", origin=Origin.REPLAYED)
    receipt = keep(any_lake, "1", said, state, raw="ab" * 32)
    assert (receipt.observations, receipt.issues) == (2, ())
    for _ in ("hot", "sealed"):
        latest = any_lake.find_latest(LEVEL.key)
        assert latest is not None
        assert (latest.series, latest.observation) == (LEVEL, said)
        assert (latest.feed, latest.received_at, latest.raw) == ("river.readings", NOW, "ab" * 32)
        span = {"from_at": NOW, "until_at": until}
        assert any_lake.list_observations(LEVEL.key, **span) == (said,)
        assert any_lake.list_observations(STATE.key, **span) == (state,)
        table = any_lake.query("SELECT value, text, feed FROM observations ORDER BY series")
        assert table.to_pylist()[0] == {"value": 0.66, "text": None, "feed": "river.readings"}
        assert table["text"].to_pylist() == [None, "rising"]
        any_lake.seal(NOW)
    assert any_lake.status(NOW).streams[0].hot_rows == 0
    assert any_lake.check().faults == ()


def test_a_delivery_repeated_changes_nothing_even_after_a_revision(any_lake: Lake) -> None:
    keep(any_lake, "1", level(0, 1.0))
    keep(any_lake, "2", level(0, 2.0))
    assert keep(any_lake, "1", level(0, 1.0)).repeated
    assert results(any_lake) == [2.0]
    assert any_lake.find_latest(LEVEL.key).observation.result == 2.0  # type: ignore[union-attr]


def test_an_observation_already_held_makes_no_segment_rows(any_lake: Lake) -> None:
    keep(any_lake, "1", level(0, 1.0))
    receipt = keep(any_lake, "2", level(0, 1.0))
    assert (receipt.observations, receipt.duplicates) == (0, 1)


def test_late_data_joins_the_past_and_never_the_latest(any_lake: Lake) -> None:
    keep(any_lake, "1", level(2, 2.0))
    any_lake.seal(NOW)
    keep(any_lake, "2", level(0, 0.5), level(1, 1.0))
    assert results(any_lake) == [0.5, 1.0, 2.0]
    assert any_lake.find_latest(LEVEL.key).observation.result == 2.0  # type: ignore[union-attr]
    assert any_lake.find_series(LEVEL.key).first_at == NOW  # type: ignore[union-attr]
    assert any_lake.seal(NOW).rewritten == 0
    assert results(any_lake) == [0.5, 1.0, 2.0]


def test_a_late_revision_rewrites_the_sealed_day_it_belongs_to_and_a_late_repeat_does_not(
    any_lake: Lake,
) -> None:
    keep(any_lake, "1", level(0, 1.0), level(1, 1.5), level(30, 3.0))
    any_lake.seal(NOW)
    keep(any_lake, "2", level(0, 1.0))
    repeat = any_lake.seal(NOW)
    assert (repeat.rows, repeat.rewritten) == (0, 0)
    keep(any_lake, "3", level(1, 9.0))
    revision = any_lake.seal(NOW)
    assert (revision.rows, revision.rewritten) == (1, 1)
    assert results(any_lake) == [1.0, 9.0, 3.0]
    assert any_lake.check().faults == ()


def test_undeclared_series_and_unfit_rows_are_issues_and_the_rest_is_kept(any_lake: Lake) -> None:
    stranger = Observation(series="river.nowhere.level_m", at=NOW, result=1.0)
    receipt = keep(any_lake, "1", level(0, 1.0), stranger)
    assert receipt.observations == 1
    assert [issue.where for issue in receipt.issues] == ["river.nowhere.level_m"]
    table = pa.table(
        {
            "series": [LEVEL.key] * 3,
            "at": pa.array([NOW, NOW + timedelta(hours=1), None], pa.timestamp("us", "UTC")),
            "value": [float("nan"), 2.0, 3.0],
        }
    )
    receipt = any_lake.append_table(table, feed="river.readings", key="2", now=NOW)
    assert receipt.observations == 1
    assert [issue.severity for issue in receipt.issues] == [Severity.ERROR]
    assert results(any_lake) == [1.0, 2.0]


def test_what_is_simulated_is_never_sealed_and_gone_when_the_feed_speaks(any_lake: Lake) -> None:
    keep(any_lake, "1", level(1, 7.0, origin=Origin.SIMULATED))
    assert any_lake.seal(NOW).segments == 0
    assert results(any_lake) == [7.0]
    assert any_lake.find_latest(LEVEL.key).observation.simulated  # type: ignore[union-attr]
    any_lake.append(Batch(), feed="river.readings", key="2", now=NOW)
    assert results(any_lake) == []
    assert any_lake.find_latest(LEVEL.key) is None
    refused = keep(any_lake, "3", level(2, 8.0, origin=Origin.SIMULATED))
    assert refused.observations == 0
    assert len(refused.issues) == 1
    assert results(any_lake) == []


def test_simulated_rows_survive_the_sealing_of_another_feed_until_they_are_a_day_old(
    any_lake: Lake,
) -> None:
    other = replace(LEVEL, key="air.square.no2_ug_m3")
    keep(any_lake, "1", level(0, 6.0, origin=Origin.SIMULATED))
    keep(any_lake, "2", level(1, 7.0, origin=Origin.SIMULATED))
    said = Observation(series=other.key, at=NOW, result=20.0)
    any_lake.append(Batch(observations=(said,), series=(other,)), feed="air.aurn", key="1", now=NOW)
    assert any_lake.seal(NOW).rows == 1
    assert results(any_lake) == [6.0, 7.0]
    any_lake.seal(NOW + timedelta(days=2))
    assert results(any_lake) == [7.0]


def test_a_batch_simulated_in_part_is_refused(any_lake: Lake) -> None:
    with pytest.raises(ValueError, match="in whole or not at all"):
        keep(any_lake, "1", level(0, 1.0), level(1, 1.0, origin=Origin.SIMULATED))


def test_an_append_is_undone_with_the_transaction_it_joined(any_lake: Lake) -> None:
    def append_and_fail() -> None:
        with any_lake.database.transaction() as cursor:
            keep(any_lake, "1", level(0, 1.0), cursor=cursor)
            keep(any_lake, "2", level(1, 2.0), cursor=cursor)
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        append_and_fail()
    assert any_lake.last_change() == 0
    assert any_lake.list_series() == ()
    keep(any_lake, "1", level(0, 5.0))
    assert results(any_lake) == [5.0]
    any_lake.seal(NOW)
    assert results(any_lake) == [5.0]


def test_the_change_feed_gives_each_segment_once_in_order(any_lake: Lake) -> None:
    keep(any_lake, "1", level(0, 1.0))
    keep(any_lake, "2", level(1, 2.0))
    changes = any_lake.changes(after=0)
    assert [change.observations[0].result for change in changes] == [1.0, 2.0]
    assert any_lake.changes(after=changes[-1].id) == ()
    assert any_lake.last_change() == changes[-1].id
    assert [one.observation.result for one in any_lake.list_latest(after=changes[0].id)] == [2.0]
    any_lake.seal(NOW)
    assert [change.rows for change in any_lake.changes(after=0)] == [1, 1]


def test_compaction_merges_days_that_are_over_and_keeps_what_they_say(any_lake: Lake) -> None:
    for number in range(4):
        keep(any_lake, str(number), level(number, float(number)))
        any_lake.seal(NOW)
    done = any_lake.compact(NOW + timedelta(days=2))
    assert (done.merged, done.written) == (4, 1)
    assert results(any_lake) == [0.0, 1.0, 2.0, 3.0]
    assert any_lake.check().faults == ()
    assert any_lake.compact(NOW + timedelta(days=2)).merged == 0


def test_a_reader_that_looked_before_compaction_still_finds_its_files(any_lake: Lake) -> None:
    for number in range(3):
        keep(any_lake, str(number), level(number, float(number)))
        any_lake.seal(NOW)
    table = any_lake.sealed("observations")
    before = table.snapshot()
    any_lake.compact(NOW + timedelta(days=2))
    assert sum(len(table.read(file)) for file in before.files) == 3


def test_the_check_finds_a_flipped_bit_a_missing_file_and_a_database_from_before(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'lake.sqlite3'}"
    lake = Lake(database_url=url, store=str(tmp_path / "store"))
    keep(lake, "1", level(0, 1.0))
    with lake.database.transaction() as cursor:
        cursor.execute("UPDATE segment SET body = zeroblob(length(body))")
    assert "not those that were kept" in lake.check().faults[0].what
    lake = Lake(database_url=f"sqlite:///{tmp_path / 'b.sqlite3'}", store=str(tmp_path / "b"))
    keep(lake, "1", level(0, 1.0))
    lake.seal(NOW)
    next((tmp_path / "b").rglob("day=*/*.parquet")).unlink()
    assert ["missing" in fault.what for fault in lake.check().faults] == [True]
    old = Lake(database_url=f"sqlite:///{tmp_path / 'c.sqlite3'}", store=str(tmp_path / "c"))
    keep(old, "1", level(0, 1.0))
    old.seal(NOW)
    with old.database.transaction() as cursor:
        cursor.execute("UPDATE segment SET id = 0")
    assert "restored from an older copy" in old.check().faults[0].what


def test_a_lake_rebuilt_from_its_deliveries_says_the_same(any_lake: Lake, tmp_path: Path) -> None:
    from moothall.kernel.observations.upkeep import Delivered, UnableToRebuild

    batches = [(level(0, 1.0), level(1, 2.0)), (level(0, 5.0),), (level(30, 3.0),)]
    deliveries = [
        Delivered(Batch(observations=said, series=(LEVEL,)), "river.readings", str(n), NOW)
        for n, said in enumerate(batches)
    ]
    for batch, feed, key, received_at, _ in deliveries:
        any_lake.append(batch, feed=feed, key=key, now=received_at)
    again = Lake(
        database_url=f"sqlite:///{tmp_path / 'again'}", store=str(tmp_path / "again-store")
    )
    assert again.rebuild(deliveries) == 3
    assert results(again) == results(any_lake) == [5.0, 2.0, 3.0]
    with pytest.raises(UnableToRebuild):
        again.rebuild(deliveries)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_feed_is_exported_over_a_span(any_lake: Lake, tmp_path: Path, ending: str) -> None:
    keep(any_lake, "1", level(0, 1.0), level(1, 2.0), level(2, 3.0))
    path = tmp_path / f"out.{ending}"
    span = {"from_at": NOW, "until_at": NOW + timedelta(hours=2)}
    assert any_lake.export("river.readings", path, **span) == 2
    assert path.stat().st_size > 100


def test_a_database_of_another_make_is_refused_with_a_sentence() -> None:
    from moothall.kernel.observations import database

    with pytest.raises(database.UnableToOpen, match="SQLite or PostgreSQL"):
        database.open("mysql://somewhere/lake")


def test_opening_a_lake_loads_no_heavy_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from moothall.kernel.observations.lake import Lake;"
        f"lake = Lake(database_url='sqlite:///{tmp_path}/l', store='{tmp_path}/s');"
        "lake.list_latest(); lake.list_records('river.gauge'); lake.last_change();"
        "lake.changes(after=0, facts=False);"
        "print([m for m in ('pyarrow','numpy','duckdb','polars','deltalake') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_database_that_cannot_write_is_a_clear_refusal(
    any_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(any_lake, "1", level(0, 1.0))
    failure = any_lake.database.failures[0]("disk is full")
    monkeypatch.setattr(Database, "_work", _raiser(failure))
    with pytest.raises(UnableToAppend, match=r"could not keep a batch of river\.readings: disk is"):
        keep(any_lake, "2", level(1, 2.0))


def _raiser(failure: Exception):  # type: ignore[no-untyped-def]
    def refuse(*_: object, **__: object) -> None:
        raise failure

    return refuse


def test_latest_values_follow_other_writers_and_are_read_by_key_prefix_and_feed(
    any_lake: Lake,
) -> None:
    other = Lake(database_url=any_lake.database.url, store=any_lake.store.address)
    assert any_lake.list_latest() == ()
    for number, value in enumerate((1.0, 2.0)):
        keep(other, str(number), level(number, value))
        (found,) = any_lake.list_latest()
        assert found.observation.result == value
        key = found.series.key
        by = [{"keys": (key, "no.such.key")}, {"prefix": key[:5]}, {"feed": found.feed},
              {"after": found.segment - 1}]  # fmt: skip
        assert [any_lake.list_latest(**how) for how in by] == [(found,)] * 4
        no = [{"keys": ()}, {"prefix": "zzz"}, {"feed": "zzz"}, {"after": found.segment}]
        assert [any_lake.list_latest(**how) for how in no] == [()] * 4
    other.database.close()


def test_latest_values_of_a_transaction_that_is_undone_are_not_remembered(any_lake: Lake) -> None:
    keep(any_lake, "1", level(0, 1.0))
    before = any_lake.list_latest()
    batch = Batch(observations=(level(1, 9.0),))

    def write_and_fail() -> None:
        with any_lake.database.transaction() as cursor:
            any_lake.append(batch, feed="test.feed", key="2", now=NOW, cursor=cursor)
            assert any_lake.list_latest()[0].observation.result == 9.0
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert any_lake.list_latest() == before
