"""``payme demo``: a day from opening to closing time, in a shop of its own or in the one that runs here."""

import asyncio
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from shutil import copyfile
from tempfile import mkdtemp
from typing import Annotated, Final
from uuid import UUID

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from payme import wallet
from payme.app.advice import Advice
from payme.app.assembly import assemble
from payme.app.commands.books import opened_ground
from payme.app.commands.demo.evening import come_to_rest, read_books
from payme.app.commands.demo.floor import Notebook, ShopFloor, World
from payme.app.commands.demo.havoc import Havoc
from payme.app.commands.demo.plan import SALES_MIN, Day, plan_day
from payme.app.commands.demo.report import Traded
from payme.app.commands.demo.till import Director, Luck
from payme.app.progress import Progress
from payme.app.running_shop import RunningShop, running_shop
from payme.app.settings import Settings
from payme.app.supervisor import find_running
from payme.kit.db.transaction import Database, Scope
from payme.kit.seams import SystemClock

DEADLINE_S: Final = 3
"""So soon an unanswered payment is given up in a shop of our own; a real one waits two minutes."""
TOKENS_SPARE: Final = 20
# A shop of its own: whatever the environment says, no real database and no real Daraja is touched.
_OWN: Final = {
    "PAYME_DATABASE_URL": "",
    "PAYME_APP_DATABASE_URL": "",
    "PAYME_SIMULATOR_URL": "",
    "PAYME_PLATFORM_ENVIRONMENT": "",
    "PAYME_SECRET_KEYS": "",
    "PAYME_SECRET_KEYS_FILE": "",
    "PAYME_PUBLIC_URL": "",
    "PAYME_HOST": "127.0.0.1",
    "PAYME_PAYMENT_DEADLINE_S": str(DEADLINE_S),
    "PAYME_SESSION_RATE_PER_S": "100000",
    "PAYME_SESSION_BURST": "100000",
    "PAYME_SIGN_IN_RATE_PER_S": "100000",
    "PAYME_SIGN_IN_BURST": "100000",
    # The day goes by in minutes, and no phone of it is anybody's.
    "PAYME_PUSHES_PER_PHONE": "1000",
    "PAYME_PUSHES_PER_PHONE_A_DAY": "10000",
    "PAYME_PUSHES_PER_CASHIER": "0",
    "PAYME_PUSHES_PER_BUSINESS": "0",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the day is traded."""

    base_url: str
    simulator_url: str
    settings: Settings
    shop: RunningShop | None
    """The shop of our own; None where it is another's."""


def demo(
    *,
    seed: Annotated[int, typer.Option(help="The day's luck: the same seed, the same customers.")] = 1,
    sales: Annotated[int, typer.Option(min=SALES_MIN, max=100_000, help="Customers in all shops together.")] = 200,
    shops: Annotated[int, typer.Option(min=1, max=100, help="How many shops trade at once.")] = 2,
    tills: Annotated[int, typer.Option(min=1, max=50, help="How many tills each shop has.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    here: Annotated[bool, typer.Option("--here", help="Trade in the PayMe that runs here, in new shops.")] = False,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Kill the server, the worker and the database on the way.")
    ] = False,
) -> None:
    """Trade one day through the HTTP API, print what it brought, and ask every invariant; exit 1 where one is broken.

    The shop is one of its own in a folder that is deleted in the end, with a simulator whose customers answer at once.
    Example: payme demo --seed 7 --sales 500 --json
    """
    if here and chaos:
        raise typer.BadParameter("--chaos kills processes, so it has a shop of its own; leave --here away")
    aside = Console(stderr=True)
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # its pool tells in length that a killed database is gone
    day = plan_day(seed=seed, sales=sales, shops=shops, tills=tills)
    with _place(here=here, seed=seed, progress=Progress(aside)) as place, _told(place):
        traded = _trade(place, day, tills, aside, chaos=chaos)
    if as_json:
        typer.echo(json.dumps(traded.facts(), indent=2))
    else:
        traded.print(Console())
    if traded.evening.violations:
        raise typer.Exit(1)


@contextmanager
def _place(*, here: bool, seed: int, progress: Progress) -> Iterator[Place]:
    if here:
        settings = Settings.from_environ(os.environ)
        running = find_running(settings.data_dir)
        if running is None:
            raise Advice(f"No PayMe runs for {settings.data_dir}. Start payme run first, or leave --here away.")
        if running.simulator_url is None:
            raise Advice("The PayMe that runs here speaks with the real M-Pesa; the demonstration needs the simulator.")
        yield Place(running.url, running.simulator_url, settings, None)
        return
    with ExitStack() as stack:
        with progress.step("Opening a shop of its own: database, simulator, server and worker"):
            shop = stack.enter_context(running_shop(settings=_OWN, seed=seed))
        settings = Settings.from_environ({**os.environ, **_OWN, "PAYME_DATA_DIR": str(shop.data_dir)})
        assert shop.simulator_url is not None, "a shop of our own has a simulator"  # noqa: S101
        yield Place(shop.base_url, shop.simulator_url, settings, shop)


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """Let an error of the day tell where the log of the server is, which would be deleted with the shop."""
    try:
        yield
    except* Advice as group:
        first = group.exceptions[0]
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        text = f"The day was broken off: {first}"
        if place.shop is not None:
            text += f"\nWhat the server said is kept in {_keep(place.shop.log)}"
        raise Advice(text) from None


def _keep(log: Path) -> Path:
    """Copy the log of a shop of our own to where it outlives the shop."""
    kept = Path(mkdtemp(prefix="payme-demo-")) / "payme.log"
    return Path(copyfile(log, kept))


def _trade(place: Place, day: Day, tills: int, aside: Console, *, chaos: bool) -> Traded:
    with (
        opened_ground(place.settings) as ground,
        _bar(aside, day.sales) as advance,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):

        async def whole_day() -> Traded:
            async with assemble(place.settings, ground.app_dsn) as assembly:
                return await _whole_day(place, day, tills, assembly.database, advance, aside, chaos=chaos)

        return runner.run(whole_day())


@contextmanager
def _bar(aside: Console, customers: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=aside) as bar:
        task = bar.add_task("Customers", total=customers)
        yield lambda: bar.advance(task)


async def _whole_day(
    place: Place,
    day: Day,
    tills: int,
    database: Database,
    advance: Callable[[], None],
    aside: Console,
    *,
    chaos: bool,
) -> Traded:
    began = time.monotonic()
    director = Director(place.simulator_url)
    havoc = Havoc(place.shop, day.seed, day.sales, aside.print) if chaos and place.shop else None

    def served() -> None:
        advance()
        if havoc is not None:
            havoc.served()

    notebook = Notebook()
    luck = Luck(SystemClock(), SystemRandom())
    world = World(place.base_url, director, luck, notebook, served, secrets.token_hex(4), secrets.token_urlsafe(18))
    async with AsyncExitStack() as people:
        people.push_async_callback(director.aclose)
        floors = [ShopFloor(world, plan, number, people) for number, plan in enumerate(day.shops)]
        for floor in floors:
            await floor.open()
        shops = [floor.premises.business_id for floor in floors]
        await _give_tokens(database, day, shops)
        opened = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            if havoc is not None:
                tasks.create_task(havoc.rage())
            for floor in floors:
                tasks.create_task(floor.trade())
        seconds = time.monotonic() - opened
        sent_again = await come_to_rest(database, director, shops)
        evening = await read_books(database, director, notebook, shops, all_outcomes=not chaos)
    killed = tuple(havoc.killed) if havoc else ()
    return Traded(day, tills, seconds, time.monotonic() - began, killed, sent_again, evening)


async def _give_tokens(database: Database, day: Day, shops: list[UUID]) -> None:
    """Give each shop what the day takes, as the platform does, not over HTTP."""
    for plan, shop in zip(day.shops, shops, strict=True):
        tokens = plan.sales + TOKENS_SPARE
        await database.transact(Scope.system("demo", shop), wallet.grant_tokens, tokens, "demo day")
