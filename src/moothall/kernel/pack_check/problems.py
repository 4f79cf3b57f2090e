"""What may be wrong with a pack, where, and how to mend it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

Path = tuple[str | int, ...]
"""The way to a value of a TOML file: ("gauge", 2, "lat")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a pack."""

    file: str
    what: str
    mend: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}. {self.mend}."


@dataclass(frozen=True, slots=True)
class Source:
    """One TOML file of a pack as it was read, with the means to say where in it a value stands."""

    file: str
    table: Mapping[str, Any]
    lines: Mapping[Path, int]

    def problem(self, path: Path, what: str, mend: str) -> Problem:
        """State a problem with the value at `path`, or with the nearest thing that holds it."""
        for length in range(len(path), 0, -1):
            here = path[:length]
            line = self.lines.get(here) or self.lines.get((*here, 0))  # or the first of several
            if line is not None:
                return Problem(file=self.file, what=what, mend=mend, line=line)
        return Problem(file=self.file, what=what, mend=mend)


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*")(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")


def find_lines(text: str) -> dict[Path, int]:
    """Say on which line of a TOML text each table and each key begins.

    Shape:   ("gauge", 0) is the first `[[gauge]]`; a key inside an inline table has no line.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        key = _KEY.match(line)
        if header and not key:
            table = _resolve(_names(header[2]), counts, repeated=header[1] == "[[")
            found.setdefault(table, number)
        elif key:
            found.setdefault((*table, *_names(key[1])), number)
    return found


def _names(dotted: str) -> list[str]:
    return [name.strip().strip("\"'") for name in dotted.split(".")]


def _resolve(names: Sequence[str], counts: dict[Path, int], *, repeated: bool) -> Path:
    """Put the number of the table meant behind each name that is an array of tables."""
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if repeated and place == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether a known name was meant: ` (did you mean "box"?)`, or "" if none is near."""
    found = process.extractOne(name, sorted(known), scorer=fuzz.ratio, score_cutoff=60)
    return f' (did you mean "{found[0]}"?)' if found else ""


def unknown_keys(
    source: Source, path: Path, table: Mapping[str, Any], known: Iterable[str]
) -> Iterable[Problem]:
    """Name the keys of a table that nothing reads."""
    expected = set(known)
    for key in table:
        if key not in expected:
            yield source.problem(
                (*path, key),
                f'nothing reads "{key}"{nearest(key, expected)}',
                f"Write one of {', '.join(sorted(expected))}, or take it out",
            )
