"""`moothall lake`: how it stands, seal it, prove it whole, hand part of it out, build it again."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
app = typer.Typer(help="The lake: what machines say, kept for good.", no_args_is_help=True)


def _open() -> None:
    import django

    django.setup()


@app.command()
def status(as_json: Json = False) -> None:
    """Show what the lake holds, and what of it waits to be sealed."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.observations import lake

    found = lake.current().status(clock.now())
    if as_json:
        print(json.dumps({"rows": found.rows, **asdict(found)}, default=str))
        return
    print(f"{found.rows:,} rows, {found.series:,} series, last segment {found.last_change}")
    for stream in found.streams:
        print(
            f"  {stream.stream}: {stream.hot_rows:,} hot rows in {stream.hot_segments:,} segments;"
            f" {stream.sealed_rows:,} sealed in {stream.sealed_files:,} files,"
            f" {stream.sealed_bytes / 1e6:,.1f} MB"
        )


@app.command()
def seal(
    compact: Annotated[bool, typer.Option("--compact", help="Merge sealed files as well.")] = False,
) -> None:
    """Move what has come into the sealed tables now."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.observations import lake

    done = lake.current().seal(clock.now())
    if done.busy:
        print("Another process is sealing just now.")
        return
    print(f"Sealed {done.rows:,} rows of {done.segments:,} segments.")
    if compact:
        tidied = lake.current().compact(clock.now())
        print(f"Merged {tidied.merged:,} files into {tidied.written:,}.")


@app.command()
def check(
    quick: Annotated[bool, typer.Option("--quick", help="Do not read every row.")] = False,
    mend: Annotated[bool, typer.Option("--mend", help="First mend what a power cut tore.")] = False,
    as_json: Json = False,
) -> None:
    """Prove that everything kept is there, can be read, and stands once."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.observations import lake

    if mend:
        from moothall.kernel.observations.mending import UnableToMend

        try:
            for done in lake.current().mend():
                print(f"Mended: {done}", file=sys.stderr if as_json else sys.stdout)
        except UnableToMend as fault:
            typer.echo(str(fault), err=True)
            raise typer.Exit(1) from None
        lake.current().seal(clock.now())
    found = lake.current().check(thorough=not quick)
    if as_json:
        print(
            json.dumps(
                {"whole": not found.faults, "rows": found.rows, **asdict(found)}, default=str
            )
        )
        raise typer.Exit(1 if found.faults else 0)
    print(f"Looked at {found.rows:,} rows: {found.segments:,} segments, {found.files:,} files.")
    for fault in found.faults:
        print(f"  {fault.where}: {fault.what}")
    if found.faults:
        raise typer.Exit(1)
    print("The lake is whole.")


@app.command()
def export(
    dataset: Annotated[str, typer.Argument(help="A feed, or a kind of record.")],
    path: Annotated[Path, typer.Argument(help="Where to: ends in .csv or .parquet.")],
    from_at: Annotated[str, typer.Option("--from", help="2026-01-05T00:00Z")] = "1900-01-01T00:00Z",
    until_at: Annotated[str, typer.Option("--until", help="Not included.")] = "2200-01-01T00:00Z",
) -> None:
    """Write a feed's observations, or all versions of a kind's records, to a file."""
    _open()
    from moothall.kernel.observations import lake
    from moothall.kernel.observations.exporting import UnableToExport

    try:
        rows = lake.current().export(
            dataset, path, from_at=_instant(from_at), until_at=_instant(until_at)
        )
    except UnableToExport as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None
    print(f"Wrote {rows:,} rows to {path}.")


@app.command()
def rebuild(
    into: Annotated[Path, typer.Argument(help="An empty folder for the new lake.")],
) -> None:
    """Build a lake anew, beside the old one, from the raw bytes that are still kept."""
    _open()
    from moothall.kernel.feeds import duty
    from moothall.kernel.feeds import rebuild as parsing
    from moothall.kernel.observations.lake import Lake
    from moothall.kernel.observations.upkeep import UnableToRebuild

    folder = into.resolve()
    fresh = Lake(database_url=f"sqlite:///{folder / 'lake.sqlite3'}", store=str(folder / "lake"))
    try:
        count = fresh.rebuild(parsing.deliveries(duty.from_settings()))
    except UnableToRebuild as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None
    print(f"Read {count:,} payloads again. To use it, stop the house and put {into} in its place.")


def _instant(text: str) -> datetime:
    from moothall.values.times import parse_instant

    try:
        return parse_instant(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None
