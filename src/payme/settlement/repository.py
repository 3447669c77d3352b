"""The SQL that settlement writes. Callbacks are a local table: they come in before it is known whose they are."""

from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.settlement.models import Arrival, Callback
from payme.settlement.types import CallbackState


def insert_callback(tx: Tx, callback_id: UUID, arrival: Arrival, path_hash: bytes) -> None:
    """Store a callback raw."""
    tx.write(
        """
        INSERT INTO callbacks (id, path_hash, body, shortcode, address, state, received_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, 'received', $6, $6)
        """,
        callback_id,
        path_hash,
        arrival.body,
        arrival.shortcode,
        arrival.address,
        tx.now,
    )


async def lock_callback(tx: Tx, callback_id: UUID) -> Callback | None:
    """Return a callback, ours until the transaction ends."""
    found = await tx.lock(
        Callback,
        LockRank.CALLBACK,
        "SELECT id, path_hash, body, shortcode, state, received_at FROM callbacks WHERE id = $1",
        callback_id,
    )
    return found[0] if found else None


def close_callback(
    tx: Tx,
    callback_id: UUID,
    state: CallbackState,
    reason: str,
    business_id: UUID | None,
    payment_id: UUID | None,
) -> None:
    """Write what became of a callback."""
    tx.write(
        """
        UPDATE callbacks SET state = $2, reason = $3, business_id = $4, payment_id = $5, updated_at = $6
         WHERE id = $1
        """,
        callback_id,
        state,
        reason,
        business_id,
        payment_id,
        tx.now,
    )
