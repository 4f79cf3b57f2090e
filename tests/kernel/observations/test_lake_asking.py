"""A question in SQL reads the lake, and nothing else of the machine."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

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
