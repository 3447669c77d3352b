"""``payme user``: help for people, from whoever runs the server."""

import secrets
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from payme import identity
from payme.app.advice import Advice
from payme.app.commands.books import in_database
from payme.app.demo_shop import new_password
from payme.identity import Login, Session, UserDraft
from payme.kit.actor import Actor
from payme.kit.db.transaction import Database, Scope, Tx

user = typer.Typer(no_args_is_help=True, help="Help people in: make a user, set a password, end sessions.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address the person signs in with.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a good password and print it once.")]
_SCOPE = Scope.system("command line")


class NoSuchUser(Advice):
    """Nobody signs in with this address."""


@user.command()
def add(
    email: Email,
    *,
    name: Annotated[str | None, typer.Option(help="How the person is called; asked for otherwise.")] = None,
    generate: Generate = False,
) -> None:
    """Make a user; they then open a business, or follow an invitation.

    Example: payme user add owner@duka.example --name "Owner" --generate
    """
    name = name or typer.prompt("Name")
    password = _password(email, name, generate=generate)
    password_hash = identity.hash_password(password, secrets.token_bytes(16))
    draft = UserDraft(email, name, password_hash)
    made = in_database(lambda database: database.transact(_SCOPE, identity.sign_up, draft))
    typer.echo(f"{made.email} may sign in.")
    _show(password, generate=generate)


@user.command()
def password(email: Email, *, generate: Generate = False) -> None:
    """Set a new password, and end every session of the old one.

    Example: payme user password owner@duka.example --generate
    """

    async def change(database: Database) -> None:
        login = await _login(database, email)
        await database.transact(_SCOPE, identity.set_password, login.user_id, password_hash)

    in_database(lambda database: _login(database, email))  # before a password is asked for
    chosen = _password(email, "", generate=generate)
    password_hash = identity.hash_password(chosen, secrets.token_bytes(16))
    in_database(change)
    typer.echo(f"{email} has a new password; every session has ended.")
    _show(chosen, generate=generate)


@user.command()
def sessions(email: Email) -> None:
    """List where a person is signed in.

    Example: payme user sessions owner@duka.example
    """

    async def read(database: Database) -> list[Session]:
        return await database.transact(_acting(await _login(database, email)), identity.list_sessions)

    found = in_database(read)
    if not found:
        typer.echo(f"{email} is signed in nowhere.")
        return
    table = Table("Session", "Device", "Address", "Since", "Until", box=None, pad_edge=False)
    for one in found:
        table.add_row(
            str(one.id), one.device or "-", one.address or "-", f"{one.created_at:%F %R}", f"{one.expires_at:%F %R}"
        )
    Console().print(table, highlight=False)


@user.command()
def revoke(
    email: Email,
    *,
    session: Annotated[UUID | None, typer.Option(metavar="ID", help="Only this one; all of them otherwise.")] = None,
) -> None:
    """End sessions of a person, at once.

    Example: payme user revoke owner@duka.example
    """

    async def end(database: Database) -> None:
        login = await _login(database, email)
        if session is not None:
            await database.transact(_acting(login), identity.revoke_session, session)
        else:
            await database.transact(_SCOPE, identity.revoke_sessions, login.user_id)

    in_database(end)
    typer.echo(f"Session {session} has ended." if session else f"Every session of {email} has ended.")


async def _login(database: Database, email: str) -> Login:
    login = await database.transact(_SCOPE, identity.find_login, identity.email_address(email))
    if login is None:
        raise NoSuchUser(f"Nobody signs in with {email}. Make them with: payme user add {email}")
    return login


def _acting(login: Login) -> Scope:
    async def admit(_: Tx) -> Actor:
        return Actor("user", "command line", login.user_id)

    return Scope(None, admit, "command-line")


def _password(email: str, name: str, *, generate: bool) -> str:
    chosen: str = new_password() if generate else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    identity.check_password(chosen, email, name)
    return chosen


def _show(chosen: str, *, generate: bool) -> None:
    if generate:
        typer.echo(f"Password: {chosen}")
        typer.echo("It is shown this once; it is kept only as a hash.")
