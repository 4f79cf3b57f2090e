"""`moothall backup` and `moothall restore`."""

from pathlib import Path
from typing import Annotated

import typer


def backup(
    destination: Annotated[Path, typer.Argument(help="The folder to make the backup in.")],
) -> None:
    """Copy everything this city keeps, while it runs, and print the new folder."""
    import django

    django.setup()
    from moothall.kernel import clock
    from moothall.site import backup as copying

    try:
        print(copying.back_up(destination, now=clock.now()))
    except copying.UnableToBackUp as fault:
        raise typer.Exit(_say(str(fault))) from fault


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `moothall backup` made.")],
    check_only: Annotated[
        bool, typer.Option("--check", help="Only prove the backup whole; change nothing.")
    ] = False,
) -> None:
    """Put a backup back into an empty home, after proving every file by its sum."""
    import django

    django.setup()
    from moothall.kernel.audit import log
    from moothall.site import backup as copying
    from moothall.site import restore as restoring

    try:
        if check_only:
            files = len(restoring.check(source)["files"])
            print(f"{source} is whole: {files} files")
            return
        done = restoring.restore(source)
    except (restoring.UnableToRestore, copying.UnableToBackUp) as fault:
        raise typer.Exit(_say(str(fault))) from fault
    print(f"{done.files} files of {done.city} as of {done.made_at} are back")
    verdict = log.verify()
    if not verdict.whole:
        raise typer.Exit(_say("the audit log is not whole: " + "; ".join(verdict.faults)))
    print(f"the audit log is whole: {verdict.lines} lines")


def _say(words: str) -> int:
    typer.echo(f"moothall: {words}", err=True)
    return 1
