"""Reads of sales."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from payme import credit, customers, money, payments
from payme.identity import get_business
from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.sales.errors import SaleNotFound
from payme.sales.models import CustomerTotals, ItemTaking, Receipt, ReturnedLine, Sale, SaleItem, SaleView
from payme.sales.types import LINES_MAX, SaleState

_PAYMENTS_MAX = 200


@dataclass(frozen=True, slots=True)
class SaleFilter:
    """Which sales to list."""

    state: SaleState | None = None
    from_day: date | None = None
    to_day: date | None = None
    number: int | None = None
    customer_id: UUID | None = None


async def get_sale(tx: Tx, sale_id: UUID) -> Sale:
    """Return a sale; raises SaleNotFound."""
    sale = await tx.row(
        Sale,
        """
        SELECT id, number, state, total, paid, on_account, opened_by, opened_at, completed_at, cancelled_at,
               cancel_reason, note, business_day, customer_id, drawer_id, returned, voided_at
          FROM sales
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        sale_id,
    )
    if sale is None:
        raise SaleNotFound(sale_id=sale_id)
    return sale


async def get_sale_view(tx: Tx, sale_id: UUID) -> SaleView:
    """Return a sale with its lines and payments; raises SaleNotFound."""
    sale = await get_sale(tx, sale_id)
    items = await list_items(tx, [sale_id])
    attempts = await payments.list_payments(tx, sale_id, None, None, _PAYMENTS_MAX)
    return SaleView(sale, tuple(items), tuple(reversed(attempts)))


async def list_items(tx: Tx, sale_ids: Collection[UUID]) -> list[SaleItem]:
    """Return the lines of sales, in order."""
    return await tx.rows(
        SaleItem,
        """
        SELECT item.id, item.sale_id, item.line, item.product_id, item.product_name, item.unit, item.quantity,
               item.list_price, item.unit_price, item.discount, item.line_total,
               coalesce(back.quantity, 0)::numeric(12, 3) AS returned_quantity,
               coalesce(back.amount, 0)::numeric(12, 2) AS returned_amount
          FROM sale_items AS item
          LEFT JOIN (SELECT sale_item_id, sum(quantity) AS quantity, sum(amount) AS amount
                       FROM sale_item_returns
                      WHERE business_id = $1 AND sale_id = ANY($2::uuid[])
                      GROUP BY sale_item_id) AS back ON back.sale_item_id = item.id
         WHERE item.business_id = $1 AND item.sale_id = ANY($2::uuid[])
         ORDER BY item.sale_id, item.line
         LIMIT $3
        """,
        tx.business_id,
        list(sale_ids),
        LINES_MAX * len(sale_ids),
    )


async def list_takings(tx: Tx, sale_id: UUID) -> list[ItemTaking]:
    """Return what the lines of a sale took from which batches."""
    return await tx.rows(
        ItemTaking,
        """
        SELECT sale_item_id, batch_id, quantity, unit_cost
          FROM sale_item_takings
         WHERE business_id = $1 AND sale_id = $2
        """,
        tx.business_id,
        sale_id,
    )


async def list_back(tx: Tx, return_ids: Collection[UUID]) -> list[ReturnedLine]:
    """Return the lines of returns, in the order of their receipts."""
    return await tx.rows(
        ReturnedLine,
        """
        SELECT back.return_id, item.line, item.product_id, item.product_name, item.unit, item.unit_price, back.quantity,
               back.amount, back.condition, back.reason
          FROM sale_item_returns AS back
          JOIN sale_items AS item ON item.business_id = $1 AND item.id = back.sale_item_id
         WHERE back.business_id = $1 AND back.return_id = ANY($2::uuid[])
         ORDER BY back.return_id, item.line, back.returned_before
         LIMIT $3
        """,
        tx.business_id,
        list(return_ids),
        2 * LINES_MAX * len(return_ids),
    )


async def list_sales(tx: Tx, wanted: SaleFilter, after: After | None, limit: int) -> list[Sale]:
    """Return sales newest first; those of one customer under every id the person had. Raises CustomerUnknown."""
    if wanted.customer_id is not None:
        return await _list_bought(tx, await customers.ids_of_person(tx, wanted.customer_id), wanted, after, limit)
    return await tx.rows(
        Sale,
        """
        SELECT id, number, state, total, paid, on_account, opened_by, opened_at, completed_at, cancelled_at,
               cancel_reason, note, business_day, customer_id, drawer_id, returned, voided_at
          FROM sales
         WHERE business_id = $1
           AND ($2::text IS NULL OR state = $2)
           AND ($3::date IS NULL OR business_day >= $3)
           AND ($4::date IS NULL OR business_day <= $4)
           AND ($5::bigint IS NULL OR number = $5)
           AND ($6::timestamptz IS NULL OR (opened_at, id) < ($6, $7::uuid))
         ORDER BY opened_at DESC, id DESC
         LIMIT $8
        """,
        tx.business_id,
        wanted.state,
        wanted.from_day,
        wanted.to_day,
        wanted.number,
        after and after.at,
        after and after.id,
        limit,
    )


