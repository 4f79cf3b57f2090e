"""A question in SQL reads the lake, and nothing else of the machine."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from moothall.kernel.observations.lake import Lake
from moothall.kernel.observations.querying import UnableToQuery
from moothall.values.observations import Batch, Observation, Series

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SERIES = Series(key="test.a.n", title="", unit="1", observed_property="", thing="")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(database_url=f"sqlite:///{tmp_path / 'lake.sqlite3'}", store=f"{tmp_path}/it's/st")
    said = (Observation(series=SERIES.key, at=NOW, result=2.5),)
    made.append(Batch(observations=said, series=(SERIES,)), feed="t.f", key="1", now=NOW)
    made.seal(NOW)
    return made


def test_sealed_rows_are_read_whatever_the_folder_is_called(lake: Lake) -> None:
    found = lake.query('SELECT series, "at", value FROM observations').to_pylist()
    assert found == [{"series": SERIES.key, "at": NOW, "value": 2.5}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM read_csv('{store}/../../secret.csv')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM hot_python_variable",
    ],
)
def test_a_question_cannot_read_other_files(lake: Lake, tmp_path: Path, sql: str) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("a,b\n1,2\n")
    with pytest.raises(UnableToQuery):
        lake.query(sql.format(outside=outside, store=lake.store.address.replace("'", "''")))


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{store}/mine.parquet'",
        "CREATE TABLE main.mine (a INTEGER)",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "ATTACH '{store}/mine.db'",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_a_question_is_one_select_and_changes_nothing(lake: Lake, sql: str) -> None:
    store = lake.store.address.replace("'", "''")
    before = sorted(Path(lake.store.address).rglob("*"))
    with pytest.raises(UnableToQuery):
        lake.query(sql.format(store=store))
    assert sorted(Path(lake.store.address).rglob("*")) == before


def test_other_readers_of_the_store_find_which_series_a_number_means(lake: Lake) -> None:
    listed = Path(lake.store.address) / "series.parquet"
    rows = DeltaTable(f"{lake.store.address}/observations").to_pyarrow_table()
    joined = rows.join(pq.read_table(listed), "series", "number")
    assert joined["key"].to_pylist() == [SERIES.key]
    said = (Observation(series=SERIES.key, at=NOW.replace(hour=13), result=3.0),)
    renamed = replace(SERIES, title="The weir")
    lake.append(Batch(observations=said, series=(renamed,)), feed="t.f", key="2", now=NOW)
    lake.seal(NOW)
    assert pq.read_table(listed)["title"].to_pylist() == ["The weir"]
    assert [one.series.title for one in lake.list_latest()] == ["The weir"]
