"""What the documents name is there, and what is there is named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packs/**/*.md")))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TOLD = re.compile(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)`")


def lost_links(page: Path) -> list[str]:
    """Name the links of a page that lead to no file of the tree."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [
        link
        for link in links
        if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists()
    ]


def untold(page: Path, names: Iterator[str]) -> list[str]:
    """Name what a page does not mention."""
    text = page.read_text(encoding="utf-8")
    return [name for name in names if not re.search(rf"\b{re.escape(name)}\b", text)]


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    assert lost_links(document) == []


def test_a_lost_link_would_be_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("[a](gone.md) [b](page.md#part) [c](https://example.org/x) ![d](gone.png)")

    assert lost_links(page) == ["gone.md", "gone.png"]


def test_every_decision_is_in_the_index_and_has_a_number_of_its_own():
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    there = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert sorted(listed) == there
    assert len({name[:4] for name in there}) == len(there)
    for name in there:
        heading = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        assert heading.startswith(f"# {int(name[:4])}. ")


def test_the_plan_of_the_house_names_every_storey_service_and_part_of_the_kernel():
    house = ROOT / "src" / "moothall"
    shelves = [path.parent for path in house.glob("*/__init__.py")]
    services = [
        path.parent
        for shelf in ("civic", "topics")
        for path in (house / shelf).glob("*/__init__.py")
    ]
    kernel = [path for path in (house / "kernel").iterdir() if not path.name.startswith("_")]
    names = iter(
        (
            *(path.name for path in shelves),
            *(f"{path.parent.name}.{path.name}" for path in services),
            *(path.stem for path in kernel),
        )
    )
    assert untold(ROOT / "ARCHITECTURE.md", names) == []


@pytest.mark.parametrize("told", ["ARCHITECTURE.md", "docs/works.md"])
def test_the_files_a_page_tells_of_are_there(told):
    text = (ROOT / told).read_text(encoding="utf-8")
    named = {name for name in TOLD.findall(text) if name.count("/") > name.endswith("/")}
    roots = (ROOT, ROOT / "tests", ROOT / "src" / "moothall")
    assert named, "the page tells of no file"
    assert [name for name in sorted(named) if not any((r / name).exists() for r in roots)] == []
