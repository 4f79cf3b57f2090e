"""`moothall replay` plays a mapping through the runner."""

import pytest

from moothall.site.cli.replay import app


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """The command names the recordings in the environment, for the settings to read."""
    monkeypatch.setenv("REPLAY", "")


def test_all_is_played_once_and_said(city, call, lake, recording):
    done = call(app, city / "replay.toml", "--root", recording, "--once")

    assert done.exit_code == 0
    assert done.output.endswith("flood.readings: good; 1 observations, 0 records, 0 issues\n")
    assert lake.find_latest("flood.l1707.level_m").observation.origin.name == "REPLAYED"


def test_a_recording_that_cannot_be_read_ends_with_1(city, call, recording):
    (recording / "readings.json").write_text("<html>")

    done = call(app, city / "replay.toml", "--root", recording, "--once")

    assert done.exit_code == 1
    assert "could not be read" in done.output


def test_a_mapping_of_no_known_feed_is_refused(city, call, recording, tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text((city / "replay.toml").read_text().replace("flood.readings", "flood.no"))

    done = call(app, wrong, "--root", recording, "--once")

    assert done.exit_code == 2
    assert "there is no feed called flood.no" in done.output