async def _list_bought(
    tx: Tx, customer_ids: Collection[UUID], wanted: SaleFilter, after: After | None, limit: int
) -> list[Sale]:
    return await tx.rows(
        Sale,
        """
        SELECT bought.*
          FROM unnest($8::uuid[]) AS person (id)
         CROSS JOIN LATERAL (
               SELECT sale.id, sale.number, sale.state, sale.total, sale.paid, sale.on_account, sale.opened_by,
                      sale.opened_at, sale.completed_at, sale.cancelled_at, sale.cancel_reason, sale.note,
                      sale.business_day, sale.customer_id, sale.drawer_id, sale.returned, sale.voided_at
                 FROM sales AS sale
                WHERE sale.business_id = $1 AND sale.customer_id = person.id
                  AND ($2::text IS NULL OR sale.state = $2)
                  AND ($3::date IS NULL OR sale.business_day >= $3)
                  AND ($4::date IS NULL OR sale.business_day <= $4)
                  AND ($5::bigint IS NULL OR sale.number = $5)
                  AND ($6::timestamptz IS NULL OR (sale.opened_at, sale.id) < ($6, $7::uuid))
                ORDER BY sale.opened_at DESC, sale.id DESC
                LIMIT $9) AS bought
         ORDER BY bought.opened_at DESC, bought.id DESC
         LIMIT $9
        """,
        tx.business_id,
        wanted.state,
        wanted.from_day,
        wanted.to_day,
        wanted.number,
        after and after.at,
        after and after.id,
        list(customer_ids),
        limit,
    )


async def get_customer_totals(tx: Tx, customer_id: UUID) -> CustomerTotals:
    """Add up what a person bought, under every id the person had; raises CustomerUnknown."""
    totals = await tx.row(
        CustomerTotals,
        """
        SELECT count(*) FILTER (WHERE state IN ('completed', 'partly_returned')) AS sales,
               coalesce(sum(total - returned) FILTER (WHERE state IN ('completed', 'partly_returned')), 0) AS spent,
               max(opened_at) FILTER (WHERE state IN ('completed', 'partly_returned')) AS last_at,
               count(*) FILTER (WHERE state = 'open') AS open_sales
          FROM sales
         WHERE business_id = $1 AND customer_id = ANY($2::uuid[])
        """,
        tx.business_id,
        await customers.ids_of_person(tx, customer_id),
    )
    assert totals is not None, "a sum has one row"  # noqa: S101
    return totals


async def list_for_till(tx: Tx, since: datetime, limit: int) -> list[Sale]:
    """Return sales that are open, and those that were and ended after ``since``, newest first."""
    return await tx.rows(
        Sale,
        """
        SELECT id, number, state, total, paid, on_account, opened_by, opened_at, completed_at, cancelled_at,
               cancel_reason, note, business_day, customer_id, drawer_id, returned, voided_at
          FROM sales
         WHERE business_id = $1
           AND (state = 'open' OR (updated_at > $2 AND coalesce(completed_at, cancelled_at) > opened_at))
         ORDER BY opened_at DESC, id DESC
         LIMIT $3
        """,
        tx.business_id,
        since,
        limit,
    )


async def get_receipt(tx: Tx, sale_id: UUID) -> Receipt:
    """Return a sale with the name of its shop and what paid for it; raises SaleNotFound."""
    view = await get_sale_view(tx, sale_id)
    account = await credit.get_account_of_sale(tx, sale_id) if view.sale.on_account else None
    return Receipt(await get_business(tx), view, tuple(await money.sale_money(tx, sale_id)), account)


async def find_open_by_number(tx: Tx, number: int) -> Sale | None:
    """Return the open sale with a receipt number."""
    return await tx.row(
        Sale,
        """
        SELECT id, number, state, total, paid, on_account, opened_by, opened_at, completed_at, cancelled_at,
               cancel_reason, note, business_day, customer_id, drawer_id, returned, voided_at
          FROM sales
         WHERE business_id = $1 AND number = $2 AND state = 'open'
        """,
        tx.business_id,
        number,
    )
