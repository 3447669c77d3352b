"""``payme callbacks``: what M-Pesa, or somebody, sent and had no effect; and the dead ones, to be tried again."""

import json
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from payme import callbacks as room
from payme.app.commands.books import in_database
from payme.callbacks import Callback, CallbackState
from payme.kit.db.transaction import Database, Scope

callbacks = typer.Typer(no_args_is_help=True, help="Callbacks without effect: orphans, quarantined and dead ones.")
LIST_MAX: Final = 1000
_PART: Final = "command line"
_ANYWHERE: Final = Scope.system(_PART)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _LooseEnd(StrEnum):
    ORPHAN = "orphan"
    QUARANTINED = "quarantined"
    DEAD = "dead"


@callbacks.command()
def count(*, as_json: AsJson = False) -> None:
    """Count callbacks without effect, over all businesses, by reason.

    Example: payme callbacks count
    """
    ends = in_database(lambda database: database.transact(_ANYWHERE, room.count_loose_ends))
    if as_json:
        facts = [{"state": end.state, "reason": end.reason, "count": end.count} for end in ends]
        typer.echo(json.dumps({"callbacks": facts}, indent=2))
        return
    table = Table("State", "Reason", "Count", "Oldest", box=None, pad_edge=False)
    for end in ends:
        table.add_row(end.state, end.reason, str(end.count), f"{end.oldest_at:%Y-%m-%d %H:%M}")
    Console().print(table if ends else "Every callback had its effect.", highlight=False)


@callbacks.command(name="list")
def list_them(
    state: Annotated[_LooseEnd, typer.Argument(help="Which ones.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="How many at the most, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List callbacks of one state, newest first; what they say is not shown.

    Example: payme callbacks list dead
    """
    wanted = CallbackState(state)
    rows = in_database(lambda database: database.transact(_ANYWHERE, room.list_loose_ends, wanted, limit))
    if as_json:
        typer.echo(json.dumps({"callbacks": [_facts(row) for row in rows]}, indent=2))
        return
    for row in rows:
        # Never folded: ids are there to be copied.
        received = f"{row.received_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{row.id}  business {row.business_id or '-'}  {received}  from {row.address or '-'}  {row.reason}")
    if not rows:
        typer.echo(f"No callback is {wanted}.")


def _facts(row: Callback) -> dict[str, object]:
    return {
        "id": str(row.id),
        "business_id": str(row.business_id) if row.business_id else None,
        "state": row.state,
        "reason": row.reason,
        "address": row.address,
        "attempts": row.attempts,
        "received_at": row.received_at.isoformat(),
    }


@callbacks.command()
def replay(
    callback_ids: Annotated[list[UUID] | None, typer.Argument(metavar="CALLBACK…", help="Which dead ones.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every dead one, at most 1000.")] = False,
) -> None:
    """Let dead callbacks be tried again from the beginning.

    Example: payme callbacks replay --all
    """
    if not callback_ids and not every:
        raise typer.BadParameter("name callbacks, or say --all")
    typer.echo(f"{in_database(lambda database: _replay(database, callback_ids))} callbacks wait to be tried again.")


async def _replay(database: Database, callback_ids: list[UUID] | None) -> int:
    dead = await database.transact(_ANYWHERE, room.list_loose_ends, CallbackState.DEAD, LIST_MAX)
    wanted = [row for row in dead if not callback_ids or row.id in callback_ids]
    for row in wanted:
        await database.transact(Scope.system(_PART, row.business_id), room.replay, row.id)
    return len(wanted)
