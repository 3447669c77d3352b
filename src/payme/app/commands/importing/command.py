"""``payme import catalogue`` and ``payme import sales``."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from payme import identity
from payme.app.advice import Advice
from payme.app.commands.importing.catalogue import import_catalogue, read_catalogue
from payme.app.commands.importing.history import HistoryTerms, read_history
from payme.app.commands.importing.opening import with_books
from payme.app.commands.importing.refused import Tally, write_refused
from payme.app.commands.importing.screen import Screen
from payme.app.commands.importing.tables import read_table
from payme.app.commands.importing.trading import HistoryClock, HistoryTrade, TradeTerms
from payme.app.settings import Settings
from payme.kit.days import SHOP_TIME
from payme.kit.db.transaction import Database, Scope
from payme.kit.seams import Seams

import_app = typer.Typer(
    name="import",
    help="Bring in another system's catalogue and history from CSV files. Try it with --dry-run first.",
    no_args_is_help=True,
)

Business = Annotated[UUID, typer.Option("--business", help="The id of the shop that gets it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen and change nothing.")]
Map = Annotated[list[str] | None, typer.Option("--map", help="A column by name: --map price=Bei. May be repeated.")]
RefusedFile = Annotated[Path | None, typer.Option("--refused", help="Write every refused row to this CSV file.")]
PriceTimes = Annotated[
    str, typer.Option("--price-times", help="Multiply every price and cost, to bring another currency to KES.")
]


def _keep_refused(path: Path, header: Sequence[str], tally: Tally) -> None:
    try:
        write_refused(path, header, tally.refused)
    except OSError as error:
        raise Advice(f"The refused rows cannot be written to {path}: {error.strerror}.") from error


def _screen() -> Screen:
    return Screen(Console(), Console(stderr=True))


def _named(pairs: list[str] | None) -> dict[str, str]:
    for pair in pairs or []:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} must be name=Column, for example --map price=Bei")
    return {name.strip(): title.strip() for name, _, title in (pair.partition("=") for pair in pairs or [])}


def _times(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"--price-times {text} is not a number") from error
    if not found.is_finite() or found <= 0:
        raise typer.BadParameter(f"--price-times {text} must be above 0")
    return found


@import_app.command("catalogue")
def catalogue(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first row names the columns.")],
    *,
    business: Business,
    dry_run: DryRun = False,
    named: Map = None,
    refused_file: RefusedFile = None,
    price_times: PriceTimes = "1",
) -> None:
    """Add the products of a file, with opening stock where it tells quantity and cost; a second run adds nothing.

    Example: payme import catalogue products.csv --business 019a… --dry-run
    """
    screen = _screen()
    table = read_table(file)
    read = read_catalogue(table, _named(named), price_times=_times(price_times))
    screen.show_file(table, read.found)
    if dry_run:
        titles = ("SKU", "name", "unit", "price", "on hand", "cost")
        drafts = [(line, line.draft) for line in read.lines]
        screen.show_rows(
            titles,
            [
                (d.sku or "", d.name, d.unit, d.selling_price, line.on_hand or "", line.unit_cost or "")
                for line, d in drafts
            ],
        )

    async def work(database: Database) -> Tally:
        await database.transact(Scope.system("import", business), identity.get_business)
        with screen.progress("Products", len(read.lines)) as advance:
            return await import_catalogue(database, business, read.lines, dry_run=dry_run, advance=advance)

    tally = with_books(Settings.from_environ(os.environ), work)
    tally.refused = sorted([*read.refused, *tally.refused], key=lambda one: one.row.line)
    screen.show_tally(tally, "product", dry_run=dry_run)
    if refused_file is not None:
        _keep_refused(refused_file, table.header, tally)


@import_app.command("sales")
def history(
    files: Annotated[list[Path], typer.Argument(help="CSV files, one row a line of an invoice; read as one history.")],
    *,
    business: Business,
    dry_run: DryRun = False,
    named: Map = None,
    refused_file: RefusedFile = None,
    price_times: PriceTimes = "1",
    month_first: Annotated[bool, typer.Option("--month-first", help="03/31/2026 rather than 31/03/2026.")] = False,
    add_products: Annotated[bool, typer.Option("--add-products", help="Add products that the shop lacks.")] = False,
    deliver: Annotated[bool, typer.Option("--deliver", help="Make deliveries of what was sold, week by week.")] = False,
    seed: Annotated[int, typer.Option(help="The luck of --deliver; the same seed, the same deliveries.")] = 1,
) -> None:
    """Trade the sales of another system, at their own instants; a second run sells nothing twice and costs no token.

    Goods must have been delivered before they are sold, with their cost; --deliver makes deliveries where the history
    has none. Example: payme import sales january.csv february.csv --business 019a… --add-products --deliver --dry-run
    """
    screen = _screen()
    clock = HistoryClock()
    tables = [read_table(file) for file in files]
    read = read_history(tables, _named(named), HistoryTerms(_times(price_times), month_first), datetime.now(UTC))
    for table, found in read.tables:
        screen.show_file(table, found)
    if dry_run:
        rows = [
            (
                one.number,
                f"{one.at.astimezone(SHOP_TIME):%Y-%m-%d %H:%M}",
                len(one.lines),
                one.total,
                one.buyers[0].draft().name if one.buyers else "",
            )
            for one in read.invoices
        ]
        screen.show_rows(("invoice", "time", "lines", "total KES", "customer"), rows)

    async def work(database: Database) -> Tally:
        await database.transact(Scope.system("import", business), identity.get_business)
        trade = HistoryTrade(database, clock, business, TradeTerms(add_products, deliver, seed, dry_run))
        with screen.progress("Sales", len(read.invoices)) as advance:
            return await trade.trade(read.invoices, advance)

    tally = with_books(Settings.from_environ(os.environ), work, Seams(clock=clock))
    order = {table.path.name: place for place, table in enumerate(tables)}
    tally.refused = sorted([*read.refused, *tally.refused], key=lambda one: (order[one.row.file], one.row.line))
    screen.show_tally(tally, "sale", dry_run=dry_run)
    if refused_file is not None:
        _keep_refused(refused_file, tables[0].header, tally)
