"""Seals are worth a file each, and many of them are soon few files."""

from datetime import UTC, datetime, timedelta

from tests.kernel.observations.test_lake import LEVEL, keep, level, results

from moothall.kernel.observations import schema, sealing
from moothall.kernel.observations.lake import Lake

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
PATIENCE = timedelta(minutes=10)


def files(lake: Lake) -> int:
    return len(lake.sealed(schema.OBSERVATIONS).snapshot().files)


def test_a_day_of_many_seals_is_few_files_with_all_that_was_said(any_lake: Lake) -> None:
    for minute in range(30):
        keep(any_lake, str(minute), level(minute / 60, float(minute)))
        any_lake.seal(NOW)
    assert files(any_lake) < 10
    assert results(any_lake) == [float(minute) for minute in range(30)]
    assert any_lake.check().faults == ()


def test_files_are_gathered_with_their_like_so_that_a_large_one_is_left_alone(
    any_lake: Lake,
) -> None:
    keep(any_lake, "many", *(level(minute / 60, float(minute)) for minute in range(100)))
    any_lake.seal(NOW)
    (large,) = any_lake.sealed(schema.OBSERVATIONS).snapshot().files
    for minute in range(100, 108):
        keep(any_lake, str(minute), level(minute / 60, float(minute)))
        any_lake.seal(NOW)
    now = any_lake.sealed(schema.OBSERVATIONS).snapshot().files
    assert large in now
    assert sorted(file.rows for file in now) == [8, 100]


def test_with_patience_little_waits_for_more_but_no_longer_than_that(any_lake: Lake) -> None:
    any_lake.seal(NOW)
    keep(any_lake, "1", level(0, 1.0))
    any_lake.seal(NOW, patience=PATIENCE)  # a sealer looks at each stream once, and seals it
    keep(any_lake, "2", level(1, 2.0))
    any_lake.seal(NOW + PATIENCE / 2, patience=PATIENCE)
    assert (files(any_lake), results(any_lake)) == (1, [1.0, 2.0])
    any_lake.seal(NOW + PATIENCE, patience=PATIENCE)
    assert (files(any_lake), results(any_lake)) == (2, [1.0, 2.0])


def test_with_patience_much_is_sealed_at_once(any_lake: Lake, monkeypatch) -> None:
    keep(any_lake, "1", level(0, 1.0))
    any_lake.seal(NOW, patience=PATIENCE)
    monkeypatch.setattr(sealing, "_RIPE_ROWS", 2)
    keep(any_lake, "2", level(1, 2.0))
    any_lake.seal(NOW, patience=PATIENCE)
    assert files(any_lake) == 1
    keep(any_lake, "3", level(2, 3.0))
    any_lake.seal(NOW, patience=PATIENCE)
    assert files(any_lake) == 2
    monkeypatch.setattr(sealing, "_RIPE_SEGMENTS", 1)
    monkeypatch.setattr(sealing, "_RIPE_ROWS", 100)
    keep(any_lake, "4", level(3, 4.0))
    any_lake.seal(NOW, patience=PATIENCE)
    assert files(any_lake) == 3


def test_a_stream_of_which_nothing_waits_is_let_go_of_without_asking_its_store(
    any_lake: Lake, monkeypatch
) -> None:
    keep(any_lake, "1", level(0, 1.0))
    any_lake.seal(NOW)
    table = any_lake.sealed(schema.OBSERVATIONS)
    monkeypatch.setattr(type(table), "snapshot", lambda _: (_ for _ in ()).throw(AssertionError()))
    any_lake.seal(NOW + timedelta(hours=1))
    with any_lake.database.reading() as cursor:
        bodies = cursor.execute("SELECT count(*) FROM segment WHERE body IS NOT NULL").fetchone()
    assert bodies == (0,)
    monkeypatch.undo()
    assert any_lake.find_latest(LEVEL.key) is not None
    assert results(any_lake) == [1.0]
