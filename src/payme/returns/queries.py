"""Reads of returns and voids."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from payme import sales
from payme.identity import get_business
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.returns.errors import ReturnNotFound, VoidNotFound
from payme.returns.models import MoneyBack, Return, ReturnReceipt, ReturnView, Void, VoidLimit, VoidView
from payme.returns.types import VOID_LIMIT, VoidState, Way

_WAYS_MAX = 100
"""Ways of one document: every receipt that paid for the sale may be one."""


@dataclass(frozen=True, slots=True)
class ReturnFilter:
    """Which returns to list."""

    sale_id: UUID | None = None
    from_day: date | None = None
    to_day: date | None = None


async def list_returns(tx: Tx, wanted: ReturnFilter, after: After | None, limit: int) -> list[ReturnView]:
    """Return returns newest first, of one sale and some days or of all."""
    documents = await tx.rows(
        Return,
        """
        SELECT back.id, back.number, back.sale_id, sale.number AS sale_number, sale.state AS sale_state, back.total,
               back.business_day, back.returned_by, back.created_at
          FROM returns AS back
          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = back.sale_id
         WHERE back.business_id = $1
           AND ($2::uuid IS NULL OR back.sale_id = $2)
           AND ($3::date IS NULL OR back.business_day >= $3)
           AND ($4::date IS NULL OR back.business_day <= $4)
           AND ($5::timestamptz IS NULL OR (back.created_at, back.id) < ($5, $6::uuid))
         ORDER BY back.created_at DESC, back.id DESC
         LIMIT $7
        """,
        tx.business_id,
        wanted.sale_id,
        wanted.from_day,
        wanted.to_day,
        after and after.at,
        after and after.id,
        limit,
    )
    return await _views(tx, documents)


async def get_return(tx: Tx, return_id: UUID) -> ReturnView:
    """Return a return with its lines and the ways its money goes back; raises ReturnNotFound."""
    documents = await tx.rows(
        Return,
        """
        SELECT back.id, back.number, back.sale_id, sale.number AS sale_number, sale.state AS sale_state, back.total,
               back.business_day, back.returned_by, back.created_at
          FROM returns AS back
          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = back.sale_id
         WHERE back.business_id = $1 AND back.id = $2
        """,
        tx.business_id,
        return_id,
    )
    if not documents:
        raise ReturnNotFound(return_id=return_id)
    return (await _views(tx, documents))[0]


async def _views(tx: Tx, documents: Collection[Return]) -> list[ReturnView]:
    ids = [document.id for document in documents]
    lines = await sales.list_back(tx, ids)
    parts = await list_money_back(tx, ids)
    return [
        ReturnView(
            document,
            tuple(line for line in lines if line.return_id == document.id),
            tuple(part for part in parts if part.return_id == document.id),
        )
        for document in documents
    ]


async def get_return_receipt(tx: Tx, return_id: UUID) -> ReturnReceipt:
    """Return a return with the name of its shop; raises ReturnNotFound."""
    view = await get_return(tx, return_id)
    return ReturnReceipt(await get_business(tx), view)


async def list_money_back(tx: Tx, document_ids: Collection[UUID]) -> list[MoneyBack]:
    """Return how the money of returns or voids goes back, in the order of the ways."""
    return await tx.rows(
        MoneyBack,
        """
        SELECT id, sale_id, return_id, void_id, way, amount, refund_id, receipt
          FROM money_back
         WHERE business_id = $1 AND (return_id = ANY($2::uuid[]) OR void_id = ANY($2::uuid[]))
         ORDER BY array_position(ARRAY['debt', 'customer_credit', 'mpesa', 'cash'], way), receipt
         LIMIT $3
        """,
        tx.business_id,
        list(document_ids),
        _WAYS_MAX * len(document_ids),
    )


async def given_back(tx: Tx, sale_id: UUID) -> dict[Way, Decimal]:
    """Return how much of a sale's money went back in each way; the caller holds the sale."""
    records = await tx.records(
        "SELECT way, sum(amount) AS amount FROM money_back WHERE business_id = $1 AND sale_id = $2 GROUP BY way",
        tx.business_id,
        sale_id,
    )
    return {Way(record["way"]): record["amount"] for record in records}


async def get_void(tx: Tx, void_id: UUID) -> Void:
    """Return a void; raises VoidNotFound."""
    found = await tx.row(
        Void,
        """
        SELECT void.id, void.sale_id, sale.number AS sale_number, void.state, void.reason, void.total,
               void.two_people, void.note, void.requested_by, void.decided_by, void.business_day, void.created_at,
               void.updated_at
          FROM voids AS void
          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = void.sale_id
         WHERE void.business_id = $1 AND void.id = $2
        """,
        tx.business_id,
        void_id,
    )
    if found is None:
        raise VoidNotFound(void_id=void_id)
    return found


async def get_void_view(tx: Tx, void_id: UUID) -> VoidView:
    """Return a void and how its money goes back; raises VoidNotFound."""
    return VoidView(await get_void(tx, void_id), tuple(await list_money_back(tx, [void_id])))


async def find_asked(tx: Tx, sale_id: UUID) -> UUID | None:
    """Return the void of a sale that waits for a decision."""
    found: UUID | None = await tx.value(
        "SELECT id FROM voids WHERE business_id = $1 AND sale_id = $2 AND state = 'requested'", tx.business_id, sale_id
    )
    return found


async def list_voids(
    tx: Tx, state: VoidState | None, sale_id: UUID | None, after: After | None, limit: int
) -> list[VoidView]:
    """Return voids newest first, of one state and one sale or of all."""
    documents = await tx.rows(
        Void,
        """
        SELECT void.id, void.sale_id, sale.number AS sale_number, void.state, void.reason, void.total,
               void.two_people, void.note, void.requested_by, void.decided_by, void.business_day, void.created_at,
               void.updated_at
          FROM voids AS void
          JOIN sales AS sale ON sale.business_id = $1 AND sale.id = void.sale_id
         WHERE void.business_id = $1
           AND ($2::text IS NULL OR void.state = $2)
           AND ($3::uuid IS NULL OR void.sale_id = $3)
           AND ($4::timestamptz IS NULL OR (void.created_at, void.id) < ($4, $5::uuid))
         ORDER BY void.created_at DESC, void.id DESC
         LIMIT $6
        """,
        tx.business_id,
        state,
        sale_id,
        after and after.at,
        after and after.id,
        limit,
    )
    parts = await list_money_back(tx, [document.id for document in documents])
    return [VoidView(one, tuple(part for part in parts if part.void_id == one.id)) for one in documents]


async def get_void_limit(tx: Tx) -> VoidLimit:
    """Return up to which total one person may void a sale alone."""
    amount = await tx.value("SELECT amount FROM void_limits WHERE business_id = $1", tx.business_id)
    return VoidLimit(VOID_LIMIT if amount is None else amount)
