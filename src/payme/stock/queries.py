"""Reads of stock. What is left of a product is always the sum of its batches, never a figure kept beside them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.stock import rules
from payme.stock.errors import ProductUnknown
from payme.stock.models import Batch, ListedProduct, Movement, Product, ProductChanges, StockLine, StockTotal
from payme.stock.types import ProductFilter

SUBSTRING_MIN = 3


async def products_by_id(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, Product]:
    """Return the products of this business among the ids; those that are not are absent."""
    products = await tx.rows(
        Product,
        """
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at
          FROM products
         WHERE business_id = $1 AND id = ANY($2::uuid[])
        """,
        tx.business_id,
        list(product_ids),
    )
    return {product.id: product for product in products}


async def get_product(tx: Tx, product_id: UUID) -> ListedProduct:
    """Return one product with what is left of it; raises ProductUnknown."""
    product = await tx.row(
        ListedProduct,
        """
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at,
               coalesce((SELECT sum(quantity_available) FROM stock_batches
                          WHERE business_id = $1 AND product_id = $2 AND has_goods), 0) AS on_hand
          FROM products
         WHERE business_id = $1 AND id = $2
        """,
        tx.business_id,
        product_id,
    )
    if product is None:
        raise ProductUnknown(product_id)
    return product


async def list_products(tx: Tx, only: ProductFilter, after_id: UUID | None, limit: int) -> list[ListedProduct]:
    """Return products by name, from the one after ``after_id``."""
    return await tx.rows(
        ListedProduct,
        """
        SELECT product.id, product.name, product.sku, product.barcode, product.unit, product.selling_price,
               product.reorder_level, product.active, product.created_at, product.updated_at, stock.on_hand
          FROM products AS product
         CROSS JOIN LATERAL (SELECT coalesce(sum(batch.quantity_available), 0) AS on_hand
                               FROM stock_batches AS batch
                              WHERE batch.business_id = $1 AND batch.product_id = product.id AND batch.has_goods
                            ) AS stock
         WHERE product.business_id = $1
           AND ($2::boolean IS NULL OR product.active = $2)
           AND ($3::boolean IS NULL
                OR (product.reorder_level > 0 AND stock.on_hand <= product.reorder_level) = $3)
           AND ($4::uuid IS NULL
                OR (product.name_key, product.id) > ((SELECT last.name_key FROM products AS last
                                                       WHERE last.business_id = $1 AND last.id = $4), $4))
         ORDER BY product.name_key, product.id
         LIMIT $5
        """,
        tx.business_id,
        only.active,
        only.low,
        after_id,
        limit,
    )


async def list_changes(tx: Tx, since: datetime, after: After | None, limit: int) -> ProductChanges:
    """Return products changed after ``since``, oldest change first, and where to go on the next time.

    A change carries the instant at which its transaction began, and may be committed after somebody asked. So
    ``next_since`` lies ``rules.DELTA_OVERLAP`` before now: some products are told twice, none is missed. Whoever reads
    several pages keeps the ``next_since`` of the first. A product's place is its last change; what is left of it may
    change without it.
    """
    products = await tx.rows(
        ListedProduct,
        """
        SELECT product.id, product.name, product.sku, product.barcode, product.unit, product.selling_price,
               product.reorder_level, product.active, product.created_at, product.updated_at,
               coalesce((SELECT sum(batch.quantity_available) FROM stock_batches AS batch
                          WHERE batch.business_id = $1 AND batch.product_id = product.id AND batch.has_goods), 0)
               AS on_hand
          FROM products AS product
         WHERE product.business_id = $1
           AND product.updated_at > $2
           AND ($3::timestamptz IS NULL OR (product.updated_at, product.id) > ($3, $4::uuid))
         ORDER BY product.updated_at, product.id
         LIMIT $5
        """,
        tx.business_id,
        since,
        after and after.at,
        after and after.id,
        limit,
    )
    return ProductChanges(products, max(since, tx.now - rules.DELTA_OVERLAP))


async def search_products(tx: Tx, typed: str, only: ProductFilter, limit: int) -> list[ListedProduct]:
    """Return the products somebody who has typed so much may mean, the likeliest first.

    First an exact SKU or barcode, then names that begin so, then products of which a word begins so for each word
    typed; and only where these leave room, names and codes that have it in their middle.
    """
    typed = typed.strip().lower()
    words = rules.search_words(typed)
    found = await _by_words(tx, typed, words, only, limit) if words else []
    if len(found) < limit and len(typed) >= SUBSTRING_MIN:
        found += await _by_substring(tx, typed, [product.id for product in found], only, limit - len(found))
    return found


async def _by_words(tx: Tx, typed: str, words: list[str], only: ProductFilter, limit: int) -> list[ListedProduct]:
    return await tx.rows(
        ListedProduct,
        """
        WITH found AS (
            SELECT product.id, product.name, product.sku, product.barcode, product.unit, product.selling_price,
                   product.reorder_level, product.active, product.created_at, product.updated_at, product.name_key,
                   CASE WHEN lower(product.barcode) = $2 OR lower(product.sku) = $2 THEN 0
                        WHEN starts_with(product.name_key, $2) THEN 1
                        ELSE 2 END AS place
              FROM products AS product
             WHERE product.business_id = $1
               AND ($3::boolean IS NULL OR product.active = $3)
               AND product.id IN (SELECT word.product_id FROM product_words AS word
                                   WHERE word.business_id = $1 AND word.word >= $4 AND word.word < $5)
               AND NOT EXISTS (
                   SELECT FROM unnest($6::text[], $7::text[]) AS other (low, high)
                    WHERE NOT EXISTS (SELECT FROM product_words AS word
                                       WHERE word.business_id = $1 AND word.product_id = product.id
                                         AND word.word >= other.low AND word.word < other.high))
             ORDER BY place, product.name_key, product.id
             LIMIT $8)
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at,
               coalesce((SELECT sum(batch.quantity_available) FROM stock_batches AS batch
                          WHERE batch.business_id = $1 AND batch.product_id = found.id AND batch.has_goods), 0)
               AS on_hand
          FROM found
         ORDER BY place, name_key, id
        """,
        tx.business_id,
        typed,
        only.active,
        words[0],
        rules.after_all(words[0]),
        words[1:],
        [rules.after_all(word) for word in words[1:]],
        limit,
    )


async def _by_substring(tx: Tx, typed: str, found: list[UUID], only: ProductFilter, limit: int) -> list[ListedProduct]:
    return await tx.rows(
        ListedProduct,
        """
        WITH found AS (
            SELECT product.id, product.name, product.sku, product.barcode, product.unit, product.selling_price,
                   product.reorder_level, product.active, product.created_at, product.updated_at, product.name_key
              FROM products AS product
             WHERE product.business_id = $1
               AND ($3::boolean IS NULL OR product.active = $3)
               AND (strpos(product.name_key, $2) > 0 OR strpos(lower(product.sku), $2) > 0
                    OR strpos(lower(product.barcode), $2) > 0)
               AND product.id <> ALL($4::uuid[])
             ORDER BY product.name_key, product.id
             LIMIT $5)
        SELECT id, name, sku, barcode, unit, selling_price, reorder_level, active, created_at, updated_at,
               coalesce((SELECT sum(batch.quantity_available) FROM stock_batches AS batch
                          WHERE batch.business_id = $1 AND batch.product_id = found.id AND batch.has_goods), 0)
               AS on_hand
          FROM found
         ORDER BY name_key, id
        """,
        tx.business_id,
        typed,
        only.active,
        found,
        limit,
    )


async def list_stock(tx: Tx, only: ProductFilter, after_id: UUID | None, limit: int) -> list[StockLine]:
    """Return what is left of each product and its value at cost, by name."""
    return await tx.rows(
        StockLine,
        """
        SELECT product.id AS product_id, product.name, product.sku, product.unit, product.reorder_level,
               product.active, stock.on_hand, stock.value, stock.next_expiry
          FROM products AS product
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(batch.quantity_available), 0) AS on_hand,
                      round(coalesce(sum(batch.quantity_available * batch.unit_cost), 0), 2) AS value,
                      min(batch.expires_on) AS next_expiry
                 FROM stock_batches AS batch
                WHERE batch.business_id = $1 AND batch.product_id = product.id AND batch.has_goods) AS stock
         WHERE product.business_id = $1
           AND ($2::boolean IS NULL OR product.active = $2)
           AND ($3::boolean IS NULL
                OR (product.reorder_level > 0 AND stock.on_hand <= product.reorder_level) = $3)
           AND ($4::uuid IS NULL
                OR (product.name_key, product.id) > ((SELECT last.name_key FROM products AS last
                                                       WHERE last.business_id = $1 AND last.id = $4), $4))
         ORDER BY product.name_key, product.id
         LIMIT $5
        """,
        tx.business_id,
        only.active,
        only.low,
        after_id,
        limit,
    )


async def get_stock_total(tx: Tx) -> StockTotal:
    """Return the value of all goods at cost; rounded once, so it may differ by cents from the sum of the lines."""
    total = await tx.row(
        StockTotal,
        """
        SELECT count(DISTINCT product_id) AS products,
               round(coalesce(sum(quantity_available * unit_cost), 0), 2) AS value
          FROM stock_batches
         WHERE business_id = $1 AND has_goods
        """,
        tx.business_id,
    )
    assert total is not None, "an aggregate has one row"  # noqa: S101
    return total


async def list_batches(tx: Tx, after: After | None, limit: int) -> list[Batch]:
    """Return batches of all products, received last first."""
    return await tx.rows(
        Batch,
        """
        SELECT id, product_id, delivery_id, quantity_received, quantity_available, unit_cost, received_at, expires_on,
               supplier
          FROM stock_batches
         WHERE business_id = $1
           AND ($2::timestamptz IS NULL OR (received_at, id) < ($2, $3::uuid))
         ORDER BY received_at DESC, id DESC
         LIMIT $4
        """,
        tx.business_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_batches_of(tx: Tx, product_id: UUID, after: After | None, limit: int) -> list[Batch]:
    """Return batches of one product, received last first; raises ProductUnknown."""
    await get_product(tx, product_id)
    return await tx.rows(
        Batch,
        """
        SELECT id, product_id, delivery_id, quantity_received, quantity_available, unit_cost, received_at, expires_on,
               supplier
          FROM stock_batches
         WHERE business_id = $1 AND product_id = $2
           AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
         ORDER BY received_at DESC, id DESC
         LIMIT $5
        """,
        tx.business_id,
        product_id,
        after and after.at,
        after and after.id,
        limit,
    )


async def list_movements(tx: Tx, after_id: UUID | None, limit: int) -> list[Movement]:
    """Return movements of all products, newest first: their ids sort by time."""
    return await tx.rows(
        Movement,
        """
        SELECT id, batch_id, product_id, kind, source_id, quantity, unit_cost, available_after, moved_by, created_at
          FROM stock_movements
         WHERE business_id = $1
           AND ($2::uuid IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3
        """,
        tx.business_id,
        after_id,
        limit,
    )


async def list_movements_of(tx: Tx, product_id: UUID, after_id: UUID | None, limit: int) -> list[Movement]:
    """Return movements of one product, newest first, in the order in which they were written."""
    return await tx.rows(
        Movement,
        """
        SELECT id, batch_id, product_id, kind, source_id, quantity, unit_cost, available_after, moved_by, created_at
          FROM stock_movements
         WHERE business_id = $1 AND product_id = $2
           AND sequence < coalesce((SELECT last.sequence FROM stock_movements AS last
                                     WHERE last.business_id = $1 AND last.id = $3::uuid), 9223372036854775807)
         ORDER BY sequence DESC
         LIMIT $4
        """,
        tx.business_id,
        product_id,
        after_id,
        limit,
    )


async def list_movements_by(tx: Tx, source_id: UUID, after_id: UUID | None, limit: int) -> list[Movement]:
    """Return movements of one source document, a sale or a correction, newest first."""
    return await tx.rows(
        Movement,
        """
        SELECT id, batch_id, product_id, kind, source_id, quantity, unit_cost, available_after, moved_by, created_at
          FROM stock_movements
         WHERE business_id = $1 AND source_id = $2
           AND sequence < coalesce((SELECT last.sequence FROM stock_movements AS last
                                     WHERE last.business_id = $1 AND last.id = $3::uuid), 9223372036854775807)
         ORDER BY sequence DESC
         LIMIT $4
        """,
        tx.business_id,
        source_id,
        after_id,
        limit,
    )
