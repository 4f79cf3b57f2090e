"""Finds the services of this house: every folder of a shelf that has a manifest."""

import importlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from moothall.kernel import fitting, packs
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
    """Read every manifest into the registry, as this city's pack has it.

    Errors:  ValueError if two clash.
    """
    if not house.services:
        house.fill(fitting.fit_all(_manifests(), packs.current()))


def withdrawn_pages() -> tuple[str, ...]:
    """Name the pages that a service has and this city has not, for want of the feeds they need."""
    offered = {page.url for service in house.services for page in service.pages}
    return tuple(
        page.url.lstrip("/")
        for service in _manifests()
        for page in service.pages
        if page.url not in offered
    )


def url_modules() -> tuple[str, ...]:
    """Name the `urls` modules of this city's services, each mounted at the root of the site.

    A service the city has not is not there at all: no page of it says that it has nothing to say.
    """
    has = {service.name for service in house.services if service.pages or service.fit}
    return tuple(
        f"{package}.urls"
        for package in service_packages()
        if importlib.util.find_spec(f"{package}.urls") is not None
        and importlib.import_module(f"{package}.manifest").SERVICE.name in has
    )
