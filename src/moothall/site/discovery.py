"""Finds the services of this house: every folder of a shelf that has a manifest."""

import importlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from moothall.kernel.registry import Service, house

HOUSE = Path(__file__).resolve().parents[1]
SHELVES = ("kernel", "civic", "topics")


def service_packages() -> tuple[str, ...]:
    """Name the packages that offer a manifest, ours first and then installed plug-ins'."""
    ours = (
        f"moothall.{shelf}.{folder.name}"
        for shelf in SHELVES
        for folder in sorted((HOUSE / shelf).iterdir())
        if (folder / "manifest.py").is_file()
    )
    plugged = (entry.value for entry in entry_points(group="moothall.services"))
    return (*ours, *plugged)


def apps() -> list[str]:
    """Name the packages Django must know: those with pages, models or commands."""
    return [
        f"moothall.{shelf}.{folder.name}"
        for shelf in SHELVES
        for folder in sorted((HOUSE / shelf).iterdir())
        if any((folder / room).exists() for room in ("models.py", "models", "jinja2", "apps.py"))
    ]


def _manifests() -> Iterator[Service]:
    for package in service_packages():
        yield importlib.import_module(f"{package}.manifest").SERVICE


def fill_registry() -> None:
    """Read every manifest into the registry; errors: ValueError if two clash."""
    if not house.services:
        house.fill(_manifests())


def url_modules() -> tuple[str, ...]:
    """Name the `urls` modules of the services, each mounted at the root of the site."""
    return tuple(
        f"{package}.urls"
        for package in service_packages()
        if importlib.util.find_spec(f"{package}.urls") is not None
    )
