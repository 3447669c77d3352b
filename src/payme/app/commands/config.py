"""``payme config``: every setting, its value and its meaning; and a new key for the secrets."""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from payme.app.advice import Advice
from payme.app.assembly import assemble
from payme.app.commands.books import opened_ground
from payme.app.described import describe, unknown_variables
from payme.app.ground import Ground
from payme.app.rotation import Rotation
from payme.app.settings import Settings
from payme.kit.secrets import KEY_BYTES, KeysUnusable, add_key

config = typer.Typer(invoke_without_command=True, help="Show every setting; rotate the key of the secrets.")


@config.callback()
def show(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    only_set: Annotated[bool, typer.Option("--set", help="Only what you have set yourself.")] = False,
) -> None:
    """Show every setting, secrets masked; exit 1 where one cannot be used.

    Example: PAYME_PORT=8080 payme config --set
    """
    if context.invoked_subcommand is not None:
        return
    lines = [line for line in describe(os.environ) if line.is_set or not only_set]
    unknown = unknown_variables(os.environ)
    if as_json:
        typer.echo(json.dumps({"settings": [asdict(line) for line in lines], "unknown": unknown}, indent=2))
    else:
        console = Console()
        table = Table("Setting", "Value", "Meaning", box=None, pad_edge=False)
        for line in lines:
            value = f"[bold]{line.value}[/]" if line.is_set else line.value or "[dim]-[/]"
            table.add_row(line.name, value, f"{line.meaning} [dim]({line.allowed})[/]")
        console.print(table, highlight=False)
        console.print("Bold values are yours; the others are defaults. Set them in the environment.", highlight=False)
        for sentence in unknown:
            console.print(sentence, markup=False, highlight=False)
    Settings.from_environ(os.environ)  # raises what is wrong, after everything was shown


@config.command("rotate-key")
def rotate_key() -> None:
    """Encrypt every secret in the database under a new key; may be interrupted, and run again to go on.

    The server may run meanwhile. The old key stays where it is, for backups of the database.
    Example: payme config rotate-key
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        asyncio.run(_rotate(settings, ground))


async def _rotate(settings: Settings, ground: Ground) -> None:
    async with assemble(settings, ground.app_dsn) as assembly:
        box, seams = assembly.desk.accounts.strongbox, assembly.database.seams
        rotation = Rotation(assembly.database, box, typer.echo)
        unfinished = await rotation.run()
        if settings.key_file is not None and not unfinished:
            _add_key(settings.key_file, seams.new_bytes(KEY_BYTES))
            await rotation.run()
        typer.echo(rotation.verdict())
        if settings.key_file is None and not unfinished:
            typer.echo("For another key put one first in PAYME_SECRET_KEYS (v2:…,v1:…; openssl rand -base64 32 makes")
            typer.echo("32 bytes), restart every server and worker, then run this again.")
    if rotation.unreadable:
        raise typer.Exit(1)


def _add_key(place: Path, key: bytes) -> None:
    try:
        ring = add_key(place, key)
    except (OSError, KeysUnusable) as error:
        raise Advice(f"{place} could not be given a new key: {error}.") from error
    typer.echo(f"{place} has a new key, {ring.current}. Keep a copy of the file apart from the database's.")
