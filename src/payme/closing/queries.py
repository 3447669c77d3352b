"""Reads for whoever is about to count a drawer."""

from uuid import UUID

from payme import drawers
from payme.closing.models import Unsettled
from payme.kit.db.transaction import Tx

SHOWN_MAX = 200


async def list_unsettled(tx: Tx, drawer_id: UUID) -> list[Unsettled]:
    """Return the open sales of a drawer with their live payments, first those that are being paid.

    Only open sales are looked through, so it takes as long at the end of a busy day as of a quiet one.
    Raises DrawerNotFound.
    """
    await drawers.get_drawer(tx, drawer_id)
    return await tx.rows(
        Unsettled,
        """
        SELECT sale.id AS sale_id, sale.number, sale.total,
               sale.total - sale.paid - sale.on_account AS balance_due, sale.opened_at,
               payment.id AS payment_id, payment.amount AS asked, payment.deadline_at
          FROM sales AS sale
          LEFT JOIN payments AS payment
            ON payment.business_id = $1 AND payment.sale_id = sale.id AND payment.method = 'mpesa'
           AND payment.state IN ('created', 'submitting', 'unknown', 'submitted')
         WHERE sale.business_id = $1 AND sale.drawer_id = $2 AND sale.state = 'open'
         ORDER BY payment.id IS NULL, sale.opened_at, sale.id
         LIMIT $3
        """,
        tx.business_id,
        drawer_id,
        SHOWN_MAX,
    )
