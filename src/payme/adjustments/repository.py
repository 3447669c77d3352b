"""The SQL that adjustments write; the shortcode of their difference guards them."""

from payme.adjustments.models import Adjustment
from payme.kit.db.transaction import Tx


def insert_adjustment(tx: Tx, adjustment: Adjustment) -> None:
    """Write what somebody asked for."""
    tx.write(
        """
        INSERT INTO statement_adjustments (business_id, id, difference_id, fix, amount, reason, state, requested_by,
                                           created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        """,
        tx.business_id,
        adjustment.id,
        adjustment.difference_id,
        adjustment.fix,
        adjustment.amount,
        adjustment.reason,
        adjustment.state,
        adjustment.requested_by,
        adjustment.created_at,
    )


def update_adjustment(tx: Tx, adjustment: Adjustment) -> None:
    """Write what became of it."""
    tx.write(
        """
        UPDATE statement_adjustments SET state = $3, amount = $4, decided_by = $5, note = $6, updated_at = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        adjustment.id,
        adjustment.state,
        adjustment.amount,
        adjustment.decided_by,
        adjustment.note,
        adjustment.updated_at,
    )
