"""What a power cut could take away: followed write by write, as the operating system saw them.

A change is safe once its file, and the folder that names the file, have been synced since. Proved
for every acknowledged batch, and for the segments that give up their bodies once they are sealed.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import unavailable

ROOT = Path(__file__).resolve().parents[3]
WORK = """
import os, sys
from datetime import UTC, datetime, timedelta
from moothall.kernel.observations.lake import Lake
from moothall.values.observations import Batch, Observation, Series
lake = Lake(database_url=f"sqlite:///{sys.argv[1]}/lake.sqlite3", store=f"{sys.argv[1]}/store")
at = datetime(2026, 1, 1, tzinfo=UTC)
series = (Series(key="a.b.n", title="", unit="1", observed_property="", thing=""),)
for number in range(6):
    said = Observation(series="a.b.n", at=at + timedelta(hours=9 * number), result=1.5)
    lake.append(Batch(observations=(said,), series=series), feed="a.f", key=str(number), now=at)
    os.write(1, b"SAID acknowledged\\n")
    if number % 2:
        lake.seal(at + timedelta(days=1))
        os.write(1, b"SAID sealed\\n")
lake.compact(at + timedelta(days=9))
os.write(1, b"SAID compacted\\n")
"""
_PATH = re.compile(r"<(/[^>]*)>")
_NAMED = re.compile(r'"([^"]*)"')


class Disk:
    """What has been changed and not yet synced: files by their bytes, folders by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.unsynced: set[str] = set()

    def see(self, call: str, said: str) -> None:
        if call in {"write", "pwrite64"}:
            self._change(_PATH.findall(said)[:1])
        elif call in {"fsync", "fdatasync"}:
            self.unsynced -= set(_PATH.findall(said)[:1])
        elif call == "openat" and "O_CREAT" in said:
            self._change([str(Path(_NAMED.findall(said)[0]).parent)])
        elif call in {"rename", "link", "linkat", "renameat", "renameat2"}:
            old, new = _NAMED.findall(said)[:2]
            self._change([str(Path(new).parent)])
            if old in self.unsynced:
                self.unsynced = self.unsynced - {old} | {new}
        elif call == "unlink":
            self.unsynced.discard(_NAMED.findall(said)[0])

    def _change(self, paths: list[str]) -> None:
        self.unsynced |= {path for path in paths if path.startswith(self.folder)}

    def at_risk(self, *, store: bool) -> set[str]:
        """Name what of the store, or of the database's journal, a power cut could take."""
        if store:
            return {path for path in self.unsynced if path.startswith(f"{self.folder}/store")}
        return {path for path in self.unsynced if path.endswith("-wal")}


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        unavailable("strace is not installed")
    if subprocess.run([str(found), "-o", "/dev/null", "true"], capture_output=True).returncode:
        unavailable("this machine does not let one process trace another")
    return str(found)


def traced(strace: str, folder: Path, *extra: str) -> list[tuple[str, str]]:
    """Do the work; return each system call that touches the disk, in the order they ended."""
    log = folder.parent / "calls"
    calls = "write,pwrite64,fsync,fdatasync,openat,rename,renameat,renameat2,link,linkat,unlink"
    subprocess.run(
        [strace, "-f", "-y", "-s", "200", "-e", f"trace={calls}", "-o", str(log),
         sys.executable, "-c", "\n".join((*extra, WORK)), str(folder)],
        check=True, capture_output=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    begun: dict[str, str] = {}
    ended = []
    for line in log.read_text(errors="replace").splitlines():
        process, _, said = line.partition(" ")
        said = said.strip()
        if said.endswith("<unfinished ...>"):
            begun[process] = said
            continue
        if said.startswith("<..."):
            said = begun.pop(process, "") + said
        if " = -1 " not in said and "(" in said:
            ended.append((said.partition("(")[0], said))
    return ended


def weigh(calls: list[tuple[str, str]], folder: Path) -> tuple[int, list[str]]:
    """Return how many promises were made, and what was at risk as one of them was.

    Shape:   a promise is an acknowledgement; or, once a commit stands in the log, a transaction
             of the database, for that may let go of what was sealed.
    """
    disk = Disk(folder)
    promises, broken = 0, []
    for call, said in calls:
        if call == "write" and "SAID" in said:
            promises += 1
            if at_risk := disk.at_risk(store=False):
                broken.append(f"{said}: {at_risk}")
        if call == "pwrite64" and "-wal>" in said and not disk.at_risk(store=False):
            promises += 1
            if at_risk := disk.at_risk(store=True):
                broken.append(f"the database moves on: {at_risk}")
        disk.see(call, said)
    return promises, broken


def test_nothing_is_acknowledged_or_let_go_of_before_it_is_on_the_disk(
    strace: str, tmp_path: Path
) -> None:
    folder = tmp_path / "home"
    promises, broken = weigh(traced(strace, folder), folder)
    assert broken == []
    assert promises > 10


@pytest.mark.parametrize(
    ("careless", "blamed"),
    [
        (
            "import sqlite3 as s, moothall.kernel.observations.database as d; o = s.connect;"
            "C = type('C', (s.Connection,), {'execute': lambda c, q, *a:"
            " s.Connection.execute(c, q.replace('=FULL', '=NORMAL'), *a)});"
            "s.connect = lambda *a, **k: o(*a, factory=C, **k)",
            "SAID acknowledged",
        ),
        (
            "import moothall.kernel.observations.store as s; s._fsync = lambda path: None",
            "the database moves on",
        ),
    ],
    ids=["the journal is not synced at each commit", "the log of the table is not synced"],
)
def test_carelessness_would_be_found(
    strace: str, tmp_path: Path, careless: str, blamed: str
) -> None:
    folder = tmp_path / "home"
    _, broken = weigh(traced(strace, folder, careless), folder)
    assert any(blamed in one for one in broken)
