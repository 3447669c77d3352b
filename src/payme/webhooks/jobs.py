"""The work of webhooks: messages that are due leave, each between two transactions."""

import asyncio
from uuid import UUID

import structlog

from payme.kit.db.transaction import Database, Scope
from payme.kit.errors import Refusal
from payme.webhooks import queries, services
from payme.webhooks.models import Letter
from payme.webhooks.services import PostOffice
from payme.webhooks.types import JITTER_PERCENT

AT_ONCE_OF_BUSINESS = 5
BUSINESSES_AT_ONCE = 10
BUSINESSES_MAX = 10_000
LOOK_EVERY_S = 1.0
VISITS_PER_S = 50
"""How many businesses a worker looks into a second at the most, when nothing is due."""
ROUNDS_MAX = 20
"""After so many a busy business goes to the end of the line."""
DRAIN_S = 10.0
_PART = "webhooks"
log = structlog.get_logger(__name__)


async def send_due(office: PostOffice, business_id: UUID, *, at_once: int = AT_ONCE_OF_BUSINESS) -> int:
    """Send messages of a business that are due, ``at_once`` side by side; returns how many were tried.

    A worker that dies in between leaves them due again after their lease, under the same ids.
    """
    scope = Scope.system(_PART, business_id)
    letters = await office.database.transact(scope, services.take_due, office.keys, at_once)
    await asyncio.gather(*(_send(office, scope, letter) for letter in letters))
    return len(letters)


async def _send(office: PostOffice, scope: Scope, letter: Letter) -> None:
    outcome = await office.courier.carry(letter)
    await office.database.seams.chaos.point("webhook_carried")
    percent = office.database.seams.randomness.randint(100 - JITTER_PERCENT, 100 + JITTER_PERCENT)
    await office.database.transact(scope, services.record_try, letter, outcome, percent)
    log.info("webhook_sent", message_id=str(letter.message_id), status=outcome.status, tries=letter.tries)


async def keep_sending(office: PostOffice, stop: asyncio.Event) -> None:
    """Look for messages that are due until ``stop``; a slow receiver keeps nobody waiting but its own business."""
    busy: dict[UUID, asyncio.Task[None]] = {}
    places = asyncio.Semaphore(BUSINESSES_AT_ONCE)
    while not stop.is_set():
        businesses: list[UUID] = []
        try:
            businesses = await office.database.transact(Scope.system(_PART), queries.list_businesses, BUSINESSES_MAX)
        except Refusal as away:
            log.warning("webhooks_wait_for_database", error=away.code)
        for business_id in [one for one, task in busy.items() if task.done()]:
            del busy[business_id]
        for business_id in businesses:
            if business_id not in busy:
                busy[business_id] = asyncio.create_task(_visit(office, business_id, places, stop))
        await _pause(stop, max(LOOK_EVERY_S, len(businesses) / VISITS_PER_S))
    if busy:
        _, late = await asyncio.wait(busy.values(), timeout=DRAIN_S)
        for task in late:
            task.cancel()


async def _visit(office: PostOffice, business_id: UUID, places: asyncio.Semaphore, stop: asyncio.Event) -> None:
    async with places:
        try:
            for _ in range(ROUNDS_MAX):
                if stop.is_set() or not await send_due(office, business_id):
                    return
        except Refusal as refusal:
            log.warning("webhooks_not_sent", business_id=str(business_id), error=refusal.code)
        except Exception:
            log.exception("webhooks_not_sent", business_id=str(business_id))


async def forget_ended(database: Database) -> None:
    """Delete messages of every business that ended long ago."""
    for business_id in await database.transact(Scope.system(_PART), queries.list_businesses, BUSINESSES_MAX):
        await database.transact(Scope.system(_PART, business_id), services.forget_ended)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
