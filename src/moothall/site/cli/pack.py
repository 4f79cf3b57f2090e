"""`moothall pack`: check a city's pack, begin a new one."""

import os
import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Check a city's pack, or begin a new one.")

_NAME = re.compile(r"[a-z][a-z0-9-]*")


@app.command()
def check(
    city: Annotated[
        str | None,
        typer.Argument(help="A city's name, or the folder of a pack; all packs when left out."),
    ] = None,
) -> None:
    """Prove that everything a pack names exists, and every fact has a source and a licence.

    With REPLAY set, each recording must be there too. Ends with 1 if anything is wrong.
    """
    import django

    django.setup()
    from django.conf import settings

    from moothall.kernel.pack_check.check import check_pack
    from moothall.kernel.registry import house
    from moothall.site import discovery

    discovery.fill_registry()
    recordings = Path(os.environ["REPLAY"]) if os.environ.get("REPLAY") else None
    wrong = 0
    for folder in _folders(city, Path(settings.PACKS)):
        problems = check_pack(folder, house, recordings=recordings)
        wrong += len(problems)
        for problem in problems:
            typer.echo(f"{folder / str(problem)}")
        typer.echo(f"{folder.name}: {_count(len(problems))}")
    raise typer.Exit(1 if wrong else 0)


def _folders(city: str | None, packs: Path) -> list[Path]:
    if city is None:
        return sorted(path.parent for path in packs.glob("*/city.toml"))
    return [Path(city).resolve() if "/" in city or city == "." else packs / city]


def _count(problems: int) -> str:
    return {0: "nothing is wrong", 1: "1 problem"}.get(problems, f"{problems} problems")


@app.command()
def new(
    name: Annotated[
        str,
        typer.Argument(
            help="The new pack's name in small letters (york), or the folder to make it in."
        ),
    ],
) -> None:
    """Begin a pack for another city: a copy of the template, to be filled with its facts."""
    from moothall.site import whereabouts

    # Not by the settings: they want a city that is there, and this may be the folder's first.
    packs = Path(os.environ.get("MOOTHALL_PACKS") or whereabouts.packs())
    folder = _folders(name, packs)[0]
    if not _NAME.fullmatch(folder.name) or ".." in Path(name).parts:
        typer.echo(f"{folder.name!r} is not a name in small letters, digits and hyphens.", err=True)
        raise typer.Exit(1)
    if folder.exists():
        typer.echo(f"{folder} is there already.", err=True)
        raise typer.Exit(1)
    shutil.copytree(whereabouts.packs() / "template", folder)
    city = name if "/" not in name else folder
    typer.echo(f"Made {folder}. Fill it as docs/guide/your-city-in-an-hour.md says, then:")
    typer.echo(f"  moothall pack check {city}")
    typer.echo(f"  CITY={city} moothall run")
