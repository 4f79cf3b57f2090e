"""`moothall live`: live events alone, for a city whose events and pages scale apart."""

import typer

from moothall.site.cli.web import Host, Port, Socket, Workers

app = typer.Typer()


@app.command()
def live(
    host: Host = "127.0.0.1", port: Port = 8001, workers: Workers = 1, socket: Socket = ""
) -> None:
    """Serve /live/ alone; let your proxy send that path here and the rest to `moothall web`."""
    from moothall.site import front

    front.serve(host=host, port=port, workers=workers, pages=False, uds=socket or None)
