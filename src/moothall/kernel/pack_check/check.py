"""Checks a whole pack, file by file, and says everything that is wrong with it at once."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from moothall.kernel.fitting import fit_all
from moothall.kernel.pack_check import city, replays, sections, tables
from moothall.kernel.pack_check.problems import Problem, Source, find_lines, nearest
from moothall.kernel.packs import Pack
from moothall.kernel.registry import Registry
from moothall.standards.licences import LICENCES
from moothall.values.places import Box

_KINDS_OF_FILE = frozenset({".toml", ".csv", ".geojson", ".md", ".svg", ".png"})
_OWN_TABLES = frozenset({"wards", "places", "corrections"})
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def check_pack(
    folder: Path, house: Registry, *, recordings: Path | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with a city's pack, in the order of its files and lines.

    Shape:   with `recordings`, the folder REPLAY names, each recording must be there.
    """
    if not (folder / "city.toml").is_file():
        mend = "Copy packs/template, or name a folder that has one"
        return (Problem(file="city.toml", what=f"{folder} has no such file", mend=mend),)
    house = _house_of(folder, house)
    found = list(_check(folder, house, recordings))
    return tuple(sorted(set(found), key=lambda problem: (problem.file, problem.line or 0)))


def _house_of(folder: Path, house: Registry) -> Registry:
    """Return the house as this pack's city has it: with the feeds that the pack itself states."""
    fitted = Registry()
    fitted.fill(fit_all(house.services, Pack(folder=folder)))
    return fitted


def _check(folder: Path, house: Registry, recordings: Path | None) -> Iterator[Problem]:
    yield from _check_files(folder)
    sources: dict[str, Source] = {}
    for path in sorted(folder.glob("*.toml")):
        read = _read(path)
        if isinstance(read, Problem):
            yield read
        else:
            sources[path.stem] = read
    facts = sources.get("city")
    box = _box(facts)
    if facts is not None:
        yield from city.check_city(facts)
    yield from _check_tables(folder, facts, box, house)
    services = {service.name: service for service in house.services}
    for name, source in sources.items():
        if name in services:
            stated = facts.table if facts else {}
            yield from sections.check_section(source, services[name], house, city=stated, box=box)
        elif name not in {"city", "replay"}:
            known = {*services, "city", "replay"}
            yield Problem(
                file=source.file,
                what=f'there is no service "{name}"{nearest(name, known)}',
                mend=f"Name the file after one of {', '.join(sorted(known))}",
            )
    on = _switched_on(sources)
    own = {service.name for service in house.services if service.fit is not None}
    if "replay" in sources:
        yield from replays.check_replays(
            sources["replay"],
            # Of a feed that the pack states itself and states badly, that has been said already.
            feeds=_feeds(house) | {one for one in on if one.partition(".")[0] in own},
            switched_on=on,
            root=recordings,
        )
    yield from _check_sources(folder)


def _read(path: Path) -> Source | Problem:
    try:
        text = path.read_text(encoding="utf-8")
        return Source(file=path.name, table=tomllib.loads(text), lines=find_lines(text))
    except UnicodeDecodeError as fault:
        return Problem(file=path.name, what=f"not UTF-8: {fault}", mend="Save it as UTF-8")
    except tomllib.TOMLDecodeError as fault:
        line = _AT_LINE.search(str(fault))
        return Problem(
            file=path.name,
            line=int(line[1]) if line else None,
            what=f"not TOML: {_AT_LINE.sub('', str(fault)).strip()}",
            mend="Mend the line; words stand in quotation marks",
        )


def _box(facts: Source | None) -> Box | None:
    try:
        return Box(**facts.table["box"]) if facts else None
    except (KeyError, TypeError, ValueError):
        return None


def _check_files(folder: Path) -> Iterator[Problem]:
    """A pack is one folder of data: no code, nothing hidden, nothing linked from elsewhere."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.is_dir() or path.suffix not in _KINDS_OF_FILE:
            yield Problem(
                file=path.name,
                what="a pack holds only TOML, CSV, GeoJSON, Markdown and images",
                mend="Take it out",
            )


def _check_tables(
    folder: Path, facts: Source | None, box: Box | None, house: Registry
) -> Iterator[Problem]:
    outline = None
    if facts is not None and facts.table.get("outline"):
        path = folder / Path(str(facts.table["outline"])).name
        outline, problems = tables.read_outline(path)
        yield from problems
        if outline is not None and box is not None:
            yield from tables.check_outline(path, outline, box)
    yield from tables.check_wards(folder / "wards.csv", box, outline, facts.table if facts else {})
    yield from tables.check_places(folder / "places.csv", box)
    yield from tables.check_corrections(folder / "corrections.csv", _feeds(house))
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in _OWN_TABLES:
            yield from tables.check_other_table(path)


def _feeds(house: Registry) -> frozenset[str]:
    return frozenset(feed.name for feed in house.feeds())


def _switched_on(sources: dict[str, Source]) -> frozenset[str]:
    return frozenset(
        f"{name}.{feed}"
        for name, source in sources.items()
        for feed in source.table.get("feeds", ())
    )


def _check_sources(folder: Path) -> Iterator[Problem]:
    """`SOURCES.md` tells people what the pack is made of; it must name every licence used."""
    path = folder / "SOURCES.md"
    if not path.is_file():
        yield Problem(
            file=path.name,
            what="there is no such page",
            mend="Say in it where the facts of the pack come from",
        )
        return
    said = path.read_text(encoding="utf-8", errors="replace")
    used = "".join(
        file.read_text(encoding="utf-8", errors="replace")
        for pattern in ("*.toml", "*.csv", "*.geojson")
        for file in sorted(folder.glob(pattern))
    )
    for licence in sorted(LICENCES):
        if re.search(rf"(?<![\w.-]){re.escape(licence)}(?![\w.-])", used) and licence not in said:
            yield Problem(
                file=path.name,
                what=f"it does not name {licence}, under which part of the pack is used",
                mend="Add a line on what is used under it",
            )
