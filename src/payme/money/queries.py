"""Reads of money that came in."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.money.errors import MoneyNotFound
from payme.money.models import Claim, MoneyIn, SaleMoney, Share, Unclaimed
from payme.money.types import ClaimState


async def get_money_in(tx: Tx, money_in_id: UUID) -> MoneyIn:
    """Return a receipt of money; raises MoneyNotFound."""
    found = await tx.row(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, payer_name, account_reference, paid_at, source, callback_id,
               created_at
          FROM money_in
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        money_in_id,
    )
    if found is None:
        raise MoneyNotFound(money_in_id=money_in_id)
    return found


async def find_booked(tx: Tx, shortcode: str, receipt: str) -> MoneyIn | None:
    """Return the money of a receipt of one of the business's shortcodes."""
    return await tx.row(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, payer_name, account_reference, paid_at, source, callback_id,
               created_at
          FROM money_in
         WHERE business_id = $1 AND shortcode = $2 AND receipt = $3
        """,
        tx.business_id,
        shortcode,
        receipt,
    )


async def find_by_receipt(tx: Tx, receipt: str) -> MoneyIn | None:
    """Return the money of a receipt, whichever of the business's shortcodes was paid; the newest of several."""
    found = await tx.rows(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, payer_name, account_reference, paid_at, source, callback_id,
               created_at
          FROM money_in
         WHERE business_id = $1 AND receipt = $2
         ORDER BY created_at DESC, id DESC
         LIMIT 1
        """,
        tx.business_id,
        receipt,
    )
    return found[0] if found else None


async def is_known_elsewhere(tx: Tx, receipt: str) -> bool:
    """Say whether another business has a receipt; of whom, and what for, is nobody's business."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM mpesa_receipts WHERE receipt = $1 AND business_id <> $2)",
            receipt,
            tx.business_id,
        )
    )


