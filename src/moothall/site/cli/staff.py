"""`moothall staff`: accounts of those who work here."""

from typing import Annotated

import typer

from moothall.kernel.identity.roles import Role

app = typer.Typer(help="Accounts of those who work here.", no_args_is_help=True)
BY = "system:command-line"
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
RoleOption = Annotated[Role, typer.Option(help="What they may do.")]


@app.callback()
def start() -> None:
    """Make Django ready."""
    import django

    django.setup()


def _find(email: str):  # type: ignore[no-untyped-def]
    from moothall.kernel.identity import accounts

    person = accounts.find_staff(email)
    if person is None:
        raise typer.Exit(_say(f"there is no account for {email}"))
    return person


def _link(person) -> str:  # type: ignore[no-untyped-def]
    from django.conf import settings

    from moothall.kernel.identity import accounts

    return f"{settings.URL}{accounts.password_path(person)}"


@app.command()
def add(email: Email, role: RoleOption = Role.VIEWER) -> None:
    """Make an account, and print a link to set its password: good once, for 24 hours."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    try:
        person = accounts.add_staff(email=email, role=role, by=BY, now=clock.now())
    except accounts.UnableToAddStaff as fault:
        raise typer.Exit(_say(str(fault))) from fault
    print(_link(person))


@app.command()
def link(email: Email) -> None:
    """Print a new link to set a password: good once, for 24 hours."""
    print(_link(_find(email)))


@app.command()
def role(email: Email, role: RoleOption = Role.VIEWER) -> None:
    """Give a person another role."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    accounts.change_role(person=_find(email), role=role, by=BY, now=clock.now())


@app.command()
def close(email: Email) -> None:
    """Close an account, and sign its owner out everywhere."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    try:
        accounts.close_account(person=_find(email), by=BY, now=clock.now())
    except accounts.UnableToChangeStaff as fault:
        raise typer.Exit(_say(str(fault))) from fault


@app.command(name="reset-mfa")
def reset_mfa(email: Email) -> None:
    """Take away the second factors of someone who lost them all."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    accounts.remove_second_factors(person=_find(email), by=BY, now=clock.now())


def _say(words: str) -> int:
    typer.echo(f"moothall: {words}", err=True)
    return 1
