"""The work of reconciliation: look at what changed again and again, and at everything by night."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from payme.identity import every_business
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.rounds import keep_doing
from payme.reconciliation import repository, services

LOOK_EVERY_S: Final = 20.0
"""An edit by hand must be told within a minute, also where a look takes some seconds."""
IDLE_RUNS_KEPT: Final = timedelta(days=1)
RUNS_KEPT: Final = timedelta(days=30)
FULL_RUNS_KEPT: Final = timedelta(days=400)
_PART = "reconciliation"
log = structlog.get_logger(__name__)


async def keep_looking(
    database: Database, stop: asyncio.Event, *, business_ids: Collection[UUID] | None = None
) -> None:
    """Ask what changed in each business, or in those named, until ``stop``; of several workers one looks at a time."""
    look = partial(services.ask_all_changes, database, LOOK_EVERY_S / 2, business_ids=business_ids)
    await keep_doing(look, LOOK_EVERY_S, stop, part=_PART)


async def ask_everybody(database: Database, *, begin: bool) -> None:
    """Ask everything of everybody, as a new round or going on with one that was interrupted."""
    for broken in await services.ask_everybody(database, begin=begin):
        log.error("platform_invariant_broken", invariant=broken.invariant, subject=broken.subject, detail=broken.detail)


async def forget_runs(database: Database) -> None:
    """Delete the runs of every business that nobody looks at any more."""

    async def forget(tx: Tx) -> None:
        await repository.forget_runs(tx, tx.now - IDLE_RUNS_KEPT, tx.now - RUNS_KEPT, tx.now - FULL_RUNS_KEPT)

    async for business_id in every_business(database):
        await database.transact(Scope.system(_PART, business_id), forget)
