"""``payme config``: every setting, its value and its meaning."""

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from payme.app.settings import Settings, describe, unknown_variables


def config(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    only_set: Annotated[bool, typer.Option("--set", help="Only what you have set yourself.")] = False,
) -> None:
    """Show every setting, secrets masked; exit 1 where one cannot be used.

    Example: PAYME_PORT=8080 payme config --set
    """
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
