"""The files tables were read from stay while a table needs them, whatever the sweep takes."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from moothall.kernel.feeds import raw
from moothall.kernel.registry import Registry
from moothall.kernel.tables import files

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stores(lake, settings, tmp_path):
    settings.RAW_STORE = str(tmp_path / "raw")


def grow_old(settings_folder):
    for path in settings_folder.glob("??/*"):
        os.utime(path, (0, 0))


def test_a_file_is_kept_by_its_hash_until_no_table_needs_it(tmp_path):
    digest = files.keep("table.trees", b"id\n1\n", now=NOW)
    assert files.keep("table.trees", b"id\n1\n", now=NOW) == digest
    files.keep("table.woods", b"id\n1\n", now=NOW)
    later = NOW + timedelta(days=400)
    for name in ("table.trees", "table.woods"):
        grow_old(tmp_path / "raw")
        assert raw.sweep(Registry(), later, needed=files.list_needed()) == 0
        assert raw.open_raw(digest) == b"id\n1\n"
        files.let_go(name, digest)
    assert raw.sweep(Registry(), later, needed=files.list_needed()) == 1
    with pytest.raises(raw.UnableToOpenRaw):
        raw.open_raw(digest)
