"""The SQL that refunds writes."""

from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.refunds.models import Attempt, Refund, Step


async def lock_refund(tx: Tx, refund_id: UUID) -> Refund | None:
    """Return a refund, ours until the transaction ends, with its orders to reverse."""
    found = await tx.lock(
        Refund,
        LockRank.REFUND,
        """
        SELECT id, money_in_id, shortcode, amount, reason, state, method, payout_receipt, requested_by, decided_by,
               paid_by, paid_at, created_at, updated_at
          FROM refunds
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        refund_id,
    )
    return found[0] if found else None


def insert_refund(tx: Tx, refund: Refund) -> None:
    """Write a refund that was asked for."""
    tx.write(
        """
        INSERT INTO refunds (business_id, id, money_in_id, shortcode, amount, reason, state, requested_by, created_at,
                             updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        tx.business_id,
        refund.id,
        refund.money_in_id,
        refund.shortcode,
        refund.amount,
        refund.reason,
        refund.state,
        refund.requested_by,
        refund.created_at,
        refund.updated_at,
    )


def update_refund(tx: Tx, refund: Refund) -> None:
    """Write where a refund stands."""
    tx.write(
        """
        UPDATE refunds
           SET state = $3, method = $4, payout_receipt = $5, decided_by = $6, paid_by = $7, paid_at = $8,
               updated_at = $9
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        refund.id,
        refund.state,
        refund.method,
        refund.payout_receipt,
        refund.decided_by,
        refund.paid_by,
        refund.paid_at,
        refund.updated_at,
    )


def insert_step(tx: Tx, step: Step) -> None:
    """Write a move of a refund."""
    tx.write(
        """
        INSERT INTO refund_events (business_id, id, refund_id, from_state, to_state, note, callback_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        tx.business_id,
        tx.new_id(),
        step.refund_id,
        step.before,
        step.after,
        step.note,
        step.callback_id,
        tx.now,
    )


def insert_attempt(tx: Tx, attempt: Attempt) -> None:
    """Write an order to reverse that is to be sent."""
    tx.write(
        """
        INSERT INTO refund_attempts (business_id, id, refund_id, payment_config_id, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        tx.business_id,
        attempt.id,
        attempt.refund_id,
        attempt.payment_config_id,
        attempt.state,
        attempt.created_at,
        attempt.updated_at,
    )


def update_attempt(tx: Tx, attempt: Attempt) -> None:
    """Write what became of an order to reverse."""
    tx.write(
        """
        UPDATE refund_attempts
           SET state = $3, conversation_id = $4, result_code = $5, result_text = $6, updated_at = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        attempt.id,
        attempt.state,
        attempt.conversation_id,
        attempt.result_code,
        attempt.result_text,
        attempt.updated_at,
    )
