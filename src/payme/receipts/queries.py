"""Reads of receipts."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.receipts.models import Pull, Question


async def find_question(tx: Tx, claim_id: UUID) -> Question | None:
    """Return what Safaricom was asked about a claim, None where it is not asked."""
    return await tx.row(
        Question,
        """
        SELECT claim_id, payment_config_id, asks, next_at, said FROM receipt_questions
         WHERE business_id = $1 AND claim_id = $2
        """,
        tx.business_id,
        claim_id,
    )


async def list_missed(tx: Tx, grace_s: float, limit: int) -> list[UUID]:
    """Return claims whose question is long due, because its job was lost or gave up; longest due first."""
    records = await tx.records(
        """
        SELECT claim_id FROM receipt_questions
         WHERE business_id = $1 AND next_at < $2::timestamptz - make_interval(secs => $3)
         ORDER BY next_at, claim_id
         LIMIT $4
        """,
        tx.business_id,
        tx.now,
        grace_s,
        limit,
    )
    return [record["claim_id"] for record in records]


async def find_pull(tx: Tx, payment_config_id: UUID) -> Pull | None:
    """Return what of a payment config's payments was listed."""
    return await tx.row(
        Pull,
        """
        SELECT payment_config_id, pull_number, registered_at, pulled_to, said FROM receipt_pulls
         WHERE business_id = $1 AND payment_config_id = $2
        """,
        tx.business_id,
        payment_config_id,
    )
