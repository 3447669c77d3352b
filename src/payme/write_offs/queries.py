"""Reads of write-offs."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.write_offs.errors import WriteOffNotFound
from payme.write_offs.models import WriteOff
from payme.write_offs.types import WriteOffState


async def get_write_off(tx: Tx, write_off_id: UUID) -> WriteOff:
    """Return a write-off; raises WriteOffNotFound."""
    found = await tx.row(
        WriteOff,
        """
        SELECT id, sale_id, amount, reason, state, requested_by, decided_by, note, created_at, updated_at
          FROM credit_write_offs
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        write_off_id,
    )
    if found is None:
        raise WriteOffNotFound(write_off_id)
    return found


async def find_asked(tx: Tx, sale_id: UUID) -> UUID | None:
    """Return the request about a debt that waits for a decision."""
    found: UUID | None = await tx.value(
        "SELECT id FROM credit_write_offs WHERE business_id = $1 AND sale_id = $2 AND state = 'requested'",
        tx.business_id,
        sale_id,
    )
    return found


async def list_write_offs(tx: Tx, state: WriteOffState | None, after: After | None, limit: int) -> list[WriteOff]:
    """Return write-offs newest first."""
    return await tx.rows(
        WriteOff,
        """
        SELECT id, sale_id, amount, reason, state, requested_by, decided_by, note, created_at, updated_at
          FROM credit_write_offs
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )
