"""`moothall replay`: play a mapping of recordings through the runner."""

import os
import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def replay(
    mapping: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file like a pack's replay.toml.")
    ],
    root: Annotated[
        Path | None, typer.Option(file_okay=False, help="The folder its files are in (or REPLAY).")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Play everything one time and end.")] = False,
) -> None:
    """Play recorded payloads through the very same runner, into this city's replay stores.

    Without --once it goes on, each feed at its own pace, until Ctrl-C.
    """
    folder = (root or Path(os.environ.get("REPLAY") or mapping.parent)).resolve()
    # The settings read it: what is replayed never mixes with the real record.
    os.environ["REPLAY"] = str(folder)
    import django

    django.setup()
    from moothall.kernel import clock
    from moothall.kernel.feeds import duty as duties
    from moothall.kernel.feeds import runner, standings
    from moothall.kernel.feeds.runs import Outcome

    try:
        duty = duties.playing(mapping.read_text(encoding="utf-8"), root=folder)
    except ValueError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None
    bad, pause = 0, threading.Event()
    while True:
        due = duty.feeds if once else duty.list_due(standings.list_standings(), clock.now())
        for feed in due:
            done = runner.run(feed, params=duty.params(feed), around=duty.around, clock=clock.now)
            if done is None:
                continue
            bad += done.outcome is Outcome.FAILED
            print(
                f"{feed.name}: {done.outcome}; {done.observations} observations, "
                f"{done.records} records, {done.issues} issues {done.words}".rstrip(),
                flush=True,
            )
        if once:
            raise typer.Exit(1 if bad else 0)
        pause.wait(1.0)
