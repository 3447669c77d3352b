"""Reads of audit."""

from uuid import UUID

from payme.audit.models import AuditEntry
from payme.kit.db.transaction import Tx
from payme.kit.paging import After


async def list_entries(tx: Tx, subject_id: UUID | None, after: After | None, limit: int) -> list[AuditEntry]:
    """Return entries newest first, of one thing or of everything."""
    return await tx.rows(
        AuditEntry,
        """
        SELECT id, at, actor_kind, actor_name, user_id, request_id, action, subject_id, facts
          FROM audit_entries
         WHERE business_id = $1
           AND ($2::uuid IS NULL OR subject_id = $2)
           AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::uuid))
         ORDER BY at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        subject_id,
        after and after.at,
        after and after.id,
        limit,
    )
