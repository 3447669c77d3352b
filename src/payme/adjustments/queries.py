"""Reads of adjustments."""

from uuid import UUID

from payme.adjustments.errors import AdjustmentNotFound
from payme.adjustments.models import Adjustment
from payme.adjustments.types import AdjustmentState
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def get_adjustment(tx: Tx, adjustment_id: UUID) -> Adjustment:
    """Return an adjustment; raises AdjustmentNotFound."""
    found = await tx.row(
        Adjustment,
        """
        SELECT id, difference_id, fix, amount, reason, state, requested_by, decided_by, note, created_at, updated_at
          FROM statement_adjustments
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        adjustment_id,
    )
    if found is None:
        raise AdjustmentNotFound(adjustment_id)
    return found


async def find_asked(tx: Tx, difference_id: UUID) -> UUID | None:
    """Return the request about a difference that waits for a decision."""
    found: UUID | None = await tx.value(
        "SELECT id FROM statement_adjustments WHERE business_id = $1 AND difference_id = $2 AND state = 'requested'",
        tx.business_id,
        difference_id,
    )
    return found


async def list_adjustments(tx: Tx, state: AdjustmentState | None, after: After | None, limit: int) -> list[Adjustment]:
    """Return adjustments newest first."""
    return await tx.rows(
        Adjustment,
        """
        SELECT id, difference_id, fix, amount, reason, state, requested_by, decided_by, note, created_at, updated_at
          FROM statement_adjustments
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
