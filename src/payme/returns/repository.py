"""The SQL that returns writes."""

from collections.abc import Sequence
from decimal import Decimal

from payme.kit.db.transaction import Tx
from payme.returns.models import MoneyBack, Return, Void


async def count_return(tx: Tx) -> int:
    """Take the business's next number of a return; the counter stays ours until the transaction ends: no gaps."""
    return int(
        await tx.value(
            """
            INSERT INTO return_counters (business_id, last_number) VALUES ($1, 1)
            ON CONFLICT (business_id) DO UPDATE SET last_number = return_counters.last_number + 1
            RETURNING last_number
            """,
            tx.business_id,
        )
    )


def insert_return(tx: Tx, document: Return) -> None:
    """Write a return."""
    tx.write(
        """
        INSERT INTO returns (business_id, id, number, sale_id, total, business_day, returned_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        tx.business_id,
        document.id,
        document.number,
        document.sale_id,
        document.total,
        document.business_day,
        document.returned_by,
        document.created_at,
    )


def insert_money_back(tx: Tx, parts: Sequence[MoneyBack]) -> None:
    """Write how money goes back."""
    tx.write(
        """
        INSERT INTO money_back
               (business_id, id, sale_id, return_id, void_id, way, amount, refund_id, receipt, created_at)
        SELECT $1, part.id, part.sale_id, part.return_id, part.void_id, part.way, part.amount, part.refund_id,
               part.receipt, $2
          FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::numeric[], $9::uuid[],
                      $10::text[])
            AS part (id, sale_id, return_id, void_id, way, amount, refund_id, receipt)
        """,
        tx.business_id,
        tx.now,
        [part.id for part in parts],
        [part.sale_id for part in parts],
        [part.return_id for part in parts],
        [part.void_id for part in parts],
        [part.way.value for part in parts],
        [part.amount for part in parts],
        [part.refund_id for part in parts],
        [part.receipt for part in parts],
    )


def insert_void(tx: Tx, void: Void) -> None:
    """Write that somebody wants a sale voided."""
    tx.write(
        """
        INSERT INTO voids (business_id, id, sale_id, state, reason, total, two_people, note, requested_by,
                           business_day, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        """,
        tx.business_id,
        void.id,
        void.sale_id,
        void.state,
        void.reason,
        void.total,
        void.two_people,
        void.note,
        void.requested_by,
        void.business_day,
        void.created_at,
    )


def update_void(tx: Tx, void: Void) -> None:
    """Write what became of a void."""
    tx.write(
        "UPDATE voids SET state = $3, note = $4, decided_by = $5, updated_at = $6 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        void.id,
        void.state,
        void.note,
        void.decided_by,
        void.updated_at,
    )


def write_void_limit(tx: Tx, amount: Decimal) -> None:
    """Write up to which total one person may void a sale alone."""
    tx.write(
        """
        INSERT INTO void_limits (business_id, amount, created_at, updated_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (business_id) DO UPDATE SET amount = excluded.amount, updated_at = excluded.updated_at
        """,
        tx.business_id,
        amount,
        tx.now,
    )
