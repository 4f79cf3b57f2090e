"""Backups night after night: what they share, what is left of one that fails, how many are kept."""

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from moothall.site import backup, restore
from moothall.site.backup_folder import Folder, list_finished, newest_backup

NIGHT = datetime(2026, 1, 5, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def kept(settings, tmp_path, lake):
    """A small home with two raw payloads, and no more than a file for people's database."""
    stores = tmp_path / "home" / "leeds"
    (stores / "raw" / "aa").mkdir(parents=True)
    (stores / "raw" / "aa" / "one").write_bytes(b"first")
    (stores / "raw" / "aa" / "two").write_bytes(b"second")
    settings.STORES = stores
    settings.DATABASE_URL = f"sqlite:///{stores / 'people.sqlite3'}"
    settings.LAKE_DATABASE_URL = f"sqlite:///{tmp_path / 'lake.sqlite3'}"
    settings.LAKE_STORE = str(tmp_path / "lake")
    settings.RAW_STORE = str(stores / "raw")
    settings.MEDIA_ROOT = str(stores / "media")
    settings.AUDIT_ANCHOR = str(stores / "audit.anchor")
    with closing(sqlite3.connect(stores / "people.sqlite3")) as people:
        people.execute("CREATE TABLE person (name TEXT)")
    lake.last_change()


def test_what_never_changes_is_on_the_disk_once_however_many_nights(kept, tmp_path):
    first = backup.back_up(tmp_path / "backups", now=NIGHT)
    second = backup.back_up(tmp_path / "backups", now=NIGHT + DAY)

    assert (first / "raw/aa/one").stat().st_ino == (second / "raw/aa/one").stat().st_ino
    assert (first / "people.sqlite3").stat().st_ino != (second / "people.sqlite3").stat().st_ino
    shutil.rmtree(first)
    assert restore.check(second)["city"] == "leeds"


def test_a_copy_that_has_rotted_is_not_shared(kept, tmp_path):
    first = backup.back_up(tmp_path / "backups", now=NIGHT)
    (first / "raw/aa/one").write_bytes(b"f1rst")

    second = backup.back_up(tmp_path / "backups", now=NIGHT + DAY)

    assert (second / "raw/aa/one").read_bytes() == b"first"
    assert restore.check(second)
    with pytest.raises(restore.UnableToRestore, match="raw/aa/one is not as it was copied"):
        restore.check(first)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_backup_that_fails_leaves_nothing_behind(kept, tmp_path, monkeypatch, fault):
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(Folder, "finish", fail)
    with pytest.raises(type(fault)):
        backup.back_up(tmp_path / "backups", now=NIGHT)
    assert not list((tmp_path / "backups").iterdir())


def test_what_a_killed_backup_left_is_gone_after_the_next(kept, tmp_path):
    left = tmp_path / "backups" / "moothall-leeds-20260104T021000Z"
    other = tmp_path / "backups" / "moothall-leeds-north-20260104T021000Z"
    for folder in (left, other):
        folder.mkdir(parents=True)
        (folder / "people.sqlite3").touch()

    backup.back_up(tmp_path / "backups", now=NIGHT)

    assert not left.exists()
    assert other.exists()


def test_a_disk_with_no_room_is_refused_before_it_is_full(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "LEFT_FREE_BYTES", 1 << 60)

    with pytest.raises(backup.UnableToBackUp, match=r"MB free, and .* MB are needed"):
        backup.back_up(tmp_path / "backups", now=NIGHT)
    assert not list((tmp_path / "backups").iterdir())


def test_two_backups_are_not_made_at_once_in_one_folder(kept, tmp_path):
    (tmp_path / "backups").mkdir()
    door = os.open(tmp_path / "backups", os.O_RDONLY)
    fcntl.flock(door, fcntl.LOCK_EX)
    try:
        with pytest.raises(backup.UnableToBackUp, match="another backup is being made"):
            backup.back_up(tmp_path / "backups", now=NIGHT)
    finally:
        os.close(door)


def test_the_newest_are_kept_and_no_other_citys_is_touched(kept, tmp_path):
    made = [backup.back_up(tmp_path / "backups", now=NIGHT + number * DAY) for number in range(4)]
    other = tmp_path / "backups" / "moothall-leeds-replay-20260101T021000Z"
    shutil.copytree(made[0], other)

    assert backup.let_go(tmp_path / "backups", keep=2) == tuple(made[:2])

    assert list_finished(tmp_path / "backups", "leeds") == made[2:]
    assert other.is_dir()
    assert newest_backup(tmp_path / "backups", "leeds") == NIGHT + 3 * DAY
    assert restore.check(made[3])
