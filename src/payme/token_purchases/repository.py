"""The SQL that token purchases write, and their locks."""

from decimal import Decimal
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.token_purchases.models import Credited, Order


async def guard_beginning(tx: Tx) -> None:
    """Let nobody else of this business begin a purchase until the transaction ends."""
    await tx.guard(LockRank.TOKEN_PURCHASE, f"token purchases of {tx.business_id}")


async def count_live(tx: Tx) -> int:
    """Return for how many purchases a phone is being asked."""
    return int(
        await tx.value(
            """
            SELECT count(*)
              FROM payments
             WHERE business_id = $1 AND purpose = 'tokens'
               AND state IN ('created', 'submitting', 'unknown', 'submitted')
            """,
            tx.business_id,
        )
    )


def insert_purchase(tx: Tx, order: Order) -> None:
    """Write a purchase that is to be paid."""
    tx.write(
        """
        INSERT INTO token_purchases (business_id, id, payment_id, tokens, price, bought_by, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        """,
        tx.business_id,
        order.id,
        order.payment_id,
        order.tokens,
        order.price,
        tx.actor.user_id,
        tx.now,
    )


async def lock_of_payment(tx: Tx, payment_id: UUID) -> Order | None:
    """Return the purchase that a payment collects for, ours until the transaction ends."""
    found = await tx.lock(
        Order,
        LockRank.TOKEN_PURCHASE,
        """
        SELECT id, payment_id, tokens, price, credited_tokens
          FROM token_purchases
         WHERE business_id = $1 AND payment_id = $2
        """,
        tx.business_id,
        payment_id,
    )
    return found[0] if found else None


def update_credited(tx: Tx, credited: Credited, settled_tokens: int, paid: Decimal, receipt: str) -> None:
    """Write what the money did."""
    tx.write(
        """
        UPDATE token_purchases
           SET credited_tokens = $3, settled_tokens = $4, paid = $5, receipt = $6, credited_at = $7, updated_at = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        credited.purchase_id,
        credited.tokens,
        settled_tokens,
        paid,
        receipt,
        tx.now,
    )
