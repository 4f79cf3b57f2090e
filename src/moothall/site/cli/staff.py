"""`moothall staff`: accounts of those who work here."""

from typing import Annotated

import typer

from moothall.kernel.identity.roles import Role

app = typer.Typer(help="Accounts of those who work here.", no_args_is_help=True)
BY = "system:command-line"
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
RoleOption = Annotated[
    Role,
    typer.Option(
        help="What they may do. A viewer sees the desk, an editor runs feeds and mends data, "
        "a publisher publishes, an admin also reads the audit log. Each may do all below."
    ),
]


@app.callback()
def start() -> None:
    """Make Django ready, and the tables of a house that never ran."""
    import django

    django.setup()
    from moothall.site import prepare

    if prepare.people():
        _say("the people's database was empty; its tables are made")


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


@app.command(name="list")
def list_accounts() -> None:
    """List every account: role, second factors, last sign-in."""
    from moothall.kernel.identity import accounts

    found = accounts.list_staff()
    if not found:
        _say("there are no accounts yet; make one: moothall staff add EMAIL --role admin")
    width = max((len(entry.email) for entry in found), default=0)
    for entry in found:
        seen = f"{entry.last_signed_in:%Y-%m-%d}" if entry.last_signed_in else "never signed in"
        role = entry.role.value if entry.role else "no role"
        factors = f"second factors: {entry.second_factors}"
        state = "open" if entry.is_open else "closed"
        print(f"{entry.email:{width}}  {role:9}  {state:6}  {factors}  {seen}")


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
    person = _find(email)
    if not person.is_active:
        raise typer.Exit(_say(f"the account of {email} is closed: moothall staff reopen {email}"))
    print(_link(person))


@app.command()
def role(email: Email, role: RoleOption = Role.VIEWER) -> None:
    """Give a person another role."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    try:
        accounts.change_role(person=_find(email), role=role, by=BY, now=clock.now())
    except accounts.UnableToChangeStaff as fault:
        raise typer.Exit(_say(str(fault))) from fault
    _say(f"{email} is {role.value} now")


@app.command()
def close(email: Email) -> None:
    """Close an account, and sign its owner out everywhere."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    try:
        accounts.close_account(person=_find(email), by=BY, now=clock.now())
    except accounts.UnableToChangeStaff as fault:
        raise typer.Exit(_say(str(fault))) from fault
    _say(f"the account of {email} is closed")


@app.command()
def reopen(email: Email) -> None:
    """Open a closed account again, and print a link to set a new password."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    person = _find(email)
    if person.is_active:
        raise typer.Exit(_say(f"the account of {email} is open"))
    accounts.reopen_account(person=person, by=BY, now=clock.now())
    print(_link(person))


@app.command(name="reset-mfa")
def reset_mfa(email: Email) -> None:
    """Take away the second factors of someone who lost them all."""
    from moothall.kernel import clock
    from moothall.kernel.identity import accounts

    gone = accounts.remove_second_factors(person=_find(email), by=BY, now=clock.now())
    _say(f"{email} has no second factor now ({gone} taken away); the next sign-in asks for one")


def _say(words: str) -> int:
    typer.echo(f"moothall: {words}", err=True)
    return 1
