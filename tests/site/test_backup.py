"""A backup taken while feeds and people write, put back somewhere else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moothall.site import restore

START = "import sys, django; django.setup()\n"
MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0, skip_checks=True)
"""
WRITER = """
from datetime import UTC, datetime, timedelta
from pathlib import Path
from django.db import transaction
from moothall.kernel import clock
from moothall.kernel.audit import log
from moothall.kernel.observations import lake
from moothall.kernel.tables import versions
from moothall.standards.tables import reading
from moothall.values.observations import Batch, Observation, Series

began, stop = datetime(2026, 1, 5, tzinfo=UTC), Path(sys.argv[1])
trees = reading.read(b"id,kind\\n1,oak\\n2,ash\\n", name="trees.csv")
versions.keep("table.trees", trees.table, columns=trees.columns, faults=trees.faults, raw="",
    form="CSV", geometry=None, now=began)
series = Series(
    key="house.thing.count", title="How many", unit="1", observed_property="count", thing="A thing"
)
for number in range(100_000):
    at = began + timedelta(seconds=number)
    one = Observation(series=series.key, at=at, result=float(number))
    batch = Batch(observations=(one,), series=(series,))
    lake.current().append(batch, feed="house.feed", key=str(number), now=at)
    if number % 7 == 3:
        lake.current().seal(at)
    log.record(by="person:1", did="counted", to=f"thing:{number}", at=clock.now())
    print(number, flush=True)
    if stop.exists():
        break
"""
BACK_UP = """
from pathlib import Path
from moothall.kernel import clock
from moothall.site import backup
print(backup.back_up(Path(sys.argv[1]), now=clock.now()))
"""
RESTORE = """
from pathlib import Path
from moothall.site import restore
restore.restore(Path(sys.argv[1]))
"""
JUDGE = """
import json
from datetime import UTC, datetime, timedelta
from moothall.kernel.audit import log
from moothall.kernel.observations import lake
from moothall.kernel.tables import versions
from moothall.values.observations import Batch, Observation

began, until = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
key, here = "house.thing.count", lake.current()
def kept():
    found = here.list_observations(key, from_at=began, until_at=until, limit=200_000)
    return [int(observation.result) for observation in found]
before, verdict = kept(), log.verify()
# A restored lake takes what comes next, and seals it.
for number in (len(before), len(before) + 1):
    at = began + timedelta(seconds=number)
    one = Observation(series=key, at=at, result=float(number))
    batch = Batch(observations=(one,), series=(here.find_series(key).series,))
    here.append(batch, feed="house.feed", key=str(number), now=at)
    here.seal(at)
# And its pages answer.
from django.test import Client
pages = [Client().get(path, HTTP_HOST="127.0.0.1").status_code for path in ("/", "/data/")]
print(json.dumps({
    "kept": before, "after": kept(), "lines": verdict.lines, "faults": verdict.faults,
    "pages": pages, "trees": versions.read(versions.get_version("table.trees"))["kind"].to_pylist(),
}))
"""


