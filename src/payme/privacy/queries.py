"""What other rooms hold about a person, beside what their doors tell."""

from collections.abc import Collection
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.privacy.models import HeldClaim, HeldPayment, HeldReceipt


async def list_payments_of(tx: Tx, sale_ids: Collection[UUID]) -> list[HeldPayment]:
    """Return every attempt to collect for these sales, oldest first."""
    return await tx.rows(
        HeldPayment,
        """
        SELECT id, sale_id, method, state, amount, phone, created_at
          FROM payments
         WHERE business_id = $1 AND sale_id = ANY($2::uuid[])
         ORDER BY created_at, id
        """,
        tx.business_id,
        list(sale_ids),
    )


async def list_receipts_of(tx: Tx, sale_ids: Collection[UUID]) -> list[HeldReceipt]:
    """Return every receipt of money that was ever for these sales, oldest first."""
    return await tx.rows(
        HeldReceipt,
        """
        SELECT meant.sale_id, came.receipt, came.amount, came.phone, came.payer_name, came.paid_at
          FROM (SELECT DISTINCT share.sale_id, share.money_in_id
                  FROM allocations AS share
                 WHERE share.business_id = $1 AND share.sale_id = ANY($2::uuid[])) AS meant
          JOIN money_in AS came ON came.business_id = $1 AND came.id = meant.money_in_id
         ORDER BY came.paid_at, came.id, meant.sale_id
        """,
        tx.business_id,
        list(sale_ids),
    )


async def list_claims_of(tx: Tx, sale_ids: Collection[UUID]) -> list[HeldClaim]:
    """Return everything that was said to be paid for these sales, oldest first."""
    return await tx.rows(
        HeldClaim,
        """
        SELECT sale_id, receipt, amount, payer_name, state, created_at
          FROM receipt_claims
         WHERE business_id = $1 AND sale_id = ANY($2::uuid[])
         ORDER BY created_at, id
        """,
        tx.business_id,
        list(sale_ids),
    )
