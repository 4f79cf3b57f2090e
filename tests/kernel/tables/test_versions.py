"""Whole tables in versions: the same is no version, and each instant has the one it had."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from moothall.kernel.observations import lake
from moothall.kernel.tables import versions
from moothall.values.observations import Column

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
COLUMNS = (Column(name="n", type="integer"), Column(name="name"))
FAULTS = pa.table({"row": pa.array([3], pa.int64()), "sort": ["not-a-number"]})


@pytest.fixture(autouse=True)
def _own_lake(tmp_path):
    lake.use(lake.Lake(database_url=f"sqlite:///{tmp_path}/lake.db", store=str(tmp_path / "store")))
    yield
    lake.use(None)


def table(*names: str) -> pa.Table:
    return pa.table({"n": list(range(len(names))), "name": list(names)})


def keep(*names: str, name: str = "table.trees", now: datetime = NOW) -> versions.Version:
    return versions.keep(
        name,
        table(*names),
        columns=COLUMNS,
        faults=FAULTS,
        raw="00ff",
        form="CSV",
        geometry=None,
        now=now,
    )


def test_a_table_is_read_as_it_was_kept():
    version = keep("oak", "ash")
    assert (version.number, version.rows, version.faults, version.columns) == (1, 2, 1, COLUMNS)
    assert versions.read(version).to_pydict() == table("oak", "ash").to_pydict()
    assert versions.read(version, columns=("name",)).to_pydict() == {"name": ["oak", "ash"]}
    assert versions.read_faults(version).to_pydict() == FAULTS.to_pydict()
    assert sum(len(piece) for piece in versions.stream(version)) == 2


def test_the_same_rows_again_are_the_same_version():
    assert keep("oak") == keep("oak", now=NOW + timedelta(days=1))
    assert len(versions.list_versions("table.trees")) == 1


def test_each_instant_has_the_version_it_had():
    first = keep("oak")
    second = keep("oak", "ash", now=NOW + timedelta(days=1))
    third = keep("oak", now=NOW + timedelta(days=2))
    assert [v.number for v in (first, second, third)] == [1, 2, 3]
    assert third.digest == first.digest
    assert versions.get_version("table.trees", as_of=NOW + timedelta(days=1, hours=1)) == second
    assert versions.get_version("table.trees", 1) == first
    with pytest.raises(versions.UnableToFindTable):
        versions.get_version("table.trees", as_of=NOW - timedelta(days=1))


def test_a_table_withdrawn_is_listed_no_more_but_its_versions_stay():
    keep("oak")
    keep("elm", name="table.other")
    gone = versions.withdraw("table.trees", now=NOW + timedelta(days=1))
    assert gone.gone
    assert versions.withdraw("table.trees", now=NOW + timedelta(days=2)) == gone
    assert versions.list_names() == ("table.other",)
    assert versions.read(versions.get_version("table.trees", 1)).num_rows == 1
    assert keep("oak", now=NOW + timedelta(days=3)).number == 3
    assert versions.list_names() == ("table.other", "table.trees")


@pytest.mark.parametrize("name", ["", "../up", "A", "a b", "a/b", "x" * 101, "a..b"])
def test_a_name_that_could_leave_its_folder_is_refused(name):
    with pytest.raises(ValueError, match="not a name"):
        keep("oak", name=name)


def test_what_cannot_be_kept_leaves_the_version_before_it(tmp_path, monkeypatch):
    first = keep("oak")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(lake.current().store), "write", full)
    with pytest.raises(versions.UnableToKeepTable, match="No space left"):
        keep("oak", "ash")
    assert versions.get_version("table.trees") == first
