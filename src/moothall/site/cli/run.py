"""`moothall run`: the whole house on one machine."""

import os
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
    from moothall.site.run import House, UnableToRun
    from moothall.site.whereabouts import home

    # Whoever starts it by hand reads sentences; the log says only what is broken.
    level = os.environ.get("MOOTHALL_LOG_LEVEL") or "ERROR"
    given = {"PORT": str(port), "CITY": city, "REPLAY": replay, "MOOTHALL_LOG_LEVEL": level}
    environ = {**os.environ, **given}
    house = House(host=host, port=port, home=home(), say=lambda words: print(words, flush=True))
    house.environ = environ
    try:
        code = house.run()
    except UnableToRun as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)
