"""Reads of receipt links."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.receipt_links.models import LinkTarget, ReceiptLink

_LINKS_MAX = 200


async def find_target(tx: Tx, token_hash: bytes) -> LinkTarget | None:
    """Return where an address leads."""
    return await tx.row(
        LinkTarget,
        "SELECT business_id, link_id FROM receipt_link_tokens WHERE token_hash = $1",
        token_hash,
    )


async def find_link(tx: Tx, link_id: UUID) -> ReceiptLink | None:
    """Return an address of the business."""
    return await tx.row(
        ReceiptLink,
        """
        SELECT id, sale_id, created_at, expires_at, revoked_at
          FROM receipt_links
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        link_id,
    )


async def list_links(tx: Tx, sale_id: UUID) -> list[ReceiptLink]:
    """Return the addresses of a receipt, newest first."""
    return await tx.rows(
        ReceiptLink,
        """
        SELECT id, sale_id, created_at, expires_at, revoked_at
          FROM receipt_links
         WHERE business_id = $1 AND sale_id = $2
         ORDER BY created_at DESC, id DESC
         LIMIT $3
        """,
        tx.business_id,
        sale_id,
        _LINKS_MAX,
    )
