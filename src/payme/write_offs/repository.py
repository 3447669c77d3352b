"""The SQL that write-offs write; the credit account guards them."""

from payme.kit.db.transaction import Tx
from payme.write_offs.models import WriteOff


def insert_write_off(tx: Tx, write_off: WriteOff) -> None:
    """Write what somebody asked for."""
    tx.write(
        """
        INSERT INTO credit_write_offs (business_id, id, sale_id, amount, reason, state, requested_by, created_at,
                                       updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        """,
        tx.business_id,
        write_off.id,
        write_off.sale_id,
        write_off.amount,
        write_off.reason,
        write_off.state,
        write_off.requested_by,
        write_off.created_at,
    )


def update_write_off(tx: Tx, write_off: WriteOff) -> None:
    """Write what became of it."""
    tx.write(
        """
        UPDATE credit_write_offs SET state = $3, amount = $4, decided_by = $5, note = $6, updated_at = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        write_off.id,
        write_off.state,
        write_off.amount,
        write_off.decided_by,
        write_off.note,
        write_off.updated_at,
    )
