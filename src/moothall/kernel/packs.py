"""The city this house runs for: one folder of data."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from moothall.kernel.registry import house
from moothall.values.places import Box


@dataclass(frozen=True)
class Pack:
    """One city's folder of facts.

    Errors:  ValueError naming the file and the line when a file of the pack cannot be read.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The pack's name: its folder's."""
        return self.folder.name

    def section(self, name: str) -> dict[str, Any]:
        """Return `<name>.toml` as a table, empty if the pack has none."""
        path = self.folder / f"{name}.toml"
        if not path.is_file():
            return {}
        # A copy, so that a caller may take a table out of it.
        return dict(_read_toml(path, path.stat().st_mtime_ns))

    def rows(self, name: str) -> tuple[dict[str, str], ...]:
        """Return the rows of `<name>.csv`, none if the pack has no such file."""
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            return ()
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return tuple(
                {key.strip(): (value or "").strip() for key, value in row.items() if key}
                for row in csv.DictReader(lines)
            )

    @cached_property
    def city(self) -> dict[str, Any]:
        """The city's facts: `city.toml`."""
        return self.section("city")

    @cached_property
    def box(self) -> Box:
        """The box the city lies in."""
        return Box(**self.city["box"])

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's own time."""
        return ZoneInfo(self.city["time_zone"])

    def feeds_on(self) -> dict[str, dict[str, Any]]:
        """Return the feeds that this pack or people here switch on, each with its own table."""
        found: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob("*.toml")):
            for source, table in self.section(path.stem).get("feeds", {}).items():
                found[f"{path.stem}.{source}"] = dict(table)
        for name, added in house.added.items():
            if added.on:
                found.setdefault(name, dict(added.params))
        return found

    def params(self, feed: str) -> Mapping[str, Any]:
        """Return one feed's parameters: its service's section, its own table over it, the city."""
        if feed in house.added:
            return {**house.added[feed].params, "city": self.city}
        service, _, source = feed.partition(".")
        section = self.section(service)
        feeds = section.pop("feeds", {})
        return {**section, **feeds.get(source, {}), "city": self.city}


@lru_cache(maxsize=256)
def _read_toml(path: Path, changed_ns: int) -> dict[str, Any]:
    """Read a file of the pack, once for each time it is saved: pages ask for them all the time."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ValueError(f"{path.name}: {fault}") from fault


@cache
def current() -> Pack:
    """Return the pack named by settings.CITY_PACK."""
    folder = Path(settings.CITY_PACK)
    if not (folder / "city.toml").is_file():
        raise ValueError(f"{folder} is not a city pack: it has no city.toml")
    return Pack(folder=folder)
