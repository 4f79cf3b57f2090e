"""Files dropped for a feed are read once, when they have settled."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.kernel.feeds.conftest import BOX, NOW, items, make_feed

from moothall.kernel.feeds import drop, health
from moothall.kernel.feeds.drop import DropFolder
from moothall.kernel.feeds.duty import Duty
from moothall.kernel.feeds.reading import City
from moothall.kernel.feeds.runner import Surroundings
from moothall.kernel.feeds.runs import Outcome
from moothall.kernel.observations.lake import UnableToAppend
from moothall.kernel.registry import Arrival

FEED = make_feed("", arrives=Arrival.DROP)
KEY = "made_up.aire.height_m"


class Brought(Duty):
    def params(self, feed):
        return {}


@pytest.fixture
def folder(house, tmp_path, clock):
    duty = Brought(feeds=(FEED,), around=Surroundings(fetcher=None, city=City(box=BOX)))
    made = DropFolder(folder=tmp_path / "drop", duty=duty, clock=clock)
    made.prepare()
    return made


def bring(folder, name, body, *, age_s=60):
    path = folder.folder / FEED.name / name
    path.write_bytes(body)
    at = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(path, (at, at))
    return path


def look(folder):
    folder.look()
    return folder.look()


def names(folder, where):
    return sorted(path.name[22:] for path in (folder.folder / FEED.name / where).glob("*"))


def test_a_file_is_read_and_put_away(folder, house):
    bring(folder, "heights.json", items(0.5))

    [run] = look(folder)

    assert run.observations == 1
    assert house.find_latest(KEY).observation.result == 0.5
    assert names(folder, "done") == ["heights.json"]
    assert health.list_raw(FEED.name)[0].url == "drop:heights.json"


def test_a_file_that_still_grows_is_left_until_it_has_settled(folder, house):
    path = bring(folder, "heights.json", items(0.5)[:20])
    assert folder.look() == ()
    path.write_bytes(items(0.5))
    os.utime(path, (NOW.timestamp() - 30, NOW.timestamp() - 30))
    assert folder.look() == ()
    assert len(folder.look()) == 1


def test_a_file_just_written_is_left(folder):
    bring(folder, "heights.json", items(0.5), age_s=0)

    assert look(folder) == ()


def test_the_same_bytes_under_another_name_are_no_news(folder):
    bring(folder, "one.json", items(0.5))
    look(folder)
    bring(folder, "two.json", items(0.5))

    assert look(folder) == ()
    assert names(folder, "done") == ["one.json", "two.json"]
    assert len(health.list_runs(FEED.name)) == 1


def test_a_file_that_cannot_be_read_is_put_aside_with_the_reason(folder):
    bring(folder, "heights.json", b"<html>")
    look(folder)

    assert names(folder, "failed") == ["heights.json", "heights.json.why.txt"]
    why = next((folder.folder / FEED.name / "failed").glob("*.why.txt"))
    assert "could not be read" in why.read_text()
    # Once mended it is taken, though the same name failed before.
    bring(folder, "heights.json", items(0.5))
    assert len(look(folder)) == 1


def test_a_file_that_is_too_large_is_put_aside(folder):
    folder.duty = replace(folder.duty, feeds=(replace(FEED, max_bytes=10),))
    bring(folder, "heights.json", items(0.5))

    assert look(folder) == ()
    assert len(names(folder, "failed")) == 2


def test_links_hidden_files_and_folders_are_not_followed(folder, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(items(9.0))
    place = folder.folder / FEED.name
    (place / "link.json").symlink_to(secret)
    (place / "sub").mkdir()
    bring(folder, ".half.json", items(0.5))

    assert look(folder) == ()
    assert secret.exists()


def test_a_link_put_in_a_files_place_after_we_looked_is_refused(folder, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(items(9.0))
    link = folder.folder / FEED.name / "late.json"
    link.symlink_to(secret)

    with pytest.raises(drop.UnableToTake, match="cannot be opened"):
        drop._read(link, 1000)


def test_a_file_the_lake_cannot_keep_now_stays_and_is_read_later(folder, house, monkeypatch):
    path = bring(folder, "heights.json", items(0.5))
    real = type(house).append

    def full(*args, **more):
        raise UnableToAppend("disk full")

    monkeypatch.setattr(type(house), "append", full)
    assert look(folder) == ()
    assert path.exists()
    monkeypatch.setattr(type(house), "append", real)

    assert len(folder.look()) == 1


def test_what_was_put_away_long_ago_goes(folder):
    bring(folder, "heights.json", items(0.5))
    look(folder)

    assert drop.forget_done(folder.folder, NOW) == 0
    assert drop.forget_done(folder.folder, NOW + timedelta(days=40_000)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "n" * 250 + ".json",
        "not utf-8 \udcff\udcfe.json",
        "new\nline\x1b[31m.json",
        "\u202egnp.json",
    ],
    ids=["long", "bytes", "control", "turned"],
)
def test_a_file_of_any_name_is_read_once_and_holds_up_no_other(folder, house, name):
    bring(folder, name, items(0.5))
    bring(folder, "zz after it.json", items(0.75))

    runs = [*look(folder), *look(folder)]

    assert [run.outcome for run in runs] == [Outcome.GOOD, Outcome.GOOD]
    assert len(names(folder, "done")) == 2
    told = [entry.url for entry in health.list_raw(FEED.name)]
    assert all(url.isprintable() and len(url) <= 205 for url in told)
