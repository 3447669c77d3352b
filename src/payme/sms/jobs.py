"""The work of SMS: messages that are due leave, each between two transactions."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from payme.kit.db.transaction import Database, Scope
from payme.kit.rounds import keep_visiting
from payme.sms import queries, services
from payme.sms.models import SmsOrder
from payme.sms.services import Carrier, Terms

AT_ONCE_OF_BUSINESS = 5
BUSINESSES_MAX = 10_000
_PART = "sms"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SmsDesk:
    """What sending needs: the books, who carries, and the terms."""

    database: Database
    carrier: Carrier
    terms: Terms


async def send_due(desk: SmsDesk, business_id: UUID, *, at_once: int = AT_ONCE_OF_BUSINESS) -> int:
    """Send messages of a business that are due, ``at_once`` side by side; returns how many were handed over.

    A worker that dies in between leaves them unknown; nobody sends them again.
    """
    scope = Scope.system(_PART, business_id)
    orders = await desk.database.transact(scope, services.take_due, desk.terms, at_once)
    await asyncio.gather(*(_send(desk, scope, order) for order in orders))
    return len(orders)


async def _send(desk: SmsDesk, scope: Scope, order: SmsOrder) -> None:
    outcome = await desk.carrier.carry(order)
    await desk.database.seams.chaos.point("sms_carried")
    state = await desk.database.transact(scope, services.record_outcome, order.message_id, outcome, desk.terms.price)
    log.info("sms_carried", message_id=str(order.message_id), provider=desk.carrier.name, state=state)


async def keep_sending(desk: SmsDesk, stop: asyncio.Event) -> None:
    """Look for messages that are due until ``stop``."""

    async def businesses() -> list[UUID]:
        return await desk.database.transact(Scope.system(_PART), queries.list_businesses, BUSINESSES_MAX)

    async def visit(business_id: UUID) -> int:
        return await send_due(desk, business_id)

    await keep_visiting(businesses, visit, stop, part=_PART)
