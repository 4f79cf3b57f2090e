"""`moothall web`: pages and live events at one address."""

from typing import Annotated

import typer

app = typer.Typer()

Host = Annotated[str, typer.Option(envvar="HOST", help="The address to answer on.")]
Port = Annotated[int, typer.Option(envvar="PORT", help="The port to answer on.")]
Workers = Annotated[
    int, typer.Option(envvar="MOOTHALL_WORKERS", min=1, help="Processes; about one a core.")
]
Socket = Annotated[
    str, typer.Option(envvar="MOOTHALL_SOCKET", help="A Unix socket to answer on instead.")
]


@app.command()
def web(
    host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1, socket: Socket = ""
) -> None:
    """Serve the pages and /live/ behind your own proxy."""
    from moothall.site import front

    front.serve(host=host, port=port, workers=workers, uds=socket or None)
