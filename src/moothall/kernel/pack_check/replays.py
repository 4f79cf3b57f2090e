"""Checks `replay.toml`: which recordings stand in for which feeds."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from moothall.kernel.pack_check.problems import Problem, Source, nearest, unknown_keys

TIMES = ("now", "week", "as-recorded")
_KEYS = ("feed", "role", "file", "recorded_at", "time")


def check_replays(
    source: Source, *, feeds: frozenset[str], switched_on: frozenset[str], root: Path | None
) -> Iterator[Problem]:
    """Name what is wrong with the recordings; with a `root`, also those that are not there."""
    yield from unknown_keys(source, (), source.table, ("recording",))
    rows = source.table.get("recording", [])
    seen: dict[tuple[str, str, str], int] = {}
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        path = ("recording", place)
        if not isinstance(row, Mapping):
            yield source.problem(path, "a recording is not a table", "Write [[recording]]")
            continue
        yield from unknown_keys(source, path, row, _KEYS)
        feed, file = str(row.get("feed", "")), str(row.get("file", ""))
        if feed not in feeds:
            yield source.problem(
                (*path, "feed"),
                f'there is no feed "{feed}"{nearest(feed, feeds)}',
                "Name a feed of the house",
            )
        elif feed not in switched_on:
            service, _, name = feed.partition(".")
            yield source.problem(
                (*path, "feed"),
                f"{feed} has a recording and is not switched on",
                f"Write [feeds.{name}] in {service}.toml",
            )
        yield from _check_file(source, place, file, root)
        if not (isinstance(row.get("recorded_at"), datetime) and row["recorded_at"].tzinfo):
            yield source.problem(
                (*path, "recorded_at"),
                "recorded_at is not an instant with its offset",
                "Write it like 2025-02-06T16:20:35Z, without quotation marks",
            )
        if row.get("time") not in TIMES:
            yield source.problem(
                (*path, "time"),
                f"{row.get('time')!r} is not a way to move times",
                f"Write one of {', '.join(TIMES)}",
            )
        this = (feed, str(row.get("role", "")), file)
        if seen.setdefault(this, place) != place:
            yield source.problem(path, f"{feed} plays {file} twice", "Take one of them out")


def _check_file(source: Source, place: int, file: str, root: Path | None) -> Iterator[Problem]:
    path = ("recording", place, "file")
    pure = PurePosixPath(file)
    if not file or pure.is_absolute() or ".." in pure.parts or "\\" in file:
        yield source.problem(
            path,
            f"{file!r} does not stay under the folder of recordings",
            "Write the way from that folder, without .. in it",
        )
    elif root is not None and not (root / file).is_file():
        yield source.problem(path, f"there is no {file} under {root}", "Mend the way to it")
