"""Reads of inquiries."""

from uuid import UUID

from payme.inquiries import rules
from payme.inquiries.models import Inquiry
from payme.kit.db.transaction import Tx


async def find_inquiry(tx: Tx, payment_id: UUID) -> Inquiry | None:
    """Return what was asked about a payment, None before the first visit."""
    return await tx.row(
        Inquiry,
        "SELECT payment_id, visits, next_at, answer_code FROM inquiries WHERE business_id = $1 AND payment_id = $2",
        tx.business_id,
        payment_id,
    )


async def is_said_paid(tx: Tx, payment_id: UUID) -> bool:
    """Say whether Daraja, asked about a prompt, says that it was paid."""
    found = await find_inquiry(tx, payment_id)
    return found is not None and rules.is_paid(found.answer_code)


async def list_missed(tx: Tx, grace_s: float, limit: int) -> list[UUID]:
    """Return payments whose visit is long due, because its job was lost or gave up; longest due first."""
    records = await tx.records(
        """
        SELECT payment_id FROM inquiries
         WHERE business_id = $1 AND next_at < $2::timestamptz - make_interval(secs => $3)
         ORDER BY next_at, payment_id
         LIMIT $4
        """,
        tx.business_id,
        tx.now,
        grace_s,
        limit,
    )
    return [record["payment_id"] for record in records]
