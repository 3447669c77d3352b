"""Jobs of inquiries: Daraja is asked between two transactions, and a sweep finds what a lost job forgot."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from payme import payments
from payme.inquiries import queries, services
from payme.inquiries.types import SPREAD_S
from payme.kit.db.transaction import Database, Scope, Tx
from payme.kit.errors import Refusal
from payme.mpesa import Daraja, MpesaAccount

SWEEP_GRACE_S = 60.0
SWEEP_MAX = 200
_PART = "inquiries"
log = structlog.get_logger(__name__)

AccountOf = Callable[[Tx, UUID], Awaitable[MpesaAccount]]
"""Opens the account that a payment was pushed from; may raise a refusal."""


@dataclass(frozen=True)
class InquiryDesk:
    """What the jobs need: the books, Daraja, and the account of a payment."""

    database: Database
    daraja: Daraja
    account_of: AccountOf


async def check_payment(desk: InquiryDesk, payload: Mapping[str, str]) -> None:
    """Look after a payment whose end is not known: ask Daraja if it is time. Run twice, it asks once."""
    payment_id = UUID(payload["payment_id"])
    scope = Scope.system(_PART, UUID(payload["business_id"]))
    payment = await desk.database.transact(scope, services.begin_visit, payment_id)
    if payment is None or payment.checkout_request_id is None:
        return
    try:
        account = await desk.database.transact(scope, desk.account_of, payment_id)
    except Refusal as closed:  # its credentials cannot be read; the next visit stands, and may find them again
        log.warning("inquiry_account_closed", payment_id=str(payment_id), error=closed.code)
        return
    answer = await desk.daraja.query(account, payment.checkout_request_id)
    await desk.database.seams.chaos.point("query_answered")
    spread_s = desk.database.seams.randomness.uniform(0, SPREAD_S)
    await desk.database.transact(scope, services.record_visit, payment_id, answer, spread_s)


async def sweep_payments(desk: InquiryDesk, business_id: UUID) -> int:
    """Visit payments of a business whose visit was lost or gave up; returns how many there were.

    Without it such an attempt could stay live, and the sale could not be asked for again.
    """
    scope = Scope.system(_PART, business_id)
    missed = await desk.database.transact(scope, queries.list_missed, SWEEP_GRACE_S, SWEEP_MAX)
    overdue = await desk.database.transact(scope, payments.list_overdue, SWEEP_GRACE_S, SWEEP_MAX)
    found = list(dict.fromkeys([*missed, *overdue]))
    for payment_id in found:
        await check_payment(desk, {"business_id": str(business_id), "payment_id": str(payment_id)})
    return len(found)
