"""`moothall feeds`: which there are, how they do, run one now, check them all."""

import json
from typing import Annotated

import typer

app = typer.Typer(
    help="The feeds: list, run, check, and the keys that may push.", no_args_is_help=True
)


def _open() -> None:
    import django

    django.setup()


@app.command("list")
def list_feeds(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show every feed that this city switches on: how it does, and when it runs next."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.feeds import health

    now = clock.now()
    found = health.list_feeds(now)
    if as_json:
        stated = [
            {
                "name": one.name,
                "state": one.state.value,
                "last_run_at": one.last.ended_at.isoformat() if one.last else None,
                "next_run_at": one.next_run_at.isoformat() if one.next_run_at else None,
                "failures": one.failures,
                "lag_seconds": one.lag.total_seconds() if one.lag is not None else None,
            }
            for one in found
        ]
        print(json.dumps(stated))
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        last = one.last.ended_at.isoformat(timespec="seconds") if one.last else "never"
        following = one.next_run_at.isoformat(timespec="seconds") if one.next_run_at else "-"
        print(f"{one.name:<{width}}  {one.state:<9}  last {last}  next {following}  {one.words}")


@app.command()
def run(
    name: Annotated[
        str, typer.Argument(help="The feed's name, as `moothall feeds list` shows it.")
    ],
    anew: Annotated[
        bool, typer.Option("--anew", help="Read everything again, even what has not changed.")
    ] = False,
) -> None:
    """Run one feed now, and say what came of it."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.feeds import duty as duties
    from moothall.kernel.feeds import health, runner
    from moothall.kernel.feeds.runs import Outcome
    from moothall.kernel.feeds.schedule import Standing

    duty = duties.from_settings()
    feed = next((one for one in duty.feeds if one.name == name), None)
    if feed is None:
        names = ", ".join(one.name for one in duty.feeds)
        typer.echo(f"No feed called {name} is on in this city. There are: {names}.", err=True)
        raise typer.Exit(2)
    if not duty.is_run(feed, Standing(feed=name)):
        typer.echo(f"{name} waits for what is brought to it ({feed.arrives}).", err=True)
        raise typer.Exit(2)
    done = runner.run(
        feed, params=duty.params(feed), around=duty.around, clock=clock.now, anew=anew
    )
    if done is None:
        typer.echo(f"{name} is being run by a worker just now.", err=True)
        raise typer.Exit(3)
    print(
        f"{name}: {done.outcome}, {done.origin.name.lower()}; {done.observations} observations, "
        f"{done.records} records, {done.duplicates} duplicates, {done.issues} issues."
    )
    if done.words:
        print(done.words)
    for issue in health.list_issues(name, run=done.id, limit=20):
        print(f"  {issue.severity}: {issue.where}: {issue.what}")
    if done.outcome is Outcome.FAILED:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Ask every source of this city, store no facts, and say which cannot be reached or read."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.feeds import duty as duties
    from moothall.kernel.feeds import gathering
    from moothall.kernel.registry import Arrival

    duty, bad = duties.from_settings(), 0
    for feed in duty.feeds:
        played = duty.recordings is not None and duty.recordings.plays(feed.name)
        if feed.arrives is not Arrival.PULL and not played:
            print(f"{feed.name}: waits for what is brought to it ({feed.arrives})")
            continue
        try:
            found = gathering.gather(
                feed,
                params=duty.params(feed),
                city=duty.around.city,
                fetcher=duty.around.fetcher,
                now=clock.now(),
                anew=True,
            )
            faults = [words for words, _kind in found.faults]
        except (ValueError, KeyError) as fault:
            faults = [f"its part of the pack lacks something: {fault}"]
        if faults:
            bad += 1
            print(f"{feed.name}: {'; '.join(dict.fromkeys(faults))}")
        else:
            facts = sum(
                len(piece.batch.observations) + len(piece.batch.records)
                for piece in found.pieces
                if piece.batch
            )
            issues = sum(len(piece.batch.issues) for piece in found.pieces if piece.batch)
            print(f"{feed.name}: {facts} facts, {issues} issues")
    if bad:
        raise typer.Exit(1)


@app.command()
def key(
    name: Annotated[str, typer.Argument(help="The feed that may be pushed to.")],
    label: Annotated[str, typer.Option(help="Whose key it is.")],
    forget: Annotated[bool, typer.Option("--forget", help="Take the key away instead.")] = False,
) -> None:
    """Make a key that may push to a feed; it is shown once and kept only as its hash."""
    _open()
    from moothall.kernel import clock
    from moothall.kernel.feeds import push
    from moothall.kernel.registry import house

    if name not in {feed.name for feed in house.feeds()}:
        typer.echo(f"There is no feed called {name}.", err=True)
        raise typer.Exit(2)
    if forget:
        print(f"{push.forget_key(name, label=label)} keys forgotten.")
        return
    print(push.make_key(name, label=label, now=clock.now()))
