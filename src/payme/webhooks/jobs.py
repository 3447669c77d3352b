"""The work of webhooks: messages that are due leave, each between two transactions."""

import asyncio
from uuid import UUID

import structlog

from payme.kit.db.transaction import Database, Scope
from payme.kit.rounds import keep_visiting
from payme.webhooks import queries, services
from payme.webhooks.models import Letter
from payme.webhooks.services import PostOffice
from payme.webhooks.types import JITTER_PERCENT

AT_ONCE_OF_BUSINESS = 5
BUSINESSES_MAX = 10_000
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

    async def businesses() -> list[UUID]:
        return await office.database.transact(Scope.system(_PART), queries.list_businesses, BUSINESSES_MAX)

    async def visit(business_id: UUID) -> int:
        return await send_due(office, business_id)

    await keep_visiting(businesses, visit, stop, part=_PART)


async def forget_ended(database: Database) -> None:
    """Delete messages of every business that ended long ago."""
    for business_id in await database.transact(Scope.system(_PART), queries.list_businesses, BUSINESSES_MAX):
        await database.transact(Scope.system(_PART, business_id), services.forget_ended)
