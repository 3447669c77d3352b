"""Reads of token purchases."""

from uuid import UUID

from payme.identity import get_business
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.token_purchases.errors import TokenPurchaseNotFound, TokenPurchaseNotPaid
from payme.token_purchases.models import Receipt, TokenPurchase


async def get_purchase(tx: Tx, purchase_id: UUID) -> TokenPurchase:
    """Return a purchase as it stands; raises TokenPurchaseNotFound."""
    found = await tx.row(
        TokenPurchase,
        """
        SELECT bought.id, bought.payment_id, bought.tokens, bought.price, payment.state, payment.phone,
               payment.result_code, payment.deadline_at, bought.credited_tokens, bought.settled_tokens, bought.paid,
               bought.receipt, bought.credited_at, bought.created_at
          FROM token_purchases AS bought
          JOIN payments AS payment ON payment.business_id = bought.business_id AND payment.id = bought.payment_id
         WHERE bought.business_id = $1 AND bought.id = $2
        """,
        tx.business_id,
        purchase_id,
    )
    if found is None:
        raise TokenPurchaseNotFound(purchase_id=purchase_id)
    return found


async def list_purchases(tx: Tx, after: After | None, limit: int) -> list[TokenPurchase]:
    """Return purchases newest first."""
    return await tx.rows(
        TokenPurchase,
        """
        SELECT bought.id, bought.payment_id, bought.tokens, bought.price, payment.state, payment.phone,
               payment.result_code, payment.deadline_at, bought.credited_tokens, bought.settled_tokens, bought.paid,
               bought.receipt, bought.credited_at, bought.created_at
          FROM token_purchases AS bought
          JOIN payments AS payment ON payment.business_id = bought.business_id AND payment.id = bought.payment_id
         WHERE bought.business_id = $1
           AND ($2::timestamptz IS NULL OR (bought.created_at, bought.id) < ($2, $3::uuid))
         ORDER BY bought.created_at DESC, bought.id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def get_receipt(tx: Tx, purchase_id: UUID) -> Receipt:
    """Return a paid purchase with who made it; raises TokenPurchaseNotFound, TokenPurchaseNotPaid."""
    purchase = await get_purchase(tx, purchase_id)
    if purchase.credited_at is None:
        raise TokenPurchaseNotPaid(purchase_id=purchase_id, state=purchase.state)
    return Receipt(await get_business(tx), purchase)
