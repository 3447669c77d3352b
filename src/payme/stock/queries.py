"""Reads of stock. What is left of a product is always the sum of its batches, never a figure kept beside them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.kit.paging import After
from payme.kit.words import CANDIDATES_MAX, SEARCH_WORDS_MAX, after_all
from payme.kit.words import words as words_in
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
    typed, each only where there is room left; and where all this finds nothing, those that have it in the middle.
    """
    typed = typed.strip()
    found = await _by_code_or_name(tx, typed, only, limit) if typed else []
    words = words_in(typed)[:SEARCH_WORDS_MAX]
    if words and len(found) < limit:
        rarest = await _rarest_first(tx, words) if len(words) > 1 else words
        found += await _by_words(tx, rarest, found, only, limit - len(found))
    if not found and len(typed) >= SUBSTRING_MIN:
        found = await _by_substring(tx, typed.lower(), only, limit)
    return await _in_order(tx, found[:limit]) if found else []


async def _by_code_or_name(tx: Tx, typed: str, only: ProductFilter, limit: int) -> list[UUID]:
    records = await tx.records(
        """
        (SELECT id, 0 AS place, name_key
           FROM products
          WHERE business_id = $1 AND (sku = ANY($2::text[]) OR barcode = ANY($2::text[]))
            AND ($5::boolean IS NULL OR active = $5))
        UNION ALL
        (SELECT id, 1 AS place, name_key
           FROM products
          WHERE business_id = $1 AND name_key >= $3 AND name_key < $4
            AND ($5::boolean IS NULL OR active = $5)
          ORDER BY name_key, id
          LIMIT $6)
        ORDER BY place, name_key, id
        """,
        tx.business_id,
        [typed, typed.lower(), typed.upper()],
        typed.lower(),
        after_all(typed.lower()),
        only.active,
        limit,
    )
    return list(dict.fromkeys(record["id"] for record in records))


async def _rarest_first(tx: Tx, words: list[str]) -> list[str]:
    """Order words by how many products have a word that begins so, counting no further than needed."""
    records = await tx.records(
        """
        SELECT typed.low
          FROM unnest($2::text[], $3::text[]) AS typed (low, high)
         CROSS JOIN LATERAL (SELECT count(*) AS products
                               FROM (SELECT FROM product_words AS word
                                      WHERE word.business_id = $1 AND word.word >= typed.low AND word.word < typed.high
                                      LIMIT $4) AS few) AS matching
         ORDER BY matching.products, typed.low
        """,
        tx.business_id,
        words,
        [after_all(word) for word in words],
        CANDIDATES_MAX,
    )
    return [record["low"] for record in records]


async def _by_words(tx: Tx, words: list[str], found: list[UUID], only: ProductFilter, limit: int) -> list[UUID]:
    """Look at the products of the first word, the rarest; of a word that nearly all have, at CANDIDATES_MAX of them."""
    records = await tx.records(
        """
        SELECT product.id
          FROM (SELECT DISTINCT few.product_id
                  FROM (SELECT word.product_id
                          FROM product_words AS word
                         WHERE word.business_id = $1 AND word.word >= $2 AND word.word < $3
                         LIMIT $4) AS few) AS candidate
         CROSS JOIN LATERAL (SELECT known.id, known.name_key, known.active
                               FROM products AS known
                              WHERE known.business_id = $1 AND known.id = candidate.product_id
                              LIMIT 1) AS product
         WHERE NOT EXISTS (
               SELECT FROM unnest($5::text[], $6::text[]) AS other (low, high)
                WHERE NOT EXISTS (SELECT FROM product_words AS word
                                   WHERE word.business_id = $1 AND word.product_id = product.id
                                     AND word.word >= other.low AND word.word < other.high))
           AND product.id <> ALL($7::uuid[])
           AND ($8::boolean IS NULL OR product.active = $8)
         ORDER BY product.name_key, product.id
         LIMIT $9
        """,
        tx.business_id,
        words[0],
        after_all(words[0]),
        CANDIDATES_MAX,
        words[1:],
        [after_all(word) for word in words[1:]],
        found,
        only.active,
        limit,
    )
    return [record["id"] for record in records]


async def _by_substring(tx: Tx, typed: str, only: ProductFilter, limit: int) -> list[UUID]:
    """Look through the whole shop by name: a last resort, and no more than the products of one business."""
    records = await tx.records(
        """
        SELECT id
          FROM products
         WHERE business_id = $1
           AND (strpos(name_key, $2) > 0 OR strpos(lower(sku), $2) > 0 OR strpos(lower(barcode), $2) > 0)
           AND ($3::boolean IS NULL OR active = $3)
         ORDER BY name_key, id
         LIMIT $4
        """,
        tx.business_id,
        typed,
        only.active,
        limit,
    )
    return [record["id"] for record in records]


async def _in_order(tx: Tx, product_ids: list[UUID]) -> list[ListedProduct]:
    return await tx.rows(
        ListedProduct,
        """
        SELECT product.id, product.name, product.sku, product.barcode, product.unit, product.selling_price,
               product.reorder_level, product.active, product.created_at, product.updated_at,
               coalesce((SELECT sum(batch.quantity_available) FROM stock_batches AS batch
                          WHERE batch.business_id = $1 AND batch.product_id = product.id AND batch.has_goods), 0)
               AS on_hand
          FROM unnest($2::uuid[]) WITH ORDINALITY AS found (id, place)
          JOIN products AS product ON product.business_id = $1 AND product.id = found.id
         ORDER BY found.place
        """,
        tx.business_id,
        product_ids,
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
