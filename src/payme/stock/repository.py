"""The SQL that stock writes, and the locks it takes.

Every change of a batch is made while its product's row is ours. A lock on the batches alone would let a sale that is
about to take from a new batch overlook goods that a cancelled sale is putting back into an older one, because a batch
that was empty when the statement began is not among the rows it locks.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.stock.models import BatchLeft, Product, Taken
from payme.stock.types import BatchChange, MovementKind


async def lock_products(tx: Tx, product_ids: Collection[UUID]) -> list[Product]:
    """Products of this business among the ids, ours until the transaction ends, and with them their batches."""
    return await tx.lock(
        Product,
        LockRank.PRODUCT,
        """
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at
          FROM products
         WHERE business_id = $1 AND id = ANY($2::uuid[])
         ORDER BY id
        """,
        tx.business_id,
        list(product_ids),
    )


async def batches_left(tx: Tx, product_ids: Collection[UUID]) -> list[BatchLeft]:
    """Batches with goods left, oldest first within a product; the products are locked."""
    return await tx.rows(
        BatchLeft,
        """
        SELECT id, product_id, quantity_available, unit_cost
          FROM stock_batches
         WHERE business_id = $1 AND product_id = ANY($2::uuid[]) AND has_goods
         ORDER BY product_id, received_at, id
        """,
        tx.business_id,
        list(product_ids),
    )


async def lock_products_taken_by(tx: Tx, source_id: UUID) -> list[Product]:
    """Products of which a sale took goods, ours until the transaction ends."""
    return await tx.lock(
        Product,
        LockRank.PRODUCT,
        """
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at
          FROM products
         WHERE business_id = $1
           AND id IN (SELECT product_id FROM stock_movements
                       WHERE business_id = $1 AND source_id = $2 AND kind = 'sale')
         ORDER BY id
        """,
        tx.business_id,
        source_id,
    )


async def taken_and_not_given_back(tx: Tx, source_id: UUID) -> list[Taken]:
    """Return what a sale took from each batch and has not given back; the products are locked."""
    return await tx.rows(
        Taken,
        """
        SELECT took.batch_id, took.product_id, -took.quantity AS quantity, took.unit_cost, batch.quantity_available
          FROM stock_movements AS took
          JOIN stock_batches AS batch ON batch.business_id = took.business_id AND batch.id = took.batch_id
         WHERE took.business_id = $1 AND took.source_id = $2 AND took.kind = 'sale'
           AND NOT EXISTS (SELECT FROM stock_movements AS gave
                            WHERE gave.business_id = $1 AND gave.source_id = $2 AND gave.kind = 'sale_cancelled'
                              AND gave.batch_id = took.batch_id)
         ORDER BY took.sequence
        """,
        tx.business_id,
        source_id,
    )


def move(tx: Tx, changes: Sequence[BatchChange], kind: MovementKind, source_id: UUID) -> None:
    """Write what a document does to batches: what is left of each, and a movement for each."""
    tx.write(
        """
        UPDATE stock_batches AS batch
           SET quantity_available = change.available, updated_at = $2
          FROM unnest($3::uuid[], $4::numeric[]) AS change (batch_id, available)
         WHERE batch.business_id = $1 AND batch.id = change.batch_id
        """,
        tx.business_id,
        tx.now,
        [change.batch_id for change in changes],
        [change.available_after for change in changes],
    )
    tx.write(
        """
        INSERT INTO stock_movements
               (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost, available_after, moved_by,
                created_at)
        SELECT $1, change.id, change.batch_id, change.product_id, $2, $3, change.quantity, change.unit_cost,
               change.available_after, $4, $5
          FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::numeric[], $10::numeric[], $11::numeric[])
               AS change (id, batch_id, product_id, quantity, unit_cost, available_after)
        """,
        tx.business_id,
        kind.value,
        source_id,
        tx.actor.user_id,
        tx.now,
        [tx.new_id() for _ in changes],
        [change.batch_id for change in changes],
        [change.product_id for change in changes],
        [change.change for change in changes],
        [change.unit_cost for change in changes],
        [change.available_after for change in changes],
    )
