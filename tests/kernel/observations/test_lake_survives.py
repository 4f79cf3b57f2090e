"""kill -9, a full disk, two writers with a sealer and a reader: nothing acknowledged is lost."""

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep

import pytest
from tests.kernel.observations import lake_process

from moothall.kernel.observations.lake import Lake

READY = multiprocessing.get_context("forkserver")
"""Processes are forked from one that has imported all they need: each begins at once."""
READY.set_forkserver_preload([lake_process.__name__])
KILLS = 9


class Running:
    """One process at work on the lake, and what it has acknowledged."""

    def __init__(self, does: str, url: str, store: Path | str, *more: str) -> None:
        hears, speaks = READY.Pipe(duplex=False)
        handle, complaints = tempfile.mkstemp(prefix="moothall-test-")
        os.close(handle)
        self._complaints = Path(complaints)
        given = (speaks, complaints, dict(os.environ), does, url, str(store), *more)
        self.process = READY.Process(target=lake_process.work, args=given, daemon=True)
        self.process.start()
        speaks.close()
        self.said: list[int] = []
        self.opened = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(hears,), daemon=True)
        self._listener.start()

    def _listen(self, hears: Connection) -> None:
        with suppress(EOFError, OSError):
            while True:
                said = hears.recv()
                if said == "open":
                    self.opened.set()
                else:
                    self.said.append(said)

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> str:
        """Kill it without warning; return what it complained of before."""
        early = not self.alive
        self.process.kill()
        self.process.join()
        self._listener.join()
        complaint = self._complaints.read_text()
        self._complaints.unlink()
        return complaint if early else ""


def numbers_of(lake: Lake, writer: str, thing: int) -> list[float | str]:
    found = lake.list_observations(
        lake_process.key(writer, thing),
        from_at=lake_process.START,
        until_at=lake_process.START + timedelta(days=300),
        limit=1_000_000,
    )
    return [one.result for one in found]


def assert_whole(lake: Lake, acknowledged: dict[str, int]) -> None:
    """Every batch up to the last acknowledged one is there, whole and once; at most one more is."""
    for writer, last in acknowledged.items():
        kept = [numbers_of(lake, writer, thing) for thing in range(lake_process.THINGS)]
        assert all(numbers == kept[0] for numbers in kept), "half a batch was kept"
        assert kept[0] == list(range(len(kept[0])))
        assert len(kept[0]) in {last + 1, last + 2}
    checked = lake.check()
    assert checked.faults == ()
    counted = lake.query("SELECT count(*), count(DISTINCT (series, o.at)) FROM observations o")
    assert counted.columns[0][0].as_py() == counted.columns[1][0].as_py() == checked.rows


def test_kill_9_at_any_instant_loses_nothing_acknowledged_and_doubles_nothing(
    database_url: str, tmp_path: Path
) -> None:
    store, chance = tmp_path / "store", random.Random(20260105)
    next_number, last = 0, -1
    kills = {"write": 0, "seal": 0}
    writer = Running("write", database_url, store, "one", "0")
    sealer = Running("seal", database_url, store)
    ends = monotonic() + 120
    while (sum(kills.values()) < KILLS or last <= 20) and monotonic() < ends:
        victim = chance.choice([writer, sealer, sealer])
        assert victim.opened.wait(60)
        sleep(chance.uniform(0.02, 0.5))
        complaint = victim.kill()
        assert not complaint, complaint
        if victim is writer:
            kills["write"] += 1
            last = max([last, *writer.said])
            # It may have died between the commit and saying so: the next one sends that again.
            next_number = last + 1
            writer = Running("write", database_url, store, "one", str(next_number))
        else:
            kills["seal"] += 1
            sealer = Running("seal", database_url, store)
    assert not writer.kill()
    assert not sealer.kill()
    last = max([last, *writer.said])
    lake = Lake(database_url=database_url, store=str(store))
    assert_whole(lake, {"one": last})
    lake.seal(lake_process.START)
    assert lake.status(lake_process.START).streams[0].hot_rows == 0
    assert_whole(lake, {"one": last})
    assert min(kills.values()) >= 3
    assert last > 20
    lake.database.close()


def test_two_processes_write_while_one_seals_and_one_reads(
    database_url: str, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    Lake(database_url=database_url, store=str(store)).database.close()
    working = {
        "one": Running("write", database_url, store, "one", "0"),
        "two": Running("write", database_url, store, "two", "0"),
        "sealer": Running("seal", database_url, store),
        "reader": Running("read", database_url, store),
    }
    spoken = [running for name, running in working.items() if name != "sealer"]
    for running in working.values():
        assert running.opened.wait(60)
    # Long enough for all four to have had their turns, however busy the machine is.
    ends = monotonic() + 90
    while monotonic() < ends and min(len(running.said) for running in spoken) < 30:
        assert all(running.alive for running in working.values())
        sleep(0.1)
    complaints = {name: running.kill() for name, running in working.items()}
    assert complaints == dict.fromkeys(working, "")
    lake = Lake(database_url=database_url, store=str(store))
    assert_whole(lake, {name: max(working[name].said) for name in ("one", "two")})
    assert len(working["reader"].said) > 1
    lake.database.close()


FULL_DISK = """
import resource, sys
from datetime import timedelta
from moothall.kernel.observations.lake import Lake, UnableToAppend
from tests.kernel.observations import lake_process as p
lake = Lake(database_url=sys.argv[1], store=sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    p.write(lake, lambda number: print(number, flush=True), "one", 0)
except UnableToAppend as fault:
    print("refused:", fault)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print("sealed:", lake.seal(p.START).rows)
"""


def test_a_full_disk_is_a_clear_refusal_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    url, store = f"sqlite:///{tmp_path / 'lake.sqlite3'}", tmp_path / "store"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, url, str(store)],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
        timeout=120,
    )
    lines = done.stdout.splitlines()
    acknowledged = [int(line) for line in lines if line.isdigit()]
    assert acknowledged
    assert [line for line in lines if line.startswith("refused: The lake could not keep a batch")]
    lake = Lake(database_url=url, store=str(store))
    assert_whole(lake, {"one": acknowledged[-1]})


@pytest.mark.parametrize("left_by", ["committed but not let go", "written but not committed"])
def test_a_sealer_that_died_half_way_is_finished_by_the_next(
    database_url: str, tmp_path: Path, left_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moothall.kernel.observations import sealed, sealing
    from moothall.values.observations import Batch, Observation, Series

    lake = Lake(database_url=database_url, store=str(tmp_path / "store"))
    series = Series(key="test.a.n", title="", unit="1", observed_property="", thing="")
    at = lake_process.START
    said = Observation(series=series.key, at=at, result=1.0)
    lake.append(Batch(observations=(said,), series=(series,)), feed="t.f", key="1", now=at)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if left_by == "committed but not let go":
            patched.setattr(sealing, "_settle", die)
        else:
            patched.setattr(sealed.SealedTable, "commit", die)
        with pytest.raises(KeyboardInterrupt):
            lake.seal(at)
    span = {"from_at": at, "until_at": at + timedelta(days=1)}
    assert lake.list_observations(series.key, **span) == (said,)
    assert lake.query("SELECT count(*) FROM observations").columns[0][0].as_py() == 1
    lake.seal(at)
    assert lake.list_observations(series.key, **span) == (said,)
    assert lake.status(at).streams[0].hot_rows == 0
    assert lake.status(at).streams[0].sealed_rows == 1
    lake.database.close()
