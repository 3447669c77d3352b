"""The SQL that payments writes."""

from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.payments.models import Payment
from payme.payments.types import Evidence, PaymentState


async def lock_payment(tx: Tx, payment_id: UUID) -> Payment | None:
    """Return a payment, ours until the transaction ends."""
    found = await tx.lock(
        Payment,
        LockRank.PAYMENT,
        """
        SELECT id, purpose, sale_id, payment_config_id, method, state, amount, tendered, change_given, returned_at,
               phone, shortcode, account_reference, merchant_request_id, checkout_request_id, result_code,
               result_text, deadline_at, money_in_id, request_id, created_at, updated_at, credit_account_id,
               debt_sale_id, drawer_id
          FROM payments
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        payment_id,
    )
    return found[0] if found else None


def insert_payment(tx: Tx, payment: Payment) -> None:
    """Write a new payment."""
    tx.write(
        """
        INSERT INTO payments (business_id, id, purpose, sale_id, payment_config_id, method, state, amount, tendered,
                              change_given, phone, shortcode, account_reference, deadline_at, requested_by, request_id,
                              created_at, updated_at, credit_account_id, debt_sale_id, drawer_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, $20)
        """,
        tx.business_id,
        payment.id,
        payment.purpose,
        payment.sale_id,
        payment.payment_config_id,
        payment.method,
        payment.state,
        payment.amount,
        payment.tendered,
        payment.change_given,
        payment.phone,
        payment.shortcode,
        payment.account_reference,
        payment.deadline_at,
        tx.actor.user_id,
        payment.request_id,
        payment.created_at,
        payment.credit_account_id,
        payment.debt_sale_id,
        payment.drawer_id,
    )


def insert_event(
    tx: Tx,
    payment_id: UUID,
    before: PaymentState | None,
    after: PaymentState,
    evidence: Evidence,
    callback_id: UUID | None,
    note: str,
) -> None:
    """Write a step of a payment's history."""
    tx.write(
        """
        INSERT INTO payment_events
               (business_id, id, payment_id, from_state, to_state, evidence, callback_id, note, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        tx.business_id,
        tx.new_id(),
        payment_id,
        before,
        after,
        evidence,
        callback_id,
        note,
        tx.now,
    )


def update_state(
    tx: Tx, payment_id: UUID, state: PaymentState, code: str | None, text: str | None, money_in_id: UUID | None
) -> None:
    """Write a payment's new state and, where there is one, the result in Daraja's words and the receipt of money."""
    tx.write(
        """
        UPDATE payments
           SET state = $3, result_code = coalesce($4, result_code), result_text = coalesce($5, result_text),
               money_in_id = $6, updated_at = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        payment_id,
        state,
        code,
        text,
        money_in_id,
        tx.now,
    )


def update_request_ids(tx: Tx, payment_id: UUID, merchant_request_id: str, checkout_request_id: str) -> None:
    """Write the ids that Daraja gave a push."""
    tx.write(
        """
        UPDATE payments
           SET merchant_request_id = $3, checkout_request_id = $4, updated_at = $5
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        payment_id,
        merchant_request_id,
        checkout_request_id,
        tx.now,
    )


def mark_cash_returned(tx: Tx, sale_id: UUID) -> None:
    """Write that a sale's cash went back to the customer."""
    tx.write(
        """
        UPDATE payments SET returned_at = $3, updated_at = $3
         WHERE business_id = $1 AND sale_id = $2 AND method = 'cash' AND returned_at IS NULL
        """,
        tx.business_id,
        sale_id,
        tx.now,
    )


async def withdraw_unsent(tx: Tx, sale_id: UUID) -> list[UUID]:
    """Write that attempts nobody has begun to send are not wanted any more, and return their ids.

    An attempt that a worker is claiming right now is waited for, and left alone if it was claimed.
    """
    records = await tx.records(
        """
        UPDATE payments SET state = 'failed', updated_at = $3
         WHERE business_id = $1 AND sale_id = $2 AND method = 'mpesa' AND state = 'created'
        RETURNING id
        """,
        tx.business_id,
        sale_id,
        tx.now,
    )
    return [record["id"] for record in records]
