"""Reads for a story: what is meant, what belongs to it, and the entries of the audit."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.stories.models import Event, Subject

RELATED_MAX = 1_000


async def find_subject(tx: Tx, sale_id: UUID | None, number: int | None, receipt: str | None) -> Subject | None:
    """Return what is meant by an id, by the number of a sale, or by a receipt of M-PESA and the sale it paid first."""
    found = await tx.rows(
        Subject,
        """
        SELECT id AS sale_id, NULL::uuid AS money_in_id, 'Sale ' || number AS title
          FROM sales
         WHERE business_id = $1 AND (id = $2::uuid OR number = $3::bigint)
         UNION ALL
        SELECT (SELECT sale_id FROM allocations AS given
                 WHERE given.business_id = $1 AND given.money_in_id = receipt.id AND sale_id IS NOT NULL
                 ORDER BY created_at, id LIMIT 1), receipt.id, 'M-PESA receipt ' || receipt.receipt
          FROM money_in AS receipt
         WHERE business_id = $1 AND (receipt.id = $2::uuid OR receipt.receipt = $4::text)
         LIMIT 1
        """,
        tx.business_id,
        sale_id,
        number,
        receipt,
    )
    return found[0] if found else None


async def list_related(tx: Tx, subject: Subject) -> list[UUID]:
    """Return what belongs to the story: payments, receipts of money, claims, returns, voids, refunds, write-offs."""
    rows = await tx.records(
        """
        WITH receipt AS (
            SELECT money_in_id AS id FROM allocations WHERE business_id = $1 AND sale_id = $2::uuid
             UNION
            SELECT money_in_id FROM payments WHERE business_id = $1 AND sale_id = $2::uuid AND money_in_id IS NOT NULL
             UNION
            SELECT $3::uuid WHERE $3::uuid IS NOT NULL
        )
        SELECT related.id
          FROM (SELECT $2::uuid AS id WHERE $2::uuid IS NOT NULL
                 UNION
                SELECT id FROM receipt
                 UNION
                SELECT id FROM payments WHERE business_id = $1 AND sale_id = $2::uuid
                 UNION
                SELECT id FROM payments WHERE business_id = $1 AND money_in_id IN (SELECT id FROM receipt)
                 UNION
                SELECT id FROM receipt_claims WHERE business_id = $1 AND sale_id = $2::uuid
                 UNION
                SELECT id FROM returns WHERE business_id = $1 AND sale_id = $2::uuid
                 UNION
                SELECT id FROM voids WHERE business_id = $1 AND sale_id = $2::uuid
                 UNION
                SELECT id FROM refunds WHERE business_id = $1 AND money_in_id IN (SELECT id FROM receipt)
                 UNION
                SELECT id FROM credit_write_offs WHERE business_id = $1 AND sale_id = $2::uuid) AS related
         LIMIT $4
        """,
        tx.business_id,
        subject.sale_id,
        subject.money_in_id,
        RELATED_MAX,
    )
    return [row["id"] for row in rows]


async def list_events(tx: Tx, subject: Subject, related: Sequence[UUID], limit: int) -> list[Event]:
    """Return the entries of what belongs to the story, and those of the customer's account that name the sale."""
    return await tx.rows(
        Event,
        """
        SELECT entry.id, entry.at, coalesce(member.name, entry.actor_name) AS who, entry.action, entry.subject_id,
               entry.facts
          FROM audit_entries AS entry
          LEFT JOIN LATERAL (SELECT name FROM members
                              WHERE members.business_id = $1 AND members.user_id = entry.user_id
                              ORDER BY removed_at DESC NULLS FIRST LIMIT 1) AS member ON true
         WHERE entry.business_id = $1
           AND (entry.subject_id = ANY($2::uuid[])
                OR (entry.subject_id IN (SELECT account_id FROM credit_sales
                                          WHERE business_id = $1 AND sale_id = $3::uuid)
                    AND entry.facts ->> 'sale_id' = $3::uuid::text))
         ORDER BY entry.sequence
         LIMIT $4
        """,
        tx.business_id,
        list(related),
        subject.sale_id,
        limit,
    )
