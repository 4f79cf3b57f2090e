"""The `moothall` command: one file a group of commands."""

import os
from typing import Annotated, Any

import typer

from moothall import __version__
from moothall.site import faults

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")


class Command(typer.Typer):
    """The command, that ends in a sentence when this machine or its set-up stops it."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Do what the command line says."""
        with faults.in_words():
            return super().__call__(*arguments, **options)


app = Command(
    name="moothall",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

from moothall.site.cli import (  # noqa: E402
    backup,
    doctor,
    feeds,
    lake,
    live,
    pack,
    replay,
    run,
    staff,
    web,
    work,
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"moothall {__version__}")
        raise typer.Exit


@app.callback()
def moothall(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Moothall: a people's smart city that a council hosts.

    Start with `moothall run`. Settings come from the environment: CITY (leicester), PORT (8000),
    REPLAY (a folder of recordings), MOOTHALL_HOME (where the stores live).
    """


RUN, CITY, SAFE = "Run the house", "The city", "Keep it safe"
app.command(rich_help_panel=RUN)(run.run)
app.command(rich_help_panel=RUN)(web.web)
app.command(rich_help_panel=RUN)(live.live)
app.command(rich_help_panel=RUN)(work.work)
app.add_typer(pack.app, name="pack", rich_help_panel=CITY)
app.add_typer(feeds.app, name="feeds", rich_help_panel=CITY)
app.add_typer(lake.app, name="lake", rich_help_panel=CITY)
app.command(rich_help_panel=CITY)(replay.replay)
app.command(rich_help_panel=SAFE)(doctor.doctor)
app.add_typer(staff.app, name="staff", rich_help_panel=SAFE)
app.command(rich_help_panel=SAFE)(backup.backup)
app.command(rich_help_panel=SAFE)(backup.restore)
