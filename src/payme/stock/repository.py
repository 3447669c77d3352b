"""The SQL that stock writes, and the locks it takes.

Every change of a batch is made while its product's row is ours. A lock on the batches alone would let a sale that is
about to take from a new batch overlook goods that a cancelled sale is putting back into an older one, because a batch
that was empty when the statement began is not among the rows it locks.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from payme.kit.db.locks import LockRank
from payme.kit.db.transaction import Tx
from payme.stock.errors import BarcodeTaken, SkuTaken
from payme.stock.models import Adjustment, Batch, BatchLeft, Latest, Product, Taken
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


async def batches_named(tx: Tx, batch_ids: Collection[UUID]) -> list[BatchLeft]:
    """Batches by their ids, oldest first within a product; the products are locked."""
    return await tx.rows(
        BatchLeft,
        """
        SELECT id, product_id, quantity_available, unit_cost
          FROM stock_batches
         WHERE business_id = $1 AND id = ANY($2::uuid[])
         ORDER BY product_id, received_at, id
        """,
        tx.business_id,
        list(batch_ids),
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
                            WHERE gave.business_id = $1 AND gave.source_id = $2
                              AND gave.kind IN ('sale_cancelled', 'sale_voided') AND gave.batch_id = took.batch_id)
         ORDER BY took.sequence
        """,
        tx.business_id,
        source_id,
    )


def move(tx: Tx, changes: Sequence[BatchChange], kind: MovementKind, source_id: UUID) -> None:
    """Write what a document does to batches: what is left of each, and a movement for each."""
    move_in_order(tx, [(kind, source_id, change) for change in changes])


def move_in_order(tx: Tx, moves: Sequence[tuple[MovementKind, UUID, BatchChange]]) -> None:
    """Write what documents do to batches one after the other: what is left of each in the end, and each movement."""
    left = {change.batch_id: change.available_after for _, _, change in moves}
    tx.write(
        """
        UPDATE stock_batches AS batch
           SET quantity_available = change.available, updated_at = $2
          FROM unnest($3::uuid[], $4::numeric[]) AS change (batch_id, available)
         WHERE batch.business_id = $1 AND batch.id = change.batch_id
        """,
        tx.business_id,
        tx.now,
        list(left),
        list(left.values()),
    )
    tx.write(
        """
        INSERT INTO stock_movements
               (business_id, id, batch_id, product_id, kind, source_id, quantity, unit_cost, available_after, moved_by,
                created_at)
        SELECT $1, change.id, change.batch_id, change.product_id, change.kind, change.source_id, change.quantity,
               change.unit_cost, change.available_after, $2, $3
          FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::numeric[], $10::numeric[],
                      $11::numeric[]) WITH ORDINALITY
               AS change (id, kind, source_id, batch_id, product_id, quantity, unit_cost, available_after, place)
         ORDER BY change.place
        """,
        tx.business_id,
        tx.actor.user_id,
        tx.now,
        [tx.new_id() for _ in moves],
        [kind.value for kind, _, _ in moves],
        [source_id for _, source_id, _ in moves],
        [change.batch_id for _, _, change in moves],
        [change.product_id for _, _, change in moves],
        [change.change for _, _, change in moves],
        [change.unit_cost for _, _, change in moves],
        [change.available_after for _, _, change in moves],
    )


async def insert_products(tx: Tx, products: Sequence[Product]) -> set[UUID]:
    """Write products whose SKU and barcode nobody has, and return the ids of those that were written."""
    records = await tx.records(
        """
        INSERT INTO products
               (business_id, id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at)
        SELECT $1, id, name, sku, barcode, unit, selling_price, reorder_level, active, $2, $2
          FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[],
                      $10::boolean[])
               AS product (id, name, sku, barcode, unit, selling_price, reorder_level, active)
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        tx.business_id,
        tx.now,
        [product.id for product in products],
        [product.name for product in products],
        [product.sku for product in products],
        [product.barcode for product in products],
        [product.unit for product in products],
        [product.selling_price for product in products],
        [product.reorder_level for product in products],
        [product.active for product in products],
    )
    return {record["id"] for record in records}


def write_words(tx: Tx, words: Sequence[tuple[UUID, str]]) -> None:
    """Write words (product, word) by which products are found."""
    tx.write(
        """
        INSERT INTO product_words (business_id, product_id, word)
        SELECT $1, product_id, word FROM unnest($2::uuid[], $3::text[]) AS found_by (product_id, word)
        """,
        tx.business_id,
        [product_id for product_id, _ in words],
        [word for _, word in words],
    )


def erase_words(tx: Tx, product_id: UUID, words: Sequence[str]) -> None:
    """Erase words by which a product was found."""
    tx.write(
        "DELETE FROM product_words WHERE business_id = $1 AND product_id = $2 AND word = ANY($3::text[])",
        tx.business_id,
        product_id,
        words,
    )


async def holds_sku(tx: Tx, sku: str | None) -> bool:
    """Say whether a product of this business has the SKU."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM products WHERE business_id = $1 AND sku = $2)",
            tx.business_id,
            sku,
        )
    )


