"""The `moothall` command: one file a group of commands."""

import os

import typer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moothall.site.settings")

app = typer.Typer(
    name="moothall",
    help="Moothall: a people's smart city that a council hosts.\n\n"
    "Start with `moothall run`. Settings come from the environment: CITY (leicester), PORT (8000), "
    "REPLAY (a folder of recordings), MOOTHALL_HOME (where the stores live).",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
