"""The same lake on an S3-compatible store: sealed, read, queried; two sealers never both win."""

import random
import socket
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.kernel.observations import lake_process
from tests.kernel.observations.test_lake_survives import Running, assert_whole

from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SERIES = Series(key="test.a.n", title="", unit="1", observed_property="", thing="")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server writes a line for each request."""
    return tmp_path_factory.mktemp("s3") / "asked"


@pytest.fixture(scope="module")
def s3_server(asked: Path) -> Iterator[str]:
    """The address of an S3-compatible server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process of its own: the lake's client waits for answers with this one's interpreter held.
    with asked.open("wb") as lines:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=lines,
        )
    ends = monotonic() + 60
    while monotonic() < ends:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.fixture
def s3_store(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty store in a bucket of this test's own."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-2",
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"city-{uuid.uuid4().hex}"
    # Of the protocol a bucket is a folder that is put there: no client is needed for that.
    asked = urllib.request.Request(f"{s3_server}/{bucket}", method="PUT")
    with urllib.request.urlopen(asked):
        return f"s3://{bucket}/lake"


def keep(lake: Lake, hour: int) -> None:
    said = Observation(series=SERIES.key, at=NOW + timedelta(hours=hour), result=float(hour))
    lake.append(Batch(observations=(said,), series=(SERIES,)), feed="t.f", key=str(hour), now=NOW)


def test_the_lake_seals_to_and_reads_from_an_object_store(
    s3_store: str, tmp_path: Path, asked: Path
) -> None:
    lake = Lake(database_url=f"sqlite:///{tmp_path / 'lake'}", store=s3_store)
    before = 0
    for hour in range(3):
        keep(lake, hour)
        before = asked.read_bytes().count(b"HTTP/1")
        lake.seal(NOW)
    # The guide says what a seal costs at whoever counts requests.
    assert 10 < asked.read_bytes().count(b"HTTP/1") - before <= 30
    logs = lake.store.filesystem("observations/_delta_log")
    with logs.open_input_stream(f"{0:020}.json") as log:
        assert b'"delta.checkpointInterval":"10"' in log.read()
    keep(lake, 3)
    span = {"from_at": NOW, "until_at": NOW + timedelta(days=1)}
    for _ in ("sealed", "compacted"):
        assert [o.result for o in lake.list_observations(SERIES.key, **span)] == [0, 1, 2, 3]
        total = lake.query("SELECT sum(value) AS total FROM observations")
        assert total.to_pylist() == [{"total": 6.0}]
        lake.compact(NOW + timedelta(days=2))
    assert lake.check().faults == ()
    assert lake.status(NOW).streams[0].sealed_files == 1
    lake.database.close()


def test_of_two_sealers_that_know_nothing_of_each_other_one_is_refused(
    s3_store: str, tmp_path: Path
) -> None:
    from deltalake.exceptions import DeltaError

    lake = Lake(database_url=f"sqlite:///{tmp_path / 'lake'}", store=s3_store)
    keep(lake, 0)
    lake.seal(NOW)
    ours = lake.sealed("observations")
    theirs = Lake(database_url=f"sqlite:///{tmp_path / 'other'}", store=s3_store).sealed(
        "observations"
    )
    rows = ours.read(ours.snapshot().files[0])
    stale = theirs._open()
    assert stale is not None
    ours.commit([ours.write("2026-01-05", rows)], (), watermark=7)
    with pytest.raises(DeltaError):
        _commit_from(stale, theirs, rows)
    assert ours.snapshot().watermark == 7
    lake.database.close()


def _commit_from(stale, table, rows) -> None:  # type: ignore[no-untyped-def]
    """Commit as a sealer would that has not seen what another did meanwhile."""
    from deltalake import CommitProperties, Transaction

    stale.create_write_transaction(
        [table.write("2026-01-05", rows)],
        "append",
        stale.schema(),
        partition_by=["day"],
        commit_properties=CommitProperties(app_transactions=[Transaction("moothall", 7)]),
    )


def test_a_backups_table_is_put_back_into_the_store(s3_store: str, tmp_path: Path) -> None:
    from moothall.kernel.observations.store import Store
    from moothall.site import restore

    (tmp_path / "_delta_log").mkdir()
    for name, size in (("_delta_log/0.json", 100), ("rows.parquet", 3 * 1024 * 1024 + 1)):
        (tmp_path / name).write_bytes(bytes(size))
    store = Store(s3_store)
    restore._restore_table(store, "table", tmp_path)
    filesystem = store.filesystem("table")
    assert filesystem.get_file_info("rows.parquet").size == 3 * 1024 * 1024 + 1
    assert filesystem.get_file_info("_delta_log/0.json").size == 100


def test_a_copy_put_back_into_the_store_is_checked_as_any_lake_is(
    s3_store: str, tmp_path: Path
) -> None:
    from moothall.site import restore

    url = f"sqlite:///{tmp_path / 'lake'}"
    old = Lake(database_url=url, store=str(tmp_path / "store"))
    for hour in range(2):
        keep(old, hour)
        old.seal(NOW)
    old.database.close()
    lake = Lake(database_url=url, store=s3_store)
    restore._restore_table(lake.store, "observations", tmp_path / "store" / "observations")
    checked = lake.check()
    assert (checked.files, checked.rows, checked.faults) == (2, 2, ())
    one, other = lake.sealed("observations").snapshot().files
    lake.store.remove("observations", one.name)
    store = lake.store.filesystem("observations")
    with store.open_output_stream(other.name, buffer_size=1024) as torn:
        torn.write(b"PAR1 and nothing else")
    missing, unreadable = sorted(fault.what for fault in lake.check().faults)[::-1]
    assert missing == "is missing"
    assert unreadable.startswith("cannot be read")
    lake.database.close()


def test_a_sealer_killed_again_and_again_loses_nothing_and_doubles_nothing(
    s3_store: str, tmp_path: Path
) -> None:
    url, chance = f"sqlite:///{tmp_path / 'lake'}", random.Random(20260105)
    written = -1
    Lake(database_url=url, store=s3_store).database.close()
    for life in range(4):
        writer = Running("write", url, s3_store, "one", str(written + 1))
        sealer = Running("seal", url, s3_store)
        assert sealer.opened.wait(60)
        assert writer.opened.wait(60)
        ends = monotonic() + 60
        # The first are killed early, the last after a commit has surely been made.
        while monotonic() < ends and len(writer.said) < 3:
            sleep(0.1)
        while monotonic() < ends and life == 3 and unsealed(url, s3_store):
            sleep(0.1)
        sleep(chance.uniform(0.0, 0.6))
        assert not writer.kill()
        written = max([written, *writer.said])
        sleep(chance.uniform(0.0, 0.3))
        assert not sealer.kill()
    lake = Lake(database_url=url, store=s3_store)
    assert_whole(lake, {"one": written})
    lake.seal(lake_process.START)
    lake.compact(lake_process.START + timedelta(days=9))
    assert lake.status(lake_process.START).streams[0].hot_rows == 0
    assert_whole(lake, {"one": written})
    assert written > 0
    lake.database.close()


def unsealed(url: str, store: str) -> bool:
    lake = Lake(database_url=url, store=store)
    files = lake.sealed("observations").snapshot().files
    lake.database.close()
    return not files