async def update_product(tx: Tx, product: Product) -> None:
    """Write a locked product; raises SkuTaken and BarcodeTaken, which only the unique indexes know for sure."""
    try:
        await tx.records(
            """
            UPDATE products
               SET name = $3, sku = $4, barcode = $5, unit = $6, selling_price = $7, reorder_level = $8, active = $9,
                   updated_at = $10
             WHERE business_id = $1 AND id = $2
            RETURNING id
            """,
            tx.business_id,
            product.id,
            product.name,
            product.sku,
            product.barcode,
            product.unit,
            product.selling_price,
            product.reorder_level,
            product.active,
            product.updated_at,
        )
    except asyncpg.UniqueViolationError as taken:
        if (taken.constraint_name or "").startswith("products_sku"):
            raise SkuTaken(product.sku or "") from taken
        raise BarcodeTaken(product.barcode or "") from taken


async def latest_batches(tx: Tx, product_ids: Collection[UUID]) -> list[Latest]:
    """Read when each product that was ever received was received last; the products are locked."""
    return await tx.rows(
        Latest,
        """
        SELECT wanted.product_id, latest.received_at
          FROM unnest($2::uuid[]) AS wanted (product_id)
         CROSS JOIN LATERAL (SELECT batch.received_at
                               FROM stock_batches AS batch
                              WHERE batch.business_id = $1 AND batch.product_id = wanted.product_id
                              ORDER BY batch.received_at DESC
                              LIMIT 1) AS latest
        """,
        tx.business_id,
        list(product_ids),
    )


def insert_batches(tx: Tx, batches: Sequence[Batch]) -> None:
    """Write the batches of a delivery."""
    tx.write(
        """
        INSERT INTO stock_batches
               (business_id, id, product_id, delivery_id, quantity_received, quantity_available, unit_cost, received_at,
                expires_on, supplier, received_by, created_at, updated_at)
        SELECT $1, id, product_id, delivery_id, quantity, quantity, unit_cost, received_at, expires_on, supplier, $2,
               $3, $3
          FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::numeric[], $8::numeric[], $9::timestamptz[], $10::date[],
                      $11::text[])
               AS batch (id, product_id, delivery_id, quantity, unit_cost, received_at, expires_on, supplier)
        """,
        tx.business_id,
        tx.actor.user_id,
        tx.now,
        [batch.id for batch in batches],
        [batch.product_id for batch in batches],
        [batch.delivery_id for batch in batches],
        [batch.quantity_received for batch in batches],
        [batch.unit_cost for batch in batches],
        [batch.received_at for batch in batches],
        [batch.expires_on for batch in batches],
        [batch.supplier for batch in batches],
    )


async def batches_to_adjust(tx: Tx, product_ids: Collection[UUID], batch_ids: Collection[UUID]) -> list[BatchLeft]:
    """Batches with goods left, the newest of each product, and those named; oldest first; the products are locked."""
    return await tx.rows(
        BatchLeft,
        """
        SELECT batch.id, batch.product_id, batch.quantity_available, batch.unit_cost
          FROM stock_batches AS batch
         WHERE batch.business_id = $1 AND batch.product_id = ANY($2::uuid[])
           AND (batch.has_goods OR batch.id = ANY($3::uuid[])
                OR NOT EXISTS (SELECT FROM stock_batches AS newer
                                WHERE newer.business_id = $1 AND newer.product_id = batch.product_id
                                  AND (newer.received_at, newer.id) > (batch.received_at, batch.id)))
         ORDER BY batch.product_id, batch.received_at, batch.id
        """,
        tx.business_id,
        list(product_ids),
        list(batch_ids),
    )


def insert_adjustment(tx: Tx, adjustment: Adjustment) -> None:
    """Write the document of a correction."""
    tx.write(
        """
        INSERT INTO stock_adjustments (business_id, id, kind, reason, adjusted_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        tx.business_id,
        adjustment.id,
        adjustment.kind.value,
        adjustment.reason,
        adjustment.adjusted_by,
        adjustment.created_at,
    )
