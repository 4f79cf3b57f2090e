"""The lower storeys know no domain: they never utter a service's name."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "src" / "moothall"
LOWER = ("values", "standards", "kernel", "ui")
SUFFIXES = {".py", ".html", ".scss", ".js"}
STANDARDS_OWN = {"help", "tables", "air", "energy", "charging", "cycling", "requests"}
"""Words that are everyday English or a standard's or a command's own, and so prove nothing."""


def services(house: Path) -> set[str]:
    """Name every service of a house."""
    return {
        folder.name
        for shelf in ("civic", "topics")
        for folder in (house / shelf).iterdir()
        if (folder / "__init__.py").is_file()
    }


def uttered(house: Path, names: set[str]) -> set[str]:
    """Say where the lower storeys name a service, as a package or as the head of a key."""
    pattern = re.compile(
        rf"moothall[./](?:civic|topics)\b|[\"'](?:{'|'.join(sorted(names))})[.\"'/]"
    )
    return {
        f"{path.relative_to(house)}: {found.group()}"
        for storey in LOWER
        for path in (house / storey).rglob("*")
        if path.suffix in SUFFIXES and "built" not in path.parts
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
    }


def test_no_service_is_named_below_the_services():
    assert uttered(HOUSE, services(HOUSE) - STANDARDS_OWN) == set()


@pytest.mark.parametrize(
    "line", ['KEY = "weather.station"', "import moothall.topics.weather", "link = '/weather/'"]
)
def test_a_service_that_is_named_is_seen(tmp_path, line):
    for folder in (*LOWER, "civic", "topics", "topics/weather"):
        (tmp_path / folder).mkdir()
    (tmp_path / "topics" / "weather" / "__init__.py").touch()
    (tmp_path / "kernel" / "clock.py").write_text(line.replace("'/weather/'", "'weather/'"))

    assert len(uttered(tmp_path, services(tmp_path))) == 1
