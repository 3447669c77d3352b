"""Reads of refunds."""

from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.refunds.errors import RefundNotFound
from payme.refunds.models import Attempt, Refund
from payme.refunds.types import RefundState


async def get_refund(tx: Tx, refund_id: UUID) -> Refund:
    """Return a refund; raises RefundNotFound."""
    found = await tx.row(
        Refund,
        """
        SELECT id, money_in_id, shortcode, amount, reason, state, method, payout_receipt, requested_by, decided_by,
               paid_by, paid_at, created_at, updated_at
          FROM refunds
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        refund_id,
    )
    if found is None:
        raise RefundNotFound(refund_id=refund_id)
    return found


async def list_refunds(
    tx: Tx, state: RefundState | None, money_in_id: UUID | None, after: After | None, limit: int
) -> list[Refund]:
    """Return refunds newest first, of one state or one receipt of money or all."""
    return await tx.rows(
        Refund,
        """
        SELECT id, money_in_id, shortcode, amount, reason, state, method, payout_receipt, requested_by, decided_by,
               paid_by, paid_at, created_at, updated_at
          FROM refunds
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::uuid IS NULL OR money_in_id = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $6
        """,
        tx.business_id,
        state,
        money_in_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_unpaid(tx: Tx, limit: int, after_id: UUID | None) -> list[Refund]:
    """Return refunds that a person may still pay or order, by id, from that after ``after_id``."""
    return await tx.rows(
        Refund,
        """
        SELECT id, money_in_id, shortcode, amount, reason, state, method, payout_receipt, requested_by, decided_by,
               paid_by, paid_at, created_at, updated_at
          FROM refunds
         WHERE business_id = $1 AND state IN ('requested', 'approved', 'failed') AND ($3::uuid IS NULL OR id > $3)
         ORDER BY id
         LIMIT $2
        """,
        tx.business_id,
        limit,
        after_id,
    )


async def list_unsent(tx: Tx, limit: int) -> list[UUID]:
    """Return orders to reverse that nobody has an answer to, oldest first."""
    records = await tx.records(
        """
        SELECT id FROM refund_attempts
         WHERE business_id = $1 AND state IN ('created', 'sending')
         ORDER BY created_at, id
         LIMIT $2
        """,
        tx.business_id,
        limit,
    )
    return [record["id"] for record in records]


async def requested_amount(tx: Tx, money_in_id: UUID) -> Decimal:
    """Return how much of a receipt of money is asked for and not decided; the caller holds the money."""
    amount = await tx.value(
        """
        SELECT coalesce(sum(amount), 0)::numeric(12, 2) FROM refunds
         WHERE business_id = $1 AND money_in_id = $2 AND state = 'requested'
        """,
        tx.business_id,
        money_in_id,
    )
    assert isinstance(amount, Decimal)  # noqa: S101
    return amount


async def is_paid_out(tx: Tx, receipt: str) -> bool:
    """Say whether a receipt stands for money that left: the payout of a refund, or an expense that stands.

    The caller guards the receipt.
    """
    return bool(
        await tx.value(
            """
            SELECT EXISTS (SELECT FROM refunds WHERE business_id = $1 AND payout_receipt = $2)
                   OR EXISTS (SELECT FROM expenses WHERE business_id = $1 AND receipt = $2 AND reversed_at IS NULL)
            """,
            tx.business_id,
            receipt,
        )
    )


async def get_attempt(tx: Tx, attempt_id: UUID) -> Attempt:
    """Return an order to reverse, which must be there."""
    found = await tx.row(
        Attempt,
        """
        SELECT id, refund_id, payment_config_id, state, conversation_id, result_code, result_text, created_at,
               updated_at
          FROM refund_attempts
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        attempt_id,
    )
    assert found is not None, "a job and a path are made together with their attempt"  # noqa: S101
    return found


async def list_attempts(tx: Tx, refund_id: UUID) -> list[Attempt]:
    """Return the orders to reverse of a refund, the newest first; there are as many as people ordered."""
    return await tx.rows(
        Attempt,
        """
        SELECT id, refund_id, payment_config_id, state, conversation_id, result_code, result_text, created_at,
               updated_at
          FROM refund_attempts
         WHERE business_id = $1 AND refund_id = $2
         ORDER BY created_at DESC, id DESC
         LIMIT 100
        """,
        tx.business_id,
        refund_id,
    )
