"""`moothall backup` and `moothall restore`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def backup(
    destination: Annotated[
        Path, typer.Argument(help="The folder to make the backup in.", envvar="MOOTHALL_BACKUPS")
    ],
    keep: Annotated[
        int,
        typer.Option(min=0, help="Then delete all but this many of this city's backups; 0: none."),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Copy everything this city keeps, while it runs; prove the copy, and print its folder.

    Ends with 1 if it could not be made: then nothing of it is left, and no older one is deleted.
    """
    import django

    django.setup()
    from moothall.kernel import clock
    from moothall.site import backup as copying
    from moothall.site import restore as restoring

    try:
        made = copying.back_up(destination, now=clock.now())
        files = restoring.check(made)["files"]
        gone = copying.let_go(destination, keep=keep) if keep else ()
    except (copying.UnableToBackUp, restoring.UnableToRestore) as fault:
        raise typer.Exit(_say(str(fault))) from fault
    except OSError as fault:
        words = f"{fault.strerror}: {fault.filename or destination}"
        raise typer.Exit(_say(f"no backup was made: {words}")) from fault
    if as_json:
        size = sum(stated[0] for stated in files.values())
        answer = {"folder": str(made), "files": len(files), "bytes": size}
        print(json.dumps({**answer, "deleted": [str(path) for path in gone]}))
        return
    print(made)


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `moothall backup` made.")],
    check_only: Annotated[
        bool, typer.Option("--check", help="Only prove the backup whole; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup back into an empty home, after proving every file by its sum.

    One that an older version made is brought up to this one. The audit log is proved last.
    """
    import django

    django.setup()
    from moothall.site import backup as copying
    from moothall.site import restore as restoring

    try:
        if check_only:
            found = restoring.check(source)
            words = f"{source} is whole: {len(found['files'])} files"
            print(_as_json(found) if as_json else words)
            return
        done = restoring.restore(source)
    except (restoring.UnableToRestore, copying.UnableToBackUp) as fault:
        raise typer.Exit(_say(str(fault))) from fault
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from moothall.kernel.audit import log
    from moothall.kernel.observations import lake

    rows, verdict = lake.current().check(thorough=False).rows, log.verify()
    if as_json:
        answer = {"city": done.city, "made_at": done.made_at, "files": done.files, "rows": rows}
        print(json.dumps({**answer, "audit_lines": verdict.lines, "audit_whole": verdict.whole}))
    else:
        print(f"{done.files} files of {done.city} as of {done.made_at} are back")
        print(f"the lake holds {rows:,} rows")
    if not verdict.whole:
        raise typer.Exit(_say("the audit log is not whole: " + "; ".join(verdict.faults)))
    if not as_json:
        print(f"the audit log is whole: {verdict.lines} lines")


def _as_json(manifest: dict[str, Any]) -> str:
    files: dict[str, list[Any]] = manifest["files"]
    stated = {name: manifest.get(name) for name in ("city", "made_at", "version")}
    size = sum(one[0] for one in files.values())
    return json.dumps({"whole": True, **stated, "files": len(files), "bytes": size})


def _say(words: str) -> int:
    typer.echo(f"moothall: {words}", err=True)
    return 1
