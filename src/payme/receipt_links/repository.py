"""The SQL that receipt links write."""

from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.receipt_links.models import ReceiptLink


def insert_link(tx: Tx, link: ReceiptLink, token_hash: bytes) -> None:
    """Write an address by its hash."""
    tx.write(
        """
        INSERT INTO receipt_links (business_id, id, sale_id, created_by, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        tx.business_id,
        link.id,
        link.sale_id,
        tx.actor.user_id,
        link.created_at,
        link.expires_at,
    )
    tx.write(
        "INSERT INTO receipt_link_tokens (token_hash, business_id, link_id) VALUES ($1, $2, $3)",
        token_hash,
        tx.business_id,
        link.id,
    )


async def revoke_links(tx: Tx, sale_id: UUID) -> int:
    """Take back every address of a receipt that is good; returns how many."""
    return len(
        await tx.records(
            """
            UPDATE receipt_links SET revoked_at = $3
             WHERE business_id = $1 AND sale_id = $2 AND revoked_at IS NULL AND expires_at > $3
            RETURNING id
            """,
            tx.business_id,
            sale_id,
            tx.now,
        )
    )
