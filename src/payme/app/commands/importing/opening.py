"""The books, opened for a command of the command line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvloop

from payme.app.assembly import assemble
from payme.app.commands.books import opened_ground
from payme.app.settings import Settings
from payme.kit.db.transaction import Database
from payme.kit.seams import Seams

Result = TypeVar("Result")


def with_books(settings: Settings, work: Callable[[Database], Awaitable[Result]], seams: Seams | None = None) -> Result:
    """Open the books, run ``work``, and close them.

    Raises what starting PostgreSQL and migrating raise.
    """

    async def run() -> Result:
        async with assemble(settings, ground.app_dsn, seams) as assembly:
            return await work(assembly.database)

    with opened_ground(settings) as ground, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
