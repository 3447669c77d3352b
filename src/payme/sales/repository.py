"""The SQL that sales writes."""

from collections.abc import Sequence
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.sales.models import ItemTaking, LineBack, Sale, SaleItem
from payme.sales.types import SaleState

_NUMBER = "number"


async def lock_sale(tx: Tx, sale_id: UUID) -> Sale | None:
    """Return a sale, ours until the transaction ends."""
    found = await tx.lock(
        Sale,
        LockRank.SALE,
        """
        SELECT id, number, state, total, paid, on_account, opened_by, opened_at, completed_at, cancelled_at,
               cancel_reason, note, business_day, customer_id, drawer_id, returned, voided_at
          FROM sales
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        sale_id,
    )
    return found[0] if found else None


def count_receipt(tx: Tx) -> None:
    """Take the business's next receipt number along with the next read; ``counted_receipt`` returns it.

    The counter stays ours until the transaction ends: no gaps.
    """
    tx.carry(
        _NUMBER,
        """
        INSERT INTO receipt_counters (business_id, last_number) VALUES ($1, 1)
        ON CONFLICT (business_id) DO UPDATE SET last_number = receipt_counters.last_number + 1
        RETURNING last_number
        """,
        tx.business_id,
    )


async def counted_receipt(tx: Tx) -> int:
    """Return the receipt number that was taken along."""
    return int((await tx.carried(_NUMBER))["last_number"])


def insert_sale(tx: Tx, sale: Sale) -> None:
    """Write a new sale."""
    tx.write(
        """
        INSERT INTO sales (business_id, id, number, state, total, paid, opened_by, opened_at, completed_at, note,
                           business_day, customer_id, drawer_id, created_at, updated_at, on_account)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $8, $8, $14)
        """,
        tx.business_id,
        sale.id,
        sale.number,
        sale.state,
        sale.total,
        sale.paid,
        sale.opened_by,
        sale.opened_at,
        sale.completed_at,
        sale.note,
        sale.business_day,
        sale.customer_id,
        sale.drawer_id,
        sale.on_account,
    )


def insert_items(tx: Tx, items: Sequence[SaleItem]) -> None:
    """Write the lines of a sale."""
    tx.write(
        """
        INSERT INTO sale_items (business_id, id, sale_id, line, product_id, product_name, unit, quantity, list_price,
                                unit_price, discount, line_total)
        SELECT $1, item.id, $2, item.line, item.product_id, item.product_name, item.unit, item.quantity,
               item.list_price, item.unit_price, item.discount, item.line_total
          FROM unnest($3::uuid[], $4::smallint[], $5::uuid[], $6::text[], $7::text[], $8::numeric[], $9::numeric[],
                      $10::numeric[], $11::numeric[], $12::numeric[])
            AS item (id, line, product_id, product_name, unit, quantity, list_price, unit_price, discount, line_total)
        """,
        tx.business_id,
        items[0].sale_id,
        [item.id for item in items],
        [item.line for item in items],
        [item.product_id for item in items],
        [item.product_name for item in items],
        [item.unit for item in items],
        [item.quantity for item in items],
        [item.list_price for item in items],
        [item.unit_price for item in items],
        [item.discount for item in items],
        [item.line_total for item in items],
    )


def insert_takings(tx: Tx, sale_id: UUID, takings: Sequence[ItemTaking]) -> None:
    """Write which batches each line took."""
    tx.write(
        """
        INSERT INTO sale_item_takings (business_id, sale_id, sale_item_id, batch_id, quantity, unit_cost)
        SELECT $1, $2, part.sale_item_id, part.batch_id, part.quantity, part.unit_cost
          FROM unnest($3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[])
            AS part (sale_item_id, batch_id, quantity, unit_cost)
        """,
        tx.business_id,
        sale_id,
        [taking.sale_item_id for taking in takings],
        [taking.batch_id for taking in takings],
        [taking.quantity for taking in takings],
        [taking.unit_cost for taking in takings],
    )


def insert_steps(tx: Tx, sale_id: UUID, steps: Sequence[tuple[SaleState | None, SaleState]]) -> None:
    """Write steps of a sale's history, in order."""
    tx.write(
        """
        INSERT INTO sale_events (business_id, id, sale_id, from_state, to_state, created_at)
        SELECT $1, step.id, $2, step.from_state, step.to_state, $3
          FROM unnest($4::uuid[], $5::text[], $6::text[]) WITH ORDINALITY AS step (id, from_state, to_state, place)
         ORDER BY step.place
        """,
        tx.business_id,
        sale_id,
        tx.now,
        [tx.new_id() for _ in steps],
        [before for before, _ in steps],
        [after for _, after in steps],
    )


def update_money(tx: Tx, sale: Sale) -> None:
    """Write what a sale has been paid, what of it is on an account, and its state."""
    tx.write(
        """
        UPDATE sales SET state = $3, paid = $4, completed_at = $5, updated_at = $6, on_account = $7
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        sale.id,
        sale.state,
        sale.paid,
        sale.completed_at,
        tx.now,
        sale.on_account,
    )


def update_customer(tx: Tx, sale_id: UUID, customer_id: UUID | None) -> None:
    """Write who buys."""
    tx.write(
        "UPDATE sales SET customer_id = $3, updated_at = $4 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        sale_id,
        customer_id,
        tx.now,
    )


def update_cancelled(tx: Tx, sale_id: UUID, reason: str) -> None:
    """Write that a sale was cancelled."""
    tx.write(
        """
        UPDATE sales
           SET state = 'cancelled', paid = 0, on_account = 0, cancelled_at = $3, cancel_reason = $4, updated_at = $3
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        sale_id,
        tx.now,
        reason,
    )


def insert_back(tx: Tx, sale_id: UUID, return_id: UUID, lines: Sequence[LineBack]) -> None:
    """Write which goods of a sale came back; two that start from the same count of a line cannot both be written."""
    tx.write(
        """
        INSERT INTO sale_item_returns
               (business_id, return_id, sale_item_id, condition, sale_id, quantity, amount, reason, sold,
                returned_before, created_at)
        SELECT $1, $2, back.sale_item_id, back.condition, $3, back.quantity, back.amount, back.reason, back.sold,
               back.returned_before, $4
          FROM unnest($5::uuid[], $6::text[], $7::numeric[], $8::numeric[], $9::text[], $10::numeric[], $11::numeric[])
            AS back (sale_item_id, condition, quantity, amount, reason, sold, returned_before)
        """,
        tx.business_id,
        return_id,
        sale_id,
        tx.now,
        [line.item.id for line in lines],
        [line.condition.value for line in lines],
        [line.quantity for line in lines],
        [line.amount for line in lines],
        [line.reason for line in lines],
        [line.item.quantity for line in lines],
        [line.returned_before for line in lines],
    )


def update_returned(tx: Tx, sale: Sale) -> None:
    """Write how much of a sale came back, and its state."""
    tx.write(
        "UPDATE sales SET state = $3, returned = $4, updated_at = $5 WHERE business_id = $1 AND id = $2",
        tx.business_id,
        sale.id,
        sale.state,
        sale.returned,
        tx.now,
    )


def update_voided(tx: Tx, sale_id: UUID) -> None:
    """Write that a sale was voided."""
    tx.write(
        """
        UPDATE sales SET state = 'voided', paid = 0, on_account = 0, voided_at = $3, updated_at = $3
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        sale_id,
        tx.now,
    )
