"""Years of few observations a day: few files, and yet revised, checked and let go of day by day."""

from datetime import UTC, datetime, timedelta

import pytest

from moothall.kernel.observations import shapes
from moothall.kernel.observations.compacting import Keeping
from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
BEGAN = datetime(2025, 6, 1, tzinfo=UTC)
DAYS = 288
MONTHS = 8
"""June to January; of February and March each day has its own."""
COUNT = Series(
    key="paths.bridge.bicycles_n", title="", unit="1", observed_property="", thing="Bridge"
)
FOR_GOOD = {"from_at": BEGAN, "until_at": NOW + timedelta(days=9)}


def count(day: int, result: float) -> Observation:
    return Observation(series=COUNT.key, at=BEGAN + timedelta(days=day, hours=8), result=result)


def keep(lake: Lake, key: str, *facts: Observation) -> None:
    lake.append(Batch(observations=facts, series=(COUNT,)), feed="paths.c", key=key, now=NOW)


def files(lake: Lake) -> list[str]:
    return [file.period for file in lake.sealed("observations").snapshot().files]


@pytest.fixture
def history(lake: Lake) -> Lake:
    keep(lake, "all", *(count(day, float(day)) for day in range(DAYS)))
    return lake


def test_months_long_past_have_one_file_each_and_recent_days_their_own(history: Lake) -> None:
    history.seal(NOW)
    periods = files(history)
    assert periods[:2] == ["2025-06", "2025-07"]
    assert len(periods) == MONTHS + 28 + 15
    assert periods[MONTHS] == "2026-02-01"
    found = history.list_observations(COUNT.key, **FOR_GOOD)
    assert [one.result for one in found] == [float(day) for day in range(DAYS)]
    assert history.check().faults == ()


def test_days_that_were_sealed_one_by_one_are_merged_once_their_month_is_long_past(
    history: Lake,
) -> None:
    history.seal(BEGAN)
    assert len(files(history)) == DAYS
    history.compact(NOW)
    assert len(files(history)) == MONTHS + 28 + 15
    assert history.compact(NOW).written == 0
    answer = history.query("SELECT count(*), sum(value) FROM observations")
    assert [column[0].as_py() for column in answer.columns] == [DAYS, sum(range(DAYS))]
    assert history.check().faults == ()


def test_a_month_with_many_rows_stays_divided_by_day(
    history: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "SPARSE_ROWS", 30)
    history.seal(NOW)
    assert files(history)[:33] == [
        "2025-06",
        *(f"2025-07-{day:02}" for day in range(1, 32)),
        "2025-08-01",
    ]


def test_what_is_revised_or_comes_late_is_settled_with_the_month_it_lies_in(history: Lake) -> None:
    history.seal(NOW)
    keep(history, "late", count(40, -40.0), count(41, 41.0))
    more = Observation(series=COUNT.key, at=count(40, 0).at + timedelta(hours=1), result=7.0)
    keep(history, "more", more)
    history.seal(NOW)
    july = [name for name in files(history) if name.startswith("2025-07")]
    assert july == ["2025-07", "2025-07"]
    assert history.check().faults == ()
    history.compact(NOW)
    assert len([name for name in files(history) if name.startswith("2025-07")]) == 1
    span = {"from_at": count(40, 0).at, "until_at": count(42, 0).at}
    assert [one.result for one in history.list_observations(COUNT.key, **span)] == [
        -40.0,
        7.0,
        41.0,
    ]
    assert history.check().faults == ()


def test_a_row_that_stands_in_a_days_file_and_in_its_months_is_found(history: Lake) -> None:
    history.seal(NOW)
    table = history.sealed("observations")
    month = next(file for file in table.snapshot().files if file.period == "2025-07")
    twice = table.read(month).slice(3, 1)
    table.commit([table.write("2025-07-04", twice)], [])
    assert [fault.what for fault in history.check().faults] == ["1 rows stand in two files"]


def test_what_is_past_its_keeping_goes_day_by_day_out_of_its_month(history: Lake) -> None:
    history.seal(NOW)
    keeping = Keeping(observations=NOW - (BEGAN + timedelta(days=45)))
    done = history.compact(NOW, keeping=keeping)
    found = history.list_observations(COUNT.key, **FOR_GOOD)
    assert [one.result for one in found] == [float(day) for day in range(45, DAYS)]
    assert done.expired == 45
    assert history.compact(NOW, keeping=keeping).expired == 0
    assert history.check().faults == ()
