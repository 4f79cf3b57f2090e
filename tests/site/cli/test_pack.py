"""`moothall pack` says what is wrong, ends with 1 if anything is, and begins new packs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moothall.site.cli.pack import app

CALL = "from moothall.site.cli import app; app()"
TEMPLATE = Path(__file__).resolve().parents[3] / "packs" / "template"


@pytest.fixture
def packs(tmp_path, settings, monkeypatch):
    monkeypatch.delenv("REPLAY", raising=False)
    settings.PACKS = tmp_path
    monkeypatch.setenv("MOOTHALL_PACKS", str(tmp_path))
    shutil.copytree(TEMPLATE, tmp_path / "template")
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, list(words))


def test_a_whole_pack_ends_with_0(packs):
    done = run("check")
    assert (done.exit_code, done.output) == (0, "template: nothing is wrong\n")


def test_a_broken_pack_ends_with_1_and_names_file_line_and_cure(packs):
    wards = packs / "template" / "wards.csv"
    wards.write_text(wards.read_text().replace("E05999002", "E05"))
    done = run("check", "template")
    assert done.exit_code == 1
    assert f"{wards}:3: 'E05' is not a GSS code. Write a ward's: E05010458." in done.output
    assert "template: 1 problem" in done.output


def test_a_pack_may_be_named_by_its_folder(packs, tmp_path):
    assert run("check", str(tmp_path / "template")).exit_code == 0
    assert run("check", "nowhere").exit_code == 1


def test_with_replay_set_recordings_must_be_there(packs, tmp_path, monkeypatch):
    monkeypatch.setenv("REPLAY", str(tmp_path))
    (packs / "template" / "replay.toml").write_text(
        '[[recording]]\nfeed = "flood.readings"\nfile = "readings.json"\n'
        'recorded_at = 2025-02-06T16:20:35Z\ntime = "now"\n'
    )
    assert "there is no readings.json" in run("check", "template").output


def test_a_new_pack_is_the_template_and_whole(packs):
    done = run("new", "york")
    assert done.exit_code == 0
    assert run("check", "york").exit_code == 0
    assert (packs / "york" / "city.toml").read_text() == (TEMPLATE / "city.toml").read_text()


@pytest.mark.parametrize("name", ["York", "../york", "", "template"])
def test_a_pack_is_not_made_over_another_nor_elsewhere(packs, name):
    before = sorted(path.name for path in packs.iterdir())
    assert run("new", name).exit_code == 1
    assert sorted(path.name for path in packs.iterdir()) == before


def test_a_folder_of_packs_may_begin_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOTHALL_PACKS", str(tmp_path / "own"))
    monkeypatch.setenv("CITY", "nowhere")
    words = [sys.executable, "-c", CALL, "pack", "new", "york"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "own" / "york" / "city.toml").is_file()
