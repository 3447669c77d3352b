"""``payme doctor``: what is wrong here, and what to do."""

import asyncio
import json
import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from payme.app.doctor import (
    Finding,
    Level,
    fail,
    look_at_anchors,
    look_at_daraja,
    look_at_database,
    look_at_machine,
    ok,
)
from payme.app.ground import Ground, ground_of
from payme.app.settings import Settings
from payme.kit.db.embedded import PostgresUnavailable

_MARKS = {Level.OK: "[green]ok  [/]", Level.WARN: "[yellow]warn[/]", Level.FAIL: "[red]fail[/]"}


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Examine this machine, settings, database, M-Pesa and whoever is told of the audit; exit 1 where something fails.

    Example: payme doctor
    """
    settings = Settings.from_environ(os.environ)
    findings = [*look_at_machine(settings, os.environ), *_database(settings), *look_at_daraja(settings)]
    findings += asyncio.run(_anchors(settings))
    if as_json:
        typer.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        console = Console()
        for finding in findings:
            console.print(_MARKS[finding.level], end=" ")
            console.print(f"{finding.what}: {finding.found}", markup=False, highlight=False, soft_wrap=True)
            if finding.advice:
                console.print(f"     {finding.advice}", markup=False, highlight=False, soft_wrap=True)
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)


def _database(settings: Settings) -> list[Finding]:
    if settings.uses_embedded_database and not (settings.data_dir / "postgres").exists():
        return [ok("Database", "not made yet; payme run makes it")]
    try:
        with ground_of(settings) as ground:
            return asyncio.run(_all(settings, ground))
    except PostgresUnavailable as unavailable:
        return [fail("Database", "does not start", str(unavailable))]


async def _all(settings: Settings, ground: Ground) -> list[Finding]:
    return [finding async for finding in look_at_database(settings, ground)]


async def _anchors(settings: Settings) -> list[Finding]:
    return [finding async for finding in look_at_anchors(settings)]
