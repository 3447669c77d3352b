"""Reads of settlement."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.settlement.models import Address


async def find_address(tx: Tx, callback_id: UUID) -> Address | None:
    """Return whose callback it is, by the secret in its path; None for an unknown path."""
    return await tx.row(
        Address,
        """
        SELECT path.business_id, path.payment_id
          FROM callbacks AS callback
          JOIN callback_paths AS path ON path.path_hash = callback.path_hash
         WHERE callback.id = $1
        """,
        callback_id,
    )


async def list_waiting(tx: Tx, older_than_s: float, limit: int) -> list[UUID]:
    """Return callbacks that nobody applied, oldest first."""
    records = await tx.records(
        """
        SELECT id FROM callbacks
         WHERE state = 'received' AND received_at < $1::timestamptz - make_interval(secs => $2)
         ORDER BY received_at, id
         LIMIT $3
        """,
        tx.now,
        older_than_s,
        limit,
    )
    return [record["id"] for record in records]
