"""A small city whose one gauge is played from a recording, and a way to call the command."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moothall.kernel import packs

ROOT = Path(__file__).resolve().parents[3]
READING = {
    "measure": "L1707-level-stage-i-15_min-m",
    "dateTime": "2026-01-05T09:15:00Z",
    "value": 0.66,
}
MAPPING = """
[[recording]]
feed = "flood.readings"
file = "readings.json"
recorded_at = 2026-01-05T09:20:00Z
time = "as-recorded"
"""


@pytest.fixture
def call():
    """Call one group of commands, as a person at a terminal does."""
    return lambda app, *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def recording(tmp_path):
    """The folder of recordings; its one file may be rewritten."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "readings.json").write_text(json.dumps({"items": [READING]}))
    return folder


@pytest.fixture
def city(tmp_path, settings, lake, recording):
    """Leeds with its river readings alone, which are replayed."""
    folder = tmp_path / "leeds"
    shutil.copytree(ROOT / "packs" / "leeds", folder)
    for path in folder.glob("*.toml"):
        if path.stem not in ("city", "flood", "replay"):
            path.unlink()
    flood = (folder / "flood.toml").read_text()
    for other in ("levels", "stations", "warnings"):
        flood = flood.replace(f"[feeds.{other}]\n", "")
    (folder / "flood.toml").write_text(flood)
    (folder / "replay.toml").write_text(MAPPING)
    settings.CITY_PACK = str(folder)
    settings.REPLAY = str(recording)
    settings.RAW_STORE = str(tmp_path / "raw")
    packs.current.cache_clear()
    yield folder
    packs.current.cache_clear()