class Home:
    """One home, and the processes that run in it."""

    def __init__(self, folder: Path, **given: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "MOOTHALL_HOME": str(folder),
            "MOOTHALL_LOG_LEVEL": "ERROR",
            **given,
        }

    def start(self, code: str, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", START + code, *args],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str, *args: str) -> str:
        process = self.start(code, *args)
        said = process.communicate(timeout=180)[0].strip()
        assert process.returncode == 0
        return said


def back_up_while_writing(home: Home, tmp_path: Path) -> tuple[Path, int]:
    """Return the backup, and how many batches had been acknowledged before it began."""
    stop = tmp_path / "stop"
    writer = home.start(MIGRATE + WRITER, str(stop))
    assert writer.stdout is not None
    assert "20\n" in iter(writer.stdout.readline, "")
    folder = Path(home.run(BACK_UP, str(tmp_path / "backups")))
    stop.touch()
    writer.communicate(timeout=60)
    assert writer.returncode == 0
    return folder, 21


def assert_whole(found: dict[str, object], at_least: int) -> None:
    kept = found["kept"]
    assert isinstance(kept, list)
    assert kept == list(range(len(kept)))
    assert len(kept) >= at_least
    assert found["after"] == list(range(len(kept) + 2))
    assert found["faults"] == []
    assert found["pages"] == [200, 200]
    assert found["trees"] == ["oak", "ash"]
    # Each line follows its batch: the log was copied first, so it can only be the shorter.
    assert at_least <= int(str(found["lines"])) <= len(kept)


def test_a_backup_of_a_running_city_is_whole_where_it_is_put_back(tmp_path):
    folder, acknowledged = back_up_while_writing(Home(tmp_path / "one"), tmp_path)

    found = json.loads(Home(tmp_path / "two").run(RESTORE + JUDGE, str(folder)))

    assert_whole(found, acknowledged)


@pytest.mark.postgres
def test_a_backup_of_a_running_city_on_postgresql_is_whole(tmp_path, make_postgres):
    one = Home(tmp_path / "one", DATABASE_URL=make_postgres())
    folder, acknowledged = back_up_while_writing(one, tmp_path)

    other = Home(tmp_path / "two", DATABASE_URL=make_postgres())
    found = json.loads(other.run(RESTORE + JUDGE, str(folder)))
    found["lines"] = min(found["lines"], len(found["kept"]))  # one dump holds both
    assert_whole(found, acknowledged)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished backup of a city nobody has used yet, in the folder beside its home."""
    folder = tmp_path_factory.mktemp("finished")
    return Path(Home(folder / "one").run(MIGRATE + BACK_UP, str(folder / "backups")))


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "copied"))


@pytest.fixture
def empty_home(settings, tmp_path: Path) -> Path:
    """Settings of a home with nothing in it."""
    stores = tmp_path / "two"
    stores.mkdir()
    settings.DATABASE_URL = f"sqlite:///{stores / 'people.sqlite3'}"
    settings.LAKE_DATABASE_URL = f"sqlite:///{stores / 'lake.sqlite3'}"
    settings.LAKE_STORE = str(stores / "lake")
    settings.RAW_STORE = str(stores / "raw")
    settings.MEDIA_ROOT = str(stores / "media")
    settings.AUDIT_ANCHOR = str(stores / "audit.anchor")
    return stores


@pytest.mark.parametrize("kept", ["people.sqlite3", "lake.sqlite3", "raw/aa", "lake/observations"])
def test_a_backup_is_not_put_back_over_anything(copied, empty_home, kept):
    (empty_home / kept).parent.mkdir(exist_ok=True)
    (empty_home / kept).write_text("kept")

    with pytest.raises(restore.UnableToRestore, match="into an empty home only"):
        restore.restore(copied)
    assert (empty_home / kept).read_text() == "kept"


def test_a_whole_backup_is_put_back(copied, empty_home):
    done = restore.restore(copied)

    assert done.files == len(json.loads((copied / "manifest.json").read_text())["files"])
    assert (empty_home / "people.sqlite3").is_file()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no finished backup"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text('{"format": 9}'), "does not know"),
        (lambda folder: (folder / "lake.sqlite3").unlink(), "lake.sqlite3 is missing"),
        (lambda folder: (folder / "more").touch(), "more is not in the manifest"),
        (
            lambda folder: (folder / "people.sqlite3").write_bytes(b"something else"),
            "people.sqlite3 is not as it was copied",
        ),
    ],
)
def test_a_spoilt_backup_is_refused_and_nothing_is_changed(copied, empty_home, spoil, words):
    spoil(copied)

    with pytest.raises(restore.UnableToRestore, match=words):
        restore.restore(copied)
    assert not list(empty_home.iterdir())


def test_a_backup_of_another_city_or_of_a_replay_is_not_put_back(copied, empty_home, settings):
    settings.REPLAY = str(empty_home)
    with pytest.raises(restore.UnableToRestore, match="of the real city, and this is a replay"):
        restore.restore(copied)

    settings.REPLAY = ""
    settings.CITY_PACK = str(Path(settings.PACKS) / "leicester")
    with pytest.raises(restore.UnableToRestore, match="set CITY=leeds"):
        restore.restore(copied)
    assert not list(empty_home.iterdir())


def test_a_backup_is_for_its_owner_only_and_holds_no_secret_key(finished):
    assert finished.stat().st_mode & 0o077 == 0
    key = (finished.parents[1] / "one" / "secret_key").read_bytes()
    assert not any(key in path.read_bytes() for path in finished.rglob("*") if path.is_file())
