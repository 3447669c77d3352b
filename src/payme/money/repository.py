"""The SQL that money writes."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.money.models import Allocation, Claim, MoneyIn
from payme.money.types import ClaimState


async def guard_receipt(tx: Tx, receipt: str) -> None:
    """Let nobody else of this business book or claim a receipt until the transaction ends."""
    await tx.guard(LockRank.RECEIPT, f"{tx.business_id}/{receipt}")


async def list_receipt(tx: Tx, shortcode: str, receipt: str, money_in_id: UUID) -> bool:
    """Write that a receipt belongs to a receipt of money; False where it was listed before, anywhere."""
    return bool(
        await tx.records(
            """
            INSERT INTO mpesa_receipts (shortcode, receipt, business_id, money_in_id, created_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            RETURNING receipt
            """,
            shortcode,
            receipt,
            tx.business_id,
            money_in_id,
            tx.now,
        )
    )


def insert_money_in(tx: Tx, money: MoneyIn) -> None:
    """Write a receipt of money."""
    tx.write(
        """
        INSERT INTO money_in (business_id, id, shortcode, receipt, amount, phone, payer_name, account_reference,
                              paid_at, source, callback_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        tx.business_id,
        money.id,
        money.shortcode,
        money.receipt,
        money.amount,
        money.phone,
        money.payer_name,
        money.account_reference,
        money.paid_at,
        money.source,
        money.callback_id,
        money.created_at,
    )


async def guard_money(tx: Tx, money_in_id: UUID) -> None:
    """Let nobody else give a receipt of money a purpose until the transaction ends.

    Its row cannot be locked: nobody may change it, and so nobody may lock it.
    """
    await tx.guard(LockRank.MONEY_IN, str(money_in_id))


def insert_allocations(tx: Tx, allocations: Sequence[Allocation]) -> None:
    """Write what receipts of money were for."""
    tx.write(
        """
        INSERT INTO allocations (business_id, id, money_in_id, purpose, sale_id, amount, created_at)
        SELECT $1, part.id, part.money_in_id, part.purpose, part.sale_id, part.amount, $2
          FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::numeric[])
            AS part (id, money_in_id, purpose, sale_id, amount)
        """,
        tx.business_id,
        tx.now,
        [allocation.id for allocation in allocations],
        [allocation.money_in_id for allocation in allocations],
        [allocation.purpose for allocation in allocations],
        [allocation.sale_id for allocation in allocations],
        [allocation.amount for allocation in allocations],
    )


def insert_claim(tx: Tx, claim: Claim) -> None:
    """Write what a person says was paid."""
    tx.write(
        """
        INSERT INTO receipt_claims (business_id, id, receipt, sale_id, amount, payer_name, paid_at, state, reason,
                                    money_in_id, claimed_by, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        tx.business_id,
        claim.id,
        claim.receipt,
        claim.sale_id,
        claim.amount,
        claim.payer_name,
        claim.paid_at,
        claim.state,
        claim.reason,
        claim.money_in_id,
        claim.claimed_by,
        claim.created_at,
        claim.updated_at,
    )


def move_claim(tx: Tx, claim_id: UUID, state: ClaimState, reason: str, money_in_id: UUID | None) -> None:
    """Write what became of a claim."""
    tx.write(
        """
        UPDATE receipt_claims SET state = $3, reason = $4, money_in_id = $5, updated_at = $6
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        claim_id,
        state,
        reason,
        money_in_id,
        tx.now,
    )
