"""The SQL that inquiries writes; whoever writes an inquiry holds its payment."""

from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx


def keep_visit(tx: Tx, payment_id: UUID, visits: int, next_at: datetime | None) -> None:
    """Write how often a payment was visited, and when next."""
    tx.write(
        """
        INSERT INTO inquiries (business_id, payment_id, visits, next_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (business_id, payment_id)
        DO UPDATE SET visits = excluded.visits, next_at = excluded.next_at, updated_at = excluded.updated_at
        """,
        tx.business_id,
        payment_id,
        visits,
        next_at,
        tx.now,
    )


def keep_answer(tx: Tx, payment_id: UUID, code: str) -> None:
    """Write the last result that Daraja gave."""
    tx.write(
        "UPDATE inquiries SET answer_code = $3, updated_at = $4 WHERE business_id = $1 AND payment_id = $2",
        tx.business_id,
        payment_id,
        code,
        tx.now,
    )