async def list_money_in(tx: Tx, after: After | None, limit: int) -> list[MoneyIn]:
    """Return receipts of money newest first."""
    return await tx.rows(
        MoneyIn,
        """
        SELECT id, shortcode, receipt, amount, phone, payer_name, account_reference, paid_at, source, callback_id,
               created_at
          FROM money_in
         WHERE business_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def loose_amount(tx: Tx, money_in_id: UUID) -> Decimal:
    """Return how much of a receipt waits for a purpose; the caller holds the receipt."""
    amount = await tx.value(
        """
        SELECT coalesce(sum(amount), 0)::numeric(12, 2) FROM allocations
         WHERE business_id = $1 AND money_in_id = $2 AND purpose = 'unallocated'
        """,
        tx.business_id,
        money_in_id,
    )
    assert isinstance(amount, Decimal)  # noqa: S101
    return amount


async def loose_shares(tx: Tx, money_in_id: UUID) -> list[tuple[UUID | None, Decimal]]:
    """Return the parts of a receipt that wait for a purpose, by the cancelled sale they came for."""
    records = await tx.records(
        """
        SELECT sale_id, sum(amount) AS amount FROM allocations
         WHERE business_id = $1 AND money_in_id = $2 AND purpose = 'unallocated'
         GROUP BY sale_id
        HAVING sum(amount) > 0
         ORDER BY sale_id NULLS FIRST
        """,
        tx.business_id,
        money_in_id,
    )
    return [(record["sale_id"], record["amount"]) for record in records]


async def standing_shares(tx: Tx, money_in_id: UUID) -> list[Share]:
    """Return what a receipt of money stands for."""
    return await tx.rows(
        Share,
        """
        SELECT purpose, sale_id, sum(amount)::numeric(12, 2) AS amount FROM allocations
         WHERE business_id = $1 AND money_in_id = $2
         GROUP BY purpose, sale_id
        HAVING sum(amount) <> 0
         ORDER BY purpose, sale_id NULLS FIRST
        """,
        tx.business_id,
        money_in_id,
    )


async def sales_of(tx: Tx, money_in_id: UUID) -> tuple[UUID, ...]:
    """Return the sales that a receipt of money pays for, or overpays."""
    records = await tx.records(
        """
        SELECT sale_id FROM allocations
         WHERE business_id = $1 AND money_in_id = $2 AND purpose IN ('sale', 'overpayment')
         GROUP BY sale_id
        HAVING sum(amount) > 0
         ORDER BY sale_id
        """,
        tx.business_id,
        money_in_id,
    )
    return tuple(record["sale_id"] for record in records)


async def sale_money(tx: Tx, sale_id: UUID) -> list[SaleMoney]:
    """Return the M-Pesa money that stands in a sale's account, by receipt."""
    return await tx.rows(
        SaleMoney,
        """
        SELECT money.id AS money_in_id, money.receipt, standing.amount
          FROM (SELECT money_in_id, sum(amount) AS amount
                  FROM allocations
                 WHERE business_id = $1 AND sale_id = $2 AND purpose = 'sale'
                 GROUP BY money_in_id
                HAVING sum(amount) <> 0) AS standing
          JOIN money_in AS money ON money.business_id = $1 AND money.id = standing.money_in_id
         ORDER BY money.id
        """,
        tx.business_id,
        sale_id,
    )


async def list_unclaimed(tx: Tx, amount: Decimal | None, after: After | None, limit: int) -> list[Unclaimed]:
    """Return money that waits for a purpose, the newest first, of one amount or of all."""
    return await tx.rows(
        Unclaimed,
        """
        SELECT money.id, money.receipt, money.shortcode, money.amount, loose.amount AS loose, money.phone,
               money.payer_name, money.account_reference, money.paid_at, loose.since
          FROM (SELECT money_in_id, sum(amount) AS amount, max(created_at) FILTER (WHERE amount > 0) AS since
                  FROM allocations
                 WHERE business_id = $1 AND purpose = 'unallocated'
                 GROUP BY money_in_id
                HAVING sum(amount) > 0) AS loose
          JOIN money_in AS money ON money.business_id = $1 AND money.id = loose.money_in_id
         WHERE ($2::numeric IS NULL OR loose.amount = $2)
           AND ($3::timestamptz IS NULL OR (loose.since, money.id) < ($3, $4::uuid))
         ORDER BY loose.since DESC, money.id DESC
         LIMIT $5
        """,
        tx.business_id,
        amount,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_for_till(tx: Tx, since: datetime, limit: int) -> list[Unclaimed]:
    """Return money that has waited for a purpose since ``since`` or later, the newest first."""
    return await tx.rows(
        Unclaimed,
        """
        SELECT money.id, money.receipt, money.shortcode, money.amount, loose.amount AS loose, money.phone,
               money.payer_name, money.account_reference, money.paid_at, loose.since
          FROM (SELECT money_in_id, sum(amount) AS amount, max(created_at) FILTER (WHERE amount > 0) AS since
                  FROM allocations
                 WHERE business_id = $1 AND purpose = 'unallocated' AND money_in_id IN (
                       SELECT money_in_id FROM allocations
                        WHERE business_id = $1 AND purpose = 'unallocated' AND created_at > $2)
                 GROUP BY money_in_id
                HAVING sum(amount) > 0) AS loose
          JOIN money_in AS money ON money.business_id = $1 AND money.id = loose.money_in_id
         WHERE loose.since > $2
         ORDER BY loose.since DESC, money.id DESC
         LIMIT $3
        """,
        tx.business_id,
        since,
        limit,
    )


async def find_claim(tx: Tx, receipt: str) -> Claim | None:
    """Return what was claimed of a receipt and stands, or was denied last."""
    found = await tx.rows(
        Claim,
        """
        SELECT id, receipt, sale_id, amount, payer_name, paid_at, state, reason, money_in_id, claimed_by, created_at,
               updated_at
          FROM receipt_claims
         WHERE business_id = $1 AND receipt = $2
         ORDER BY state = 'denied', created_at DESC, id DESC
         LIMIT 1
        """,
        tx.business_id,
        receipt,
    )
    return found[0] if found else None


async def get_claim(tx: Tx, claim_id: UUID) -> Claim | None:
    """Return a claim."""
    return await tx.row(
        Claim,
        """
        SELECT id, receipt, sale_id, amount, payer_name, paid_at, state, reason, money_in_id, claimed_by, created_at,
               updated_at
          FROM receipt_claims
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        claim_id,
    )


async def list_claims(
    tx: Tx, sale_id: UUID | None, state: ClaimState | None, after: After | None, limit: int
) -> list[Claim]:
    """Return claims newest first, of one sale and one state or of all."""
    return await tx.rows(
        Claim,
        """
        SELECT id, receipt, sale_id, amount, payer_name, paid_at, state, reason, money_in_id, claimed_by, created_at,
               updated_at
          FROM receipt_claims
         WHERE business_id = $1
           AND ($2::uuid IS NULL OR sale_id = $2)
           AND ($3::text IS NULL OR state = $3)
           AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
         ORDER BY created_at DESC, id DESC
         LIMIT $6
        """,
        tx.business_id,
        sale_id,
        state,
        after and after.at,
        after and after.id,
        limit,
    )


async def unverified_since(tx: Tx, before: datetime, limit: int) -> list[Claim]:
    """Return claims of which Safaricom has not told, older than an instant, the oldest first."""
    return await tx.rows(
        Claim,
        """
        SELECT id, receipt, sale_id, amount, payer_name, paid_at, state, reason, money_in_id, claimed_by, created_at,
               updated_at
          FROM receipt_claims
         WHERE business_id = $1 AND state = 'unverified' AND created_at < $2
         ORDER BY created_at, id
         LIMIT $3
        """,
        tx.business_id,
        before,
        limit,
    )
