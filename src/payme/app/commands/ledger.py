"""``payme ledger``: the general ledger of a business on the command line."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from payme import ledger as room
from payme.app.assembly import assemble
from payme.app.commands.books import opened_ground
from payme.app.settings import Settings
from payme.kit.db.transaction import Database, Scope
from payme.kit.paging import After
from payme.ledger import Journal, Posted, ProfitAndLoss, TrialBalance

ledger = typer.Typer(no_args_is_help=True, help="The books of a business in double entry.")
AT_ONCE: Final = 1_000
Result = TypeVar("Result")
Business = Annotated[UUID, typer.Argument(help="Whose books.", metavar="BUSINESS")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="At whose end; today's.")]
_From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the month's first.")]
_To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; today.")]


@ledger.command()
def trial_balance(business: Business, *, day: _Day = None, as_json: AsJson = False) -> None:
    """Show every account at the end of a day; exit 1 where debits and credits differ.

    Example: payme ledger trial-balance 0197e0f2-… --day 2026-01-31
    """
    found: TrialBalance = _read(
        business, lambda database, scope: database.transact(scope, room.trial_balance, _date(day))
    )
    if as_json:
        accounts = [
            {
                "code": one.account.code,
                "name": one.account.name,
                "kind": one.account.kind,
                "balance": f"{one.closing:.2f}",
            }
            for one in found.balances
        ]
        facts = {"day": found.day.isoformat(), "accounts": accounts, "difference": f"{found.difference:.2f}"}
        typer.echo(json.dumps(facts, indent=2))
    else:
        table = _table("", "Account", "Debit", "Credit")
        for one in found.balances:
            sides = (one.closing, 0) if one.closing >= 0 else (0, -one.closing)
            table.add_row(one.account.code, one.account.name, *(f"{side:,.2f}" if side else "" for side in sides))
        table.add_row("", "Total", f"{found.debit:,.2f}", f"{found.credit:,.2f}")
        Console().print(table, highlight=False)
    if found.difference:
        raise typer.Exit(1)


@ledger.command()
def profit_and_loss(business: Business, *, from_day: _From = None, to_day: _To = None, as_json: AsJson = False) -> None:
    """Show what was earned in a period.

    Example: payme ledger profit-and-loss 0197e0f2-… --from 2026-01-01 --to 2026-01-31
    """
    earned: ProfitAndLoss = _read(
        business,
        lambda database, scope: database.transact(scope, room.profit_and_loss, _date(from_day), _date(to_day)),
    )
    rows = [
        ("revenue", earned.revenue),
        ("returned", -earned.returned),
        ("cost", -earned.cost),
        ("gross_profit", earned.gross_profit),
        *((one.account.name, -one.amount) for one in earned.expenses),
        ("profit", earned.profit),
    ]
    if as_json:
        typer.echo(json.dumps({name: f"{amount:.2f}" for name, amount in rows}, indent=2))
        return
    table = _table("", "KES")
    for name, amount in rows:
        table.add_row(name.replace("_", " ").capitalize(), f"{amount:,.2f}")
    Console().print(table, highlight=False)


@ledger.command()
def journal(business: Business, *, from_day: _From = None, to_day: _To = None, as_json: AsJson = False) -> None:
    """Print the documents of a period in their order, each with its lines; as JSON one document a line.

    Example: payme ledger journal 0197e0f2-… --from 2026-01-01 --to 2026-01-31 --json
    """

    async def print_all(database: Database, scope: Scope) -> None:
        after: After | None = None
        while True:
            found: Journal = await database.transact(
                scope, room.journal, _date(from_day), _date(to_day), None, after, AT_ONCE
            )
            for one in found.posted:
                sys.stdout.write(f"{json.dumps(_facts(one)) if as_json else _text(one)}\n")
            after = found.after
            if after is None:
                return

    _read(business, print_all)


def _facts(posted: Posted) -> dict[str, object]:
    document = posted.document
    return {
        "at": document.at.isoformat(),
        "day": document.day.isoformat(),
        "kind": document.kind,
        "id": str(document.id),
        "reference": document.reference,
        "lines": [
            {"account": line.account.code, "debit": f"{line.debit:.2f}", "credit": f"{line.credit:.2f}"}
            for line in posted.lines
        ],
    }


def _text(posted: Posted) -> str:
    document = posted.document
    lines = [f"{document.day}  {document.kind} {document.reference}".rstrip()]
    for line in posted.lines:
        debit, credit = (f"{side:,.2f}" if side else "" for side in (line.debit, line.credit))
        lines.append(f"  {line.account.code}  {line.account.name:<26}{debit:>16}{credit:>16}".rstrip())
    return "\n".join(lines)


def _date(named: datetime | None) -> date | None:
    return None if named is None else named.date()


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="right" if name in {"Debit", "Credit", "KES"} else "left")
    return table


def _read(business_id: UUID, work: Callable[[Database, Scope], Awaitable[Result]]) -> Result:
    settings = Settings.from_environ(os.environ)

    async def read(dsn: str) -> Result:
        async with assemble(settings, dsn) as assembly:
            return await work(assembly.database, Scope.system("command line", business_id))

    with opened_ground(settings) as ground:
        return asyncio.run(read(ground.app_dsn))
