"""``payme audit show``: what happened to one sale or receipt."""

import asyncio
import json
import os
from typing import Annotated
from uuid import UUID

import typer

from payme.app.advice import Advice
from payme.app.assembly import assemble
from payme.app.commands.books import opened_ground
from payme.app.ground import Ground
from payme.app.settings import Settings
from payme.identity import every_business
from payme.kit.db.transaction import Scope
from payme.stories import NothingToTell, Story, tell


def show(
    thing: Annotated[str, typer.Argument(help="The number or id of a sale, or an M-PESA receipt.")],
    *,
    business: Annotated[UUID | None, typer.Option(help="Look only in this business.", metavar="ID")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what happened to a sale or a receipt, in order: goods, money, tokens, credit, refunds, returns.

    Example: payme audit show 17
    """
    settings = Settings.from_environ(os.environ)
    with opened_ground(settings) as ground:
        stories = asyncio.run(_find(settings, ground, thing, business))
    if not stories:
        raise Advice(f"No shop here has a sale or a receipt {thing}. {NothingToTell.advice}")
    if as_json:
        typer.echo(json.dumps({"stories": [_facts(*found) for found in stories]}, indent=2))
        return
    for business_id, story in stories:
        typer.echo(f"{story.title}, business {business_id}")
        for line in story.lines:
            typer.echo(f"  {line.at:%Y-%m-%d %H:%M:%S} UTC  {line.who}: {line.sentence}")
        if story.is_cut:
            typer.echo("  … and more; GET …/audit-entries has everything.")


async def _find(settings: Settings, ground: Ground, thing: str, business: UUID | None) -> list[tuple[UUID, Story]]:
    found = []
    async with assemble(settings, ground.app_dsn) as assembly:
        chosen = [business] if business else [one async for one in every_business(assembly.database)]
        for business_id in chosen:
            try:
                story = await assembly.database.transact(Scope.system("command line", business_id), tell, thing)
            except NothingToTell:
                continue
            found.append((business_id, story))
    return found


def _facts(business_id: UUID, story: Story) -> dict[str, object]:
    return {
        "business_id": str(business_id),
        "title": story.title,
        "sale_id": story.sale_id and str(story.sale_id),
        "lines": [
            {
                "at": line.at.isoformat(),
                "who": line.who,
                "action": line.action,
                "sentence": line.sentence,
                "entry_id": str(line.entry_id),
            }
            for line in story.lines
        ],
        "is_cut": story.is_cut,
    }
