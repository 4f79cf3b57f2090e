"""`moothall run`: the whole house on one machine."""

import os
import sys
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def run(
    port: Annotated[
        int, typer.Option(envvar="PORT", help="Where people find it.", show_default=True)
    ] = 8000,
    host: Annotated[
        str, typer.Option(envvar="HOST", help="Which of this machine's addresses to answer on.")
    ] = "127.0.0.1",
    city: Annotated[
        str, typer.Option(envvar="CITY", help="The city's pack: a name, or a folder.")
    ] = "leicester",
    replay: Annotated[
        str, typer.Option(envvar="REPLAY", help="A folder of recordings to play instead.")
    ] = "",
) -> None:
    """Make the stores ready, start web and worker, and say where to look. Ctrl-C ends it."""
    # Whoever starts it by hand reads sentences; the log says only what is broken.
    level = os.environ.get("MOOTHALL_LOG_LEVEL") or "ERROR"
    given = {"PORT": str(port), "CITY": city, "REPLAY": replay, "MOOTHALL_LOG_LEVEL": level}
    # This process becomes the minder, without the libraries of a command line in its memory.
    minder = (sys.executable, "-u", "-m", "moothall.site.run", host, str(port))
    os.execve(minder[0], minder, {**os.environ, **given})  # noqa: S606 - our own module
