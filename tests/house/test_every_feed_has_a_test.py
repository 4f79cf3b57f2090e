"""A feed is one file, one fixture and one test, found at the same path."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def feed_files(house: Path) -> list[Path]:
    """List the files of a house that are feeds, whichever shelf their service stands on."""
    return sorted(path for path in house.glob("*/*/feeds/*.py") if not path.name.startswith("_"))


def missing(feed: Path, *, house: Path, tests: Path) -> list[str]:
    """Name what a feed lacks."""
    folder = tests / feed.relative_to(house).parent
    wants = []
    if not (folder / f"test_{feed.name}").is_file():
        wants.append("test")
    if not [path for path in folder.glob(f"{feed.stem}[._]*") if path.suffix != ".py"]:
        wants.append("fixture")
    return wants


FEEDS = feed_files(ROOT / "src" / "moothall")


@pytest.mark.parametrize("feed", FEEDS, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_feed_has_its_fixture_and_its_test(feed):
    assert missing(feed, house=ROOT / "src" / "moothall", tests=ROOT / "tests") == []


def test_there_are_feeds_to_look_at():
    assert len(FEEDS) > 5


def test_a_feed_without_test_or_fixture_would_be_seen(tmp_path):
    feed = tmp_path / "src" / "topics" / "tides" / "feeds" / "gauge.py"
    feed.parent.mkdir(parents=True)
    feed.touch()

    assert feed_files(tmp_path / "src") == [feed]
    assert missing(feed, house=tmp_path / "src", tests=tmp_path / "tests") == ["test", "fixture"]
