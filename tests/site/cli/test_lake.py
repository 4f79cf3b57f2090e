"""`moothall lake` shows, seals, proves, hands out and rebuilds what machines said."""

import pytest

from moothall.kernel.observations.lake import Lake
from moothall.site.cli.feeds import app as feeds
from moothall.site.cli.lake import app

LEVEL = "flood.l1707.level_m"


@pytest.fixture
def kept(city, call, lake):
    """A lake with one reading, which is replayed; that is sealed as any other."""
    assert call(feeds, "run", "flood.readings").exit_code == 0
    return lake


def test_what_waits_to_be_sealed_is_shown_and_sealed(kept, call):
    before = call(app, "status").output
    sealed = call(app, "seal", "--compact")
    after = call(app, "status").output

    assert "1 rows, 1 series" in before
    assert "1 hot rows in 1 segments" in before
    assert sealed.output.startswith("Sealed 1 rows of 1 segments.")
    assert "0 hot rows" in after
    assert "1 sealed in 1 files" in after


def test_a_whole_lake_is_said_to_be_whole_and_a_torn_one_ends_with_1(kept, call, tmp_path):
    call(app, "seal")
    whole = call(app, "check")
    assert whole.exit_code == 0
    assert whole.output.endswith("The lake is whole.\n")

    for file in (tmp_path / "lake" / "observations").rglob("*.parquet"):
        file.write_bytes(b"gone")
    torn = call(app, "check")
    assert torn.exit_code == 1
    assert "The lake is whole." not in torn.output


def test_part_of_it_is_written_to_a_file(kept, call, tmp_path):
    path = tmp_path / "out.csv"

    done = call(app, "export", "flood.readings", path, "--from", "2026-01-05T00:00Z")

    assert done.output == f"Wrote 1 rows to {path}.\n"
    assert LEVEL in path.read_text()
    assert call(app, "export", "flood.readings", path, "--from", "noon").exit_code == 2
    assert call(app, "export", "flood.nothing", path).exit_code == 2


def test_a_lake_built_again_from_raw_bytes_says_the_same(kept, call, tmp_path):
    into = tmp_path / "again"
    into.mkdir()

    done = call(app, "rebuild", into)

    assert done.output.startswith("Read 1 payloads again.")
    again = Lake(database_url=f"sqlite:///{into / 'lake.sqlite3'}", store=str(into / "lake"))
    assert again.find_latest(LEVEL).observation == kept.find_latest(LEVEL).observation
    again.database.close()
