"""Which lines of ours the tests run: a plugin for pytest, and what is said of it at the end.

SlipCover counts by instrumenting a line until it has run once; coverage.py, which on Python 3.11
can only trace, doubled the processor time of the whole suite. SlipCover's own plugin hides the
folders of tests from pytest's importer, so its two calls are made here.

    LINES_RUN=folder pytest -p lines_run      each process writes what it saw into the folder
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import slipcover
from slipcover.importer import SlipcoverLoader

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ROOT / "src" / "moothall"
LEFT_OUT = "migrations"
FEW = 0.8
"""A file of which fewer lines than this were run is named."""


class _Finder:
    """Finds our modules as Python would, and has their lines counted."""

    def __init__(self, counter: slipcover.Slipcover) -> None:
        self.counter = counter

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != HOUSE.name:
            return None
        spec = PathFinder.find_spec(name, path, None)
        if spec and spec.origin and spec.origin.endswith(".py"):
            spec.loader = SlipcoverLoader(self.counter, spec.loader, spec.origin)
        return spec


if "LINES_RUN" in os.environ:
    _counter = slipcover.Slipcover()
    sys.meta_path.insert(0, _Finder(_counter))

    def pytest_sessionfinish() -> None:
        """Write what this process ran."""
        who = os.environ.get("PYTEST_XDIST_WORKER", "main")
        seen = {
            name: {"run": of["executed_lines"], "not": of["missing_lines"]}
            for name, of in _counter.get_coverage()["files"].items()
        }
        Path(os.environ["LINES_RUN"], f"{who}.json").write_text(json.dumps(seen))


def summarise(folder: Path) -> str:
    """Return a storey a line and the files least run, from what the processes wrote."""
    run: dict[Path, set[int]] = defaultdict(set)
    known: dict[Path, set[int]] = defaultdict(set)
    for written in folder.glob("*.json"):
        for name, lines in json.loads(written.read_text()).items():
            path = (ROOT / name).resolve().relative_to(HOUSE)
            run[path] |= set(lines["run"])
            known[path] |= {*lines["run"], *lines["not"]}
    for path in HOUSE.rglob("*.py"):  # what nobody imported was not run at all
        if path.stat().st_size and path.relative_to(HOUSE) not in known:
            known[path.relative_to(HOUSE)] = set(range(len(path.read_text().splitlines())))
    files = {path: lines for path, lines in known.items() if lines and LEFT_OUT not in path.parts}
    storeys: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        storeys[path.parts[0]].append(path)

    def say(name: str, of: list[Path]) -> str:
        all_lines = sum(len(files[path]) for path in of)
        ran = sum(len(run[path]) for path in of)
        return f"  {name:<52} {all_lines:>6} lines {ran / all_lines:>6.1%}"

    told = [say(name, storeys[name]) for name in sorted(storeys)]
    little = [path for path in sorted(files) if len(run[path]) < FEW * len(files[path])]
    told += ["", f"under {FEW:.0%}:", *(say(str(path), [path]) for path in little)]
    return "\n".join([*told, "", say("lines run by the tests", list(files))])
