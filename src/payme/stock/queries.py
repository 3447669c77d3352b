"""Reads of stock."""

from collections.abc import Collection
from uuid import UUID

from payme.kit.db.transaction import Tx
from payme.stock.models import Product


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
